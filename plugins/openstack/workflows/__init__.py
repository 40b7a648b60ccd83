"""Guided workflows: take a hypervisor out of service, and give it back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hsops.api import Danger, Input, Workflow

_HYPERVISOR = "openstack.hypervisor"


def _host(values: Mapping[str, Any]) -> str:
    return f"host/{values.get('host', '')}"


HOST = Input(name="host", title="hypervisor", type="ref", kind=_HYPERVISOR, required=True)

DRAIN = Workflow(
    name="hypervisor.drain",
    title="drain a hypervisor",
    summary="disable the compute service, move every server away, prove that the host is empty",
    run="hsops.plugins.openstack.workflows.drain:drain",
    inputs=(
        HOST,
        Input(name="reason", title="why", default="maintenance", help="shown to everybody who lists the services"),
        Input(name="to", title="to host", type="ref", kind=_HYPERVISOR, help="empty: the scheduler chooses for each"),
        Input(name="parallel", title="servers at a time", type="int", default="1", help="nova itself may allow fewer"),
        Input(
            name="stuck",
            title="when a live migration is stuck",
            type="choice",
            choices=("abort", "force", "wait"),
            default="abort",
            help="abort: the server stays and you decide; force: it pauses until it is moved; wait: go on",
        ),
        Input(name="patience", title="stuck means no progress for", type="duration", default="5m"),
        Input(name="timeout", title="at most for each server", type="duration", default="30m"),
        Input(name="silence", title="silence alerts for", type="duration", default="2h", help="0: do not silence"),
    ),
    kinds=(_HYPERVISOR,),
    target=_host,
    key="shift+d",
    danger=Danger.DISRUPTIVE,
    systems=("openstack",),
)

RETURN = Workflow(
    name="hypervisor.return",
    title="return a hypervisor",
    summary="enable the compute service if hsops disabled it, and end the drain's silence",
    run="hsops.plugins.openstack.workflows.comeback:comeback",
    inputs=(HOST,),
    kinds=(_HYPERVISOR,),
    target=_host,
    key="shift+r",
    danger=Danger.SAFE,
    systems=("openstack",),
)

WORKFLOWS = (DRAIN, RETURN)
