"""Alerts, silences and scrape targets: what Prometheus and Alertmanager would know of the world."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping

import msgspec

from hsops.simulator.clock import Clock
from hsops.simulator.machines import Fleet, Machine
from hsops.simulator.names import Names

SCRAPE_INTERVAL = 15.0


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """An alerting rule as Prometheus has it; `wait` is its `for` in seconds."""

    name: str
    group: str
    expr: str
    severity: str
    summary: str
    wait: float = 5.0


RULES = (
    Rule(name="HostDown", group="hosts", expr='up{job="node"} == 0', severity="critical",
         summary="{host} in {rack} does not answer"),
    Rule(name="DiskFilling", group="hosts", expr="node_filesystem_avail_bytes / node_filesystem_size_bytes < 0.1",
         severity="warning", summary="disk of {host} is almost full"),
    Rule(name="RackPowerLost", group="hosts", expr='count by (rack) (up{job="node"} == 0) > 1', severity="critical",
         summary="no machine of {rack} answers"),
    Rule(name="CephOSDDown", group="ceph", expr="ceph_osd_up == 0", severity="warning",
         summary="{ceph_daemon} on {host} is down"),
    Rule(name="CephOSDNearFull", group="ceph", expr="ceph_osd_stat_bytes_used / ceph_osd_stat_bytes > 0.85",
         severity="warning", summary="{ceph_daemon} on {host} is nearly full"),
    Rule(name="CephHealthWarning", group="ceph", expr="ceph_health_status == 1", severity="warning",
         summary="Ceph is in HEALTH_WARN", wait=10.0),
    Rule(name="CephHealthError", group="ceph", expr="ceph_health_status == 2", severity="critical",
         summary="Ceph is in HEALTH_ERR"),
    Rule(name="NovaServiceDown", group="openstack", expr="openstack_nova_agent_state == 0", severity="warning",
         summary="nova-compute on {host} does not report"),
    Rule(name="ServerInError", group="openstack", expr='openstack_nova_server_status{status="ERROR"} > 0',
         severity="warning", summary="server {server} on {host} is in ERROR"),
)  # fmt: skip
"""The rules of the simulated site, in order of their groups."""


class Alert(msgspec.Struct, kw_only=True):
    """One alert. `labels` holds alertname, severity and, where it applies, host, rack, instance, job …"""

    rule: Rule
    labels: dict[str, str]
    annotations: dict[str, str]
    active_at: float
    """Epoch seconds when its expression became true."""
    fingerprint: str

    def firing(self, now: float) -> bool:
        """False while it is pending (`for` has not passed)."""
        return now - self.active_at >= self.rule.wait

    @property
    def fires_at(self) -> float:
        """Epoch seconds of its `startsAt`."""
        return self.active_at + self.rule.wait


def fingerprint(labels: Mapping[str, str]) -> str:
    """16 hexadecimal digits, the same for the same labels."""
    text = "\xff".join(f"{name}\xff{labels[name]}" for name in sorted(labels))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


class Alerts:
    """Alerts that are pending or firing now, by fingerprint. `sync` is the rule evaluation."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.active: dict[str, Alert] = {}
        self.version = 0
        """Counts the changes."""

    def sync(self, wanted: Iterator[tuple[Rule, dict[str, str]]]) -> None:
        """Make the active alerts what the rules now find: pairs of a rule and its labels."""
        seen: set[str] = set()
        for rule, found in wanted:
            labels = {"alertname": rule.name, "severity": rule.severity, **found}
            mark = fingerprint(labels)
            seen.add(mark)
            if mark not in self.active:
                summary = rule.summary.format_map({"host": "", "rack": "", **labels})
                annotations = {"summary": summary}
                self.active[mark] = Alert(
                    rule=rule,
                    labels=labels,
                    annotations=annotations,
                    active_at=self._clock.now(),
                    fingerprint=mark,
                )
                self.version += 1
        for mark in [mark for mark in self.active if mark not in seen]:
            del self.active[mark]
            self.version += 1

    def firing(self) -> list[Alert]:
        """Alerts that Prometheus has sent to Alertmanager."""
        now = self._clock.now()
        return [alert for alert in self.active.values() if alert.firing(now)]


class Matcher(msgspec.Struct, frozen=True):
    """One matcher of a silence or a filter, as Alertmanager has it (regular expressions are anchored)."""

    name: str
    value: str
    isRegex: bool = False  # noqa: N815 - the name on the wire
    isEqual: bool = True  # noqa: N815 - the name on the wire

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether the labels fulfil it; a missing label is the empty string."""
        value = labels.get(self.name, "")
        hit = bool(re.fullmatch(self.value, value)) if self.isRegex else value == self.value
        return hit == self.isEqual


class Silence(msgspec.Struct, kw_only=True):
    """A silence; times are epoch seconds of the world."""

    id: str
    matchers: tuple[Matcher, ...]
    starts: float
    ends: float
    author: str
    comment: str
    updated: float

    def state(self, now: float) -> str:
        """pending, active or expired."""
        if now < self.starts:
            return "pending"
        return "active" if now < self.ends else "expired"

    def covers(self, labels: Mapping[str, str]) -> bool:
        """Whether all matchers match."""
        return all(matcher.matches(labels) for matcher in self.matchers)


class Silences:
    """Silences by id; the rules of creating and changing them are the Alertmanager face's."""

    def __init__(self, names: Names, clock: Clock) -> None:
        self._names, self._clock = names, clock
        self.all: dict[str, Silence] = {}

    def new_id(self) -> str:
        """An id for a new silence."""
        return self._names.uuid()

    def silenced_by(self, labels: Mapping[str, str]) -> list[str]:
        """Ids of the active silences that cover the labels."""
        now = self._clock.now()
        return [s.id for s in self.all.values() if s.state(now) == "active" and s.covers(labels)]


class ScrapeTarget(msgspec.Struct, frozen=True, kw_only=True):
    """What Prometheus scrapes."""

    job: str
    instance: str
    """``10.0.0.7:9100``"""
    host: str
    rack: str
    up: bool
    error: str = ""

    @property
    def url(self) -> str:
        """The scrape URL."""
        return f"http://{self.instance}/metrics"


def scrape_targets(fleet: Fleet) -> Iterator[ScrapeTarget]:
    """The node exporter of every machine; Prometheus itself and the Ceph manager on the first control machine."""
    control = fleet.of("control")[0]
    for job, port in (("prometheus", 9090), ("ceph", 9283)):
        yield _target(job, port, control)
    for machine in fleet:
        yield _target("node", 9100, machine)


def _target(job: str, port: int, machine: Machine) -> ScrapeTarget:
    instance = f"{machine.address}:{port}"
    error = "" if machine.up else f'Get "http://{instance}/metrics": dial tcp {instance}: connect: no route to host'
    return ScrapeTarget(job=job, instance=instance, host=machine.name, rack=machine.rack, up=machine.up, error=error)
