"""OpenStack: compute services, hypervisors, servers, migrations, aggregates and projects."""

from hsops.api import Layer, Plugin, Quality, QualityStatus, Rule
from hsops.plugins.openstack.actions import ACTIONS
from hsops.plugins.openstack.headlines import headlines
from hsops.plugins.openstack.kinds import KINDS
from hsops.plugins.openstack.options import OpenStackOptions
from hsops.plugins.openstack.panels import PANELS
from hsops.plugins.openstack.sources import SOURCES
from hsops.plugins.openstack.workflows import WORKFLOWS

PLUGIN = Plugin(
    name="openstack",
    title="OpenStack",
    layer=Layer.COMPUTE,
    options=OpenStackOptions,
    connect="hsops.plugins.openstack.client:connect",
    kinds=KINDS,
    sources=SOURCES,
    panels=PANELS,
    headlines=headlines,
    raw="hsops.plugins.openstack.raw:raw",
    actions=ACTIONS,
    workflows=WORKFLOWS,
    maintenance="hsops.plugins.openstack.workflows.maintenance:MAINTENANCE",
    gates="hsops.plugins.openstack.gates:gates",
    discover="hsops.plugins.openstack.discover:discover",
    simulator="hsops.plugins.openstack.simulator:OpenStackFace",
    quality=Quality(
        level="silver",
        rules=(
            Rule("proven against the real server", QualityStatus.DONE),
            Rule("errors mapped", QualityStatus.DONE),
            Rule("fails, goes stale, recovers", QualityStatus.DONE),
            Rule("simulated face held to recordings", QualityStatus.DONE),
            Rule("push instead of polling", QualityStatus.EXEMPT, "nova has no public stream; changes-since instead"),
            Rule("proven with a real hypervisor driver", QualityStatus.TODO),
            Rule("several cells and regions", QualityStatus.TODO),
        ),
    ),
)
