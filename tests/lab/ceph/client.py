"""Ask the cluster through its own command line."""

from __future__ import annotations

import json
from typing import Any

from tests.lab.command import run
from tests.lab.errors import Unready
from tests.lab.place import Place


def ceph(place: Place, *words: str, stdin: str | None = None, seconds: float = 60) -> str:
    """The output of ``ceph …`` as the administrator; raises :class:`LabError` when it fails."""
    program = ["ceph", "--conf", str(place.folder / "ceph.conf"), "--connect-timeout", "30"]
    return run([*program, *words], stdin=stdin, seconds=seconds)


def ceph_json(place: Place, *words: str) -> Any:
    """The same, parsed."""
    return json.loads(ceph(place, *words, "--format", "json"))


def clean(place: Place) -> bool:
    """HEALTH_OK and every placement group active+clean; HEALTH_OK alone does not say that.

    Raises :class:`Unready` with what is amiss, so that a wait that ends in vain can say it.
    """
    status = ceph_json(place, "status")
    groups = status["pgmap"]
    states = {state["state_name"]: state["count"] for state in groups.get("pgs_by_state", [])}
    good = sum(count for name, count in states.items() if name.startswith("active+clean"))
    if status["health"]["status"] == "HEALTH_OK" and good == groups["num_pgs"] > 1:
        return True
    raise Unready(f"{status['health']['status']} {sorted(status['health']['checks'])} {states}")
