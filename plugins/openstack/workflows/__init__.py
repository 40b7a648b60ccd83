"""Guided workflows: take a hypervisor out of service, and give it back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hsops.api import Danger, Input, Workflow

_HYPERVISOR = "openstack.hypervisor"


def _host(values: Mapping[str, Any]) -> str:
    return f"host/{values.get('host', '')}"


HOST = Input(name="host", title="hypervisor", type="ref", kind=_HYPERVISOR, required=True)
STUCK = Input(
    name="stuck",
    title="when a live migration is stuck",
    type="choice",
    choices=("abort", "force", "wait"),
    default="abort",
    help="abort: the server stays and you decide; force: it pauses until it is moved; wait: go on",
)
PATIENCE = Input(name="patience", title="stuck means no progress for", type="duration", default="5m")
TIMEOUT = Input(name="timeout", title="at most for each server", type="duration", default="30m")

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
        STUCK,
        PATIENCE,
        TIMEOUT,
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
    summary="enable the compute service if hsops disabled it, end the drain's silence; if wanted, move servers back",
    run="hsops.plugins.openstack.workflows.comeback:comeback",
    inputs=(
        HOST,
        Input(name="smoke", title="image of a server to try it with", help="an image's id; empty: nothing is tried"),
        Input(
            name="move_back",
            title="move servers back",
            type="bool",
            default="no",
            help="those that left with the drain, by nova's own records; the plan lists them",
        ),
        Input(name="most", title="servers to move back at most", type="int", default="50"),
        Input(name="parallel", title="servers at a time", type="int", default="1", help="nova itself may allow fewer"),
    ),
    kinds=(_HYPERVISOR,),
    target=_host,
    key="shift+r",
    danger=Danger.SAFE,
    systems=("openstack",),
)

EVACUATE = Workflow(
    name="hypervisor.evacuate",
    title="evacuate a dead hypervisor",
    summary="a fenced host only: force its service down, rebuild its servers elsewhere, prove that they are well",
    run="hsops.plugins.openstack.workflows.evacuate:evacuate",
    inputs=(
        HOST,
        Input(
            name="fenced",
            title="type: HOST is fenced",
            help="HOST by its name; only when you know that its power is off and stays off",
        ),
        Input(
            name="storage",
            title="disks of servers that boot from an image",
            type="choice",
            choices=("shared", "rebuild"),
            help="shared: they are on shared storage; rebuild: they are made anew, what was written is lost",
        ),
        Input(name="reason", title="why", default="evacuated", help="shown to everybody who lists the services"),
        Input(name="to", title="to host", type="ref", kind=_HYPERVISOR, help="empty: the scheduler chooses for each"),
        Input(name="parallel", title="servers at a time", type="int", default="2"),
        TIMEOUT,
        Input(name="silence", title="silence alerts for", type="duration", default="2h", help="0: do not silence"),
    ),
    kinds=(_HYPERVISOR,),
    target=_host,
    danger=Danger.DESTRUCTIVE,
    systems=("openstack",),
)

REBALANCE = Workflow(
    name="hypervisors.rebalance",
    title="even out the hypervisors",
    summary="live-migrate a few servers from hot hosts to cold ones, by a plan that shows the gain",
    run="hsops.plugins.openstack.workflows.rebalance:rebalance",
    inputs=(
        Input(name="host", title="only from host", type="ref", kind=_HYPERVISOR, help="empty: from whichever is hot"),
        Input(name="aggregate", title="within aggregate", type="ref", kind="openstack.aggregate", help="empty: all"),
        Input(name="zone", title="within zone", help="empty: each zone for itself"),
        Input(name="threshold", title="even enough", type="int", default="10", help="percent between hot and cold"),
        Input(name="moves", title="servers at most", type="int", default="10"),
        Input(name="parallel", title="servers at a time", type="int", default="1", help="nova itself may allow fewer"),
        STUCK,
        PATIENCE,
        TIMEOUT,
    ),
    kinds=(_HYPERVISOR,),
    target=lambda _: "openstack/hypervisors",
    danger=Danger.DISRUPTIVE,
    systems=("openstack",),
)

WORKFLOWS = (DRAIN, RETURN, EVACUATE, REBALANCE)
