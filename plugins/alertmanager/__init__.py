"""Alertmanager: alerts, grouped, and silences."""

from hsops.api import Layer, Plugin, Quality, QualityStatus, Rule
from hsops.plugins.alertmanager.actions import ACTIONS
from hsops.plugins.alertmanager.kinds import ALERT, GROUP, PANELS, SILENCE
from hsops.plugins.alertmanager.options import AlertmanagerOptions
from hsops.plugins.alertmanager.sources import ALERTS, headlines
from hsops.plugins.alertmanager.workflows import WORKFLOWS

PLUGIN = Plugin(
    name="alertmanager",
    title="Alertmanager",
    layer=Layer.OBSERVABILITY,
    options=AlertmanagerOptions,
    connect="hsops.plugins.alertmanager.client:connect",
    kinds=(ALERT, GROUP, SILENCE),
    sources=(ALERTS,),
    panels=PANELS,
    headlines=headlines,
    raw="hsops.plugins.alertmanager.client:raw",
    actions=ACTIONS,
    workflows=WORKFLOWS,
    discover="hsops.plugins.alertmanager.discover:discover",
    silencer="hsops.plugins.alertmanager.silencer:silencer",
    gates="hsops.plugins.alertmanager.gates:gates",
    simulator="hsops.plugins.alertmanager.simulator:AlertmanagerFace",
    quality=Quality(
        level="silver",
        rules=(
            Rule("proven against the real server", QualityStatus.DONE),
            Rule("errors mapped", QualityStatus.DONE),
            Rule("simulated face held to recordings", QualityStatus.DONE),
            Rule("push instead of polling", QualityStatus.EXEMPT, "the v2 API has no stream"),
            Rule("one silence in each cluster", QualityStatus.DONE),
            Rule("clustered members compared", QualityStatus.TODO),
        ),
    ),
)
