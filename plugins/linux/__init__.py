"""Linux hosts over SSH: what runs on them, what fails, what waits for a reboot."""

from __future__ import annotations

from hsops.api import Layer, Panel, Plugin, Source
from hsops.plugins.linux.actions import ACTIONS
from hsops.plugins.linux.client import poll
from hsops.plugins.linux.headlines import headlines
from hsops.plugins.linux.host import KIND
from hsops.plugins.linux.options import LinuxOptions
from hsops.plugins.linux.quality import QUALITY
from hsops.plugins.linux.workflows import WORKFLOWS

HERE = "hsops.plugins.linux"

PLUGIN = Plugin(
    name="linux",
    title="Linux hosts",
    layer=Layer.COMPUTE,
    options=LinuxOptions,
    connect=f"{HERE}.client:connect",
    kinds=(KIND,),
    sources=(Source(kinds=(KIND.name,), poll=poll, every=5.0, background=30.0),),
    panels=(Panel(kind=KIND.name),),
    headlines=headlines,
    raw=f"{HERE}.client:raw",
    actions=ACTIONS,
    workflows=WORKFLOWS,
    host_system=f"{HERE}.system:HOST_SYSTEM",
    simulator=f"{HERE}.simulator:LinuxFace",
    quality=QUALITY,
)
