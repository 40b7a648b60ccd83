"""Guided workflows: mute alerts for a maintenance, and prove at its end that all is well."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hsops.api import Danger, Input, Workflow
from hsops.plugins.alertmanager.wire import Alert


def _target(values: Mapping[str, Any]) -> str:
    return "silence/" + str(values.get("host") or values.get("match") or values.get("alert") or "")


MAINTENANCE = Workflow(
    name="silence.maintenance",
    title="silence alerts for a maintenance",
    summary="mute what the work will set off, until its end and no longer, and tell what still fires then",
    run="hsops.plugins.alertmanager.workflows.maintenance:maintenance",
    inputs=(
        Input(
            name="alert",
            title="hosts of the alert",
            type="ref",
            kind=Alert.KIND,
            help="mutes everything about that alert's host; one of alert, host and match",
        ),
        Input(name="host", title="host", help="one or several, with commas between; muted whatever its port"),
        Input(name="match", title="matchers", help="""as for amtool: 'instance=~"h12.*" job=node'"""),
        Input(name="duration", title="for how long", type="duration", required=True, help="30m, 2h: it always ends"),
        Input(name="start", title="from when", help="2026-11-22T22:00:00Z or with +01:00; empty: now"),
        Input(name="reason", title="why", required=True, help="shown to everybody who sees the silence"),
        Input(
            name="most",
            title="extend until at most",
            type="duration",
            help="while the run goes on it is extended, up to this long in all; empty: never",
        ),
        Input(
            name="hold",
            title="stay until the end",
            type="bool",
            default="yes",
            help="no: leave once it is made; it ends by itself, nobody looks what fires then",
        ),
    ),
    kinds=(Alert.KIND,),
    target=_target,
    key="shift+m",
    danger=Danger.DISRUPTIVE,
    systems=(),  # whichever Alertmanagers answer; the plugin's name would demand the first one of a cluster
)

WORKFLOWS = (MAINTENANCE,)
