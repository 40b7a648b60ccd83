"""Workflows that belong to no system: composed from what the plugins can do, and listed beside theirs.

They use what plugins may use, `hsops.api`, and know no plugin.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hsops.api import Danger, Input, Workflow

_HERE = "hsops.runbooks"
_HOST = Input(name="host", title="host", required=True, help="its name as the systems of the site know it")
_RACK = Input(name="rack", title="rack", required=True, help="a name of the site file's racks, or the systems'")
_REASON = Input(name="reason", title="why", default="maintenance", help="shown to everybody who sees what is disabled")
_SILENCE = Input(name="silence", title="silence alerts for", type="duration", default="2h", help="0: do not silence")


def _host(values: Mapping[str, Any]) -> str:
    return f"host/{values.get('host', '')}"


def _rack(values: Mapping[str, Any]) -> str:
    return f"rack/{values.get('rack', '')}"


WORKFLOWS = (
    Workflow(
        name="host.drain",
        title="take a host out of service",
        summary="silence its alerts, then every system's part in turn: servers away, agents off, storage held; proof",
        run=f"{_HERE}.hosts:drain",
        inputs=(_HOST, _REASON, _SILENCE),
        target=_host,
        danger=Danger.DISRUPTIVE,
        spans=True,
    ),
    Workflow(
        name="host.return",
        title="bring a host back into service",
        summary="every system's part in the reverse order, each waits until it is well again; then the silence ends",
        run=f"{_HERE}.hosts:comeback",
        inputs=(_HOST,),
        target=_host,
        danger=Danger.SAFE,
        spans=True,
    ),
    Workflow(
        name="rack.drain",
        title="take a rack out of service",
        summary="the checks of all its hosts, then one host after the other as host.drain does, a gate between them",
        run=f"{_HERE}.rack:drain",
        inputs=(_RACK, _REASON, _SILENCE),
        target=_rack,
        danger=Danger.DISRUPTIVE,
        spans=True,
    ),
    Workflow(
        name="rack.return",
        title="bring a rack back into service",
        summary="its hosts in the reverse order as host.return does, a gate between them",
        run=f"{_HERE}.rack:comeback",
        inputs=(_RACK,),
        target=_rack,
        danger=Danger.SAFE,
        spans=True,
    ),
    Workflow(
        name="hosts.upgrade",
        title="upgrade and reboot hosts, rack by rack",
        summary="a canary and its soak, then batches within one rack: drain, packages, reboot with proof, return, gate",
        run=f"{_HERE}.rolling:upgrade",
        inputs=(
            Input(name="racks", title="racks", help="names with commas, in this order; all: every rack, by name"),
            Input(name="hosts", title="hosts", help="names with commas: only these; they go in the order of the racks"),
            Input(name="canary", title="canary", help="the host that goes first; empty: the first of all"),
            Input(name="soak", title="watch the canary for", type="duration", default="10m"),
            Input(name="batch", title="hosts at a time", type="int", default="1", help="never of two racks"),
            Input(
                name="which",
                title="which hosts",
                type="choice",
                choices=("all", "pending"),
                default="all",
                help="pending: leave out hosts without updates that wait for no reboot",
            ),
            Input(name="kernel", title="kernel wanted", help="a version or its beginning; empty: the newest installed"),
            Input(name="failures", title="pause at", type="int", default="1", help="that many hosts that failed"),
            _REASON,
            _SILENCE,
        ),
        target=lambda values: "hosts",
        danger=Danger.DISRUPTIVE,
        spans=True,
    ),
)
