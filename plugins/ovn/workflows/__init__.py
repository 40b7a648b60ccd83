"""Guided workflows: move the gateways away from a chassis, and give them back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hsops.api import Danger, Input, Workflow

_CHASSIS = "ovn.chassis"
_HOST = Input(name="host", title="chassis", type="ref", kind=_CHASSIS, required=True)


def _target(values: Mapping[str, Any]) -> str:
    return f"host/{values.get('host', '')}"


WORKFLOWS = (
    Workflow(
        name="gateway.drain",
        title="drain a gateway chassis",
        summary="lower the chassis below all other candidates of every gateway port, prove that it holds none",
        run="hsops.plugins.ovn.workflows.drain:drain",
        inputs=(
            _HOST,
            Input(name="parallel", title="ports at a time", type="int", default="2", help="each moves NAT sessions"),
        ),
        kinds=(_CHASSIS,),
        target=_target,
        key="shift+d",
        danger=Danger.DISRUPTIVE,
        systems=("ovn",),
    ),
    Workflow(
        name="gateway.return",
        title="return a gateway chassis",
        summary="give the chassis the priorities back that a drain has lowered",
        run="hsops.plugins.ovn.workflows.comeback:comeback",
        inputs=(_HOST,),
        kinds=(_CHASSIS,),
        target=_target,
        key="shift+r",
        danger=Danger.DISRUPTIVE,
        systems=("ovn",),
    ),
)
