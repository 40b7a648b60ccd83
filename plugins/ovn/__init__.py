"""OVN: chassis, gateway ports, logical routers, switches and ports, pushed by the databases as they change."""

from __future__ import annotations

from hsops.api import Drill, Layer, Panel, Plugin, Quality, QualityStatus, Rule, Source
from hsops.plugins.ovn.headlines import headlines
from hsops.plugins.ovn.kinds import chassis, gateway, load_balancer, port, router, switch
from hsops.plugins.ovn.options import OvnOptions
from hsops.plugins.ovn.watch import watch
from hsops.plugins.ovn.workflows import WORKFLOWS

HERE = "hsops.plugins.ovn"
KINDS = (chassis.KIND, gateway.KIND, router.KIND, switch.KIND, port.KIND, load_balancer.KIND)

PLUGIN = Plugin(
    name="ovn",
    title="OVN",
    layer=Layer.NETWORKING,
    options=OvnOptions,
    connect=f"{HERE}.client:connect",
    kinds=KINDS,
    sources=(Source(kinds=tuple(kind.name for kind in KINDS), watch=watch),),
    panels=(
        Panel(
            kind="ovn.chassis",
            drill=Drill(kind="ovn.port", match=lambda row, other: other.chassis == row.title()),
        ),
        Panel(kind="ovn.gateway"),
        Panel(kind="ovn.router", drill=Drill(kind="ovn.gateway", match=lambda row, other: other.name in row.gateways)),
        Panel(kind="ovn.switch", drill=Drill(kind="ovn.port", match=lambda row, other: other.switch == row.title())),
        Panel(kind="ovn.port"),
        Panel(kind="ovn.load_balancer"),
    ),
    headlines=headlines,
    raw=f"{HERE}.client:raw",
    workflows=WORKFLOWS,
    maintenance=f"{HERE}.workflows.maintenance:MAINTENANCE",
    simulator=f"{HERE}.simulator:OvnFace",
    quality=Quality(
        level="bronze",
        rules=(
            Rule("proven against the real server", QualityStatus.DONE),
            Rule("push instead of polling", QualityStatus.DONE),
            Rule("errors mapped", QualityStatus.DONE),
            Rule("simulated face held to recordings", QualityStatus.TODO, "only how differences are merged"),
            Rule("raft cluster of the databases proven", QualityStatus.TODO),
            Rule("ovn-trace from the screen", QualityStatus.TODO),
        ),
    ),
)
