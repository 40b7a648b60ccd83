"""Gates of the site file: PromQL with a threshold, such as the success rate of an API."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hsops.api import CheckResult, Gate
from hsops.plugins.prometheus.options import GateOptions

if TYPE_CHECKING:
    from hsops.plugins.prometheus.client import PrometheusConnection

SHOWN = 3


class QueryGate:
    """Green while every value of the query is within its limits. The baseline is only told, it changes nothing."""

    def __init__(self, connection: PrometheusConnection, options: GateOptions) -> None:
        self._connection = connection
        self._options = options

    @property
    def name(self) -> str:
        """As the site file has it."""
        return self._options.name

    async def baseline(self) -> Any:
        """The worst value as the run begins; None when there is none."""
        values = [value for _, value in await self._connection.instant(self._options.query) if math.isfinite(value)]
        return min(values, key=self._distance, default=None)

    async def look(self, baseline: Any) -> CheckResult:
        """Raises HsopsError when Prometheus does not answer or refuses the query."""
        found = await self._connection.instant(self._options.query)
        if not found:
            text = f"{self._options.query} gives nothing"
            hint = self._options.hint or "is it scraped? `empty: true` in the site file when nothing is well"
            return CheckResult(name=self.name, ok=self._options.empty, text=text, hint=hint)
        bad = sorted((one for one in found if not self._holds(one[1])), key=lambda one: self._distance(one[1]))
        if not bad:
            worst = min((value for _, value in found), key=self._distance)
            return CheckResult(name=self.name, ok=True, text=f"{worst:.6g} {self._limits()}")
        text = ", ".join(_told(labels, value) for labels, value in bad[:SHOWN])
        more = f" and {len(bad) - SHOWN} more" if len(bad) > SHOWN else ""
        was = f"; {baseline:.6g} as the run began" if isinstance(baseline, int | float) else ""
        text = f"{text}{more}, not {self._limits()}{was}"
        return CheckResult(name=self.name, ok=False, text=text, hint=self._options.hint)

    def _holds(self, value: float) -> bool:
        """NaN is within no limits."""
        low, high = self._options.min, self._options.max
        return not math.isnan(value) and (low is None or value >= low) and (high is None or value <= high)

    def _distance(self, value: float) -> float:
        """How far within the limits: the smallest is the worst."""
        if math.isnan(value):
            return -math.inf
        low, high = self._options.min, self._options.max
        return min(value - low if low is not None else math.inf, high - value if high is not None else math.inf)

    def _limits(self) -> str:
        low, high = self._options.min, self._options.max
        return " and ".join(
            text for text, limit in ((f"at least {low:g}" if low is not None else "", low),
                                     (f"at most {high:g}" if high is not None else "", high)) if limit is not None
        )  # fmt: skip


def _told(labels: Mapping[str, str], value: float) -> str:
    """``0.93 (job=nova)``"""
    names = ", ".join(f"{name}={labels[name]}" for name in sorted(labels) if name != "__name__")
    return f"{value:.6g}" + (f" ({names})" if names else "")


def gates(connection: PrometheusConnection) -> Sequence[Gate]:
    """The gates that the site file names."""
    return [QueryGate(connection, options) for options in connection.gates]
