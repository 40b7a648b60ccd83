"""The part of a site file that says where else the audit log of the site goes: `audit`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hsops.config.convert import Fault, convert
from hsops.config.values import AuditConfig


def read_audit(data: Any) -> tuple[AuditConfig, list[Fault]]:
    """What the section says, and its problems."""
    if data is None:
        return AuditConfig(), []
    if not isinstance(data, Mapping):
        return AuditConfig(), [Fault(("audit",), "audit is not a mapping", "audit: {syslog: /dev/log}")]
    found, faults = convert(data, AuditConfig, ("audit",))
    if found is not None and found.syslog and not found.syslog.startswith("/"):
        what = "audit: syslog is no path of a socket"
        return AuditConfig(), [*faults, Fault(("audit", "syslog"), what, "/dev/log; the local syslog sends it on")]
    return found or AuditConfig(), list(faults)
