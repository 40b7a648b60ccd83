"""What a site file says about its BMCs."""

from __future__ import annotations

import msgspec

from hsops.api import Options, Secret


class Bmc(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One BMC: the host it belongs to, and where it answers."""

    name: str
    url: str
    """Up to, but without, ``/redfish``."""


class RedfishOptions(Options, kw_only=True):
    """Settings of the plugin ``redfish``: one account for all of its BMCs; others go into a second system."""

    bmcs: tuple[Bmc, ...]
    username: str = ""
    password: Secret | None = None
    ca: str = ""
    insecure: bool = False
    every: float = 60.0
    """Seconds between two visits of a BMC."""
    concurrency: int = 50
    """BMCs visited at the same time, each over one connection."""
