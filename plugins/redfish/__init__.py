"""Redfish: machines as their BMCs see them: power, health, sensors, firmware; OpenBMC and vendors' own."""

from __future__ import annotations

from hsops.api import Layer, Plugin, Quality, QualityStatus, Rule, Source
from hsops.plugins.redfish.actions import ACTIONS
from hsops.plugins.redfish.headlines import headlines
from hsops.plugins.redfish.kinds import MACHINE, PANELS
from hsops.plugins.redfish.options import RedfishOptions
from hsops.plugins.redfish.rounds import watch

HERE = "hsops.plugins.redfish"

PLUGIN = Plugin(
    name="redfish",
    title="Redfish",
    layer=Layer.COMPUTE,
    options=RedfishOptions,
    connect=f"{HERE}.client:connect",
    kinds=(MACHINE,),
    sources=(Source(kinds=(MACHINE.name,), watch=watch),),
    panels=PANELS,
    headlines=headlines,
    raw=f"{HERE}.client:raw",
    actions=ACTIONS,
    simulator=f"{HERE}.simulator:RedfishFace",
    quality=Quality(
        level="bronze",
        rules=(
            Rule("proven against a real server", QualityStatus.DONE, "sushy-emulator; no real BMC is to be had"),
            Rule("errors mapped", QualityStatus.DONE),
            Rule("actions read back", QualityStatus.DONE),
            Rule("event log, update service, BMC reset", QualityStatus.TODO),
            Rule("push instead of polling", QualityStatus.TODO, "EventService subscriptions differ by vendor"),
        ),
    ),
)
