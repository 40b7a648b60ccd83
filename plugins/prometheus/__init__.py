"""Prometheus: targets, rules and series for sparklines."""

from hsops.api import Layer, Plugin, Quality, QualityStatus, Rule
from hsops.plugins.prometheus.kinds import PANELS, RULE, TARGET
from hsops.plugins.prometheus.options import PrometheusOptions
from hsops.plugins.prometheus.sources import SOURCES, headlines

PLUGIN = Plugin(
    name="prometheus",
    title="Prometheus",
    layer=Layer.OBSERVABILITY,
    options=PrometheusOptions,
    connect="hsops.plugins.prometheus.client:connect",
    kinds=(TARGET, RULE),
    sources=SOURCES,
    panels=PANELS,
    headlines=headlines,
    raw="hsops.plugins.prometheus.client:raw",
    series="hsops.plugins.prometheus.client:series",
    gates="hsops.plugins.prometheus.gates:gates",
    simulator="hsops.plugins.prometheus.simulator:PrometheusFace",
    quality=Quality(
        level="silver",
        rules=(
            Rule("proven against the real server", QualityStatus.DONE),
            Rule("errors mapped", QualityStatus.DONE),
            Rule("simulated face held to recordings", QualityStatus.DONE),
            Rule("push instead of polling", QualityStatus.EXEMPT, "the HTTP API has no stream"),
            Rule("actions", QualityStatus.EXEMPT, "the read API is all that an operator needs of it"),
        ),
    ),
)
