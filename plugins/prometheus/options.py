"""Settings of a Prometheus in the site file."""

from __future__ import annotations

import msgspec

from hsops.api import HttpOptions


class GateOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A truth that long work looks at between its steps: every value of `query` is within `min` and `max`."""

    name: str
    """``api.success``: shown, and what a person waives."""
    query: str
    min: float | None = None
    max: float | None = None
    empty: bool = False
    """Whether a query that gives nothing is well. By default nobody knows then, and the work waits."""
    hint: str = ""
    """What to do when it is red."""

    def __post_init__(self) -> None:
        if self.min is None and self.max is None:
            raise ValueError(f"the gate {self.name} has neither min nor max")
        if not self.name.strip() or not self.query.strip():
            raise ValueError("a gate has a name and a query")


class PrometheusOptions(HttpOptions):
    """``url`` is the web root, with its path prefix. `tenant` goes into ``X-Scope-OrgID`` for Mimir and Thanos."""

    tenant: str = ""
    gates: tuple[GateOptions, ...] = ()
