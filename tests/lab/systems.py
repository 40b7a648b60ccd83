"""The systems of the lab, by name, the quickest first."""

from __future__ import annotations

from collections.abc import Sequence

from tests.lab import ceph, linux, openstack, ovn, postgres, prometheus, redfish, ssh
from tests.lab.errors import LabError
from tests.lab.system import System

_ALL = (prometheus, ssh, linux, ovn, postgres, redfish, ceph, openstack)
SYSTEMS: dict[str, System] = {module.SYSTEM.name: module.SYSTEM for module in _ALL}


def chosen(names: Sequence[str]) -> list[System]:
    """The systems of these names, all when there are none; raises :class:`LabError` for a name that is not one."""
    unknown = [name for name in names if name not in SYSTEMS]
    if unknown:
        raise LabError(f"no such system: {', '.join(unknown)} (there are {', '.join(SYSTEMS)})")
    return [SYSTEMS[name] for name in names] or list(SYSTEMS.values())
