"""What a maintenance mutes, where, and from when until when."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from hsops.api import NotFound, Run, UserError
from hsops.plugins.alertmanager import amtool
from hsops.plugins.alertmanager.client import AlertmanagerConnection
from hsops.plugins.alertmanager.gates import told
from hsops.plugins.alertmanager.matchers import label_of, of_hosts, parse, refuse_too_wide
from hsops.plugins.alertmanager.wire import Alert, Matcher
from hsops.plugins.alertmanager.workflows.clusters import Cluster, clusters, connections, decoded


@dataclass(frozen=True)
class Scope:
    """Times are epoch seconds. `starts` is 0 for a silence that begins now."""

    matchers: tuple[Matcher, ...]
    clusters: tuple[Cluster, ...]
    began: float
    starts: float
    seconds: float
    last: float
    """Until when it may be extended; the first end when it may not."""
    firing: dict[str, str]
    """Fingerprint and name of what matches and fires now."""
    told: str
    of: int
    """How many alerts fire in all."""

    @property
    def ends(self) -> float:
        """The first end."""
        return (self.starts or self.began) + self.seconds

    @property
    def scheduled(self) -> str:
        """The start as amtool takes it; empty for now."""
        return amtool.stamp(self.starts) if self.starts else ""


async def learn(run: Run) -> dict[str, Any]:
    """Everything that the inputs mean, as JSON. Raises UserError for inputs that mean nothing or too much."""
    now = time.time()
    starts = _start(str(run.values.get("start") or ""), now)
    seconds, most = float(run.values["duration"]), float(run.values.get("most") or 0)
    if seconds < 1:
        raise UserError("a silence needs an end: it lasts at least a second", thing="duration")
    found = connections(run)
    matchers = await _matchers(run, found[0])
    refuse_too_wide(matchers, found[0].system)
    alerts = {alert.fingerprint: alert for one in found for alert in await one.alerts(matchers) if alert.firing}
    return {
        "matchers": msgspec.to_builtins(matchers),
        "clusters": await clusters(run),
        "began": now,
        "starts": starts,
        "seconds": seconds,
        "last": (starts or now) + max(seconds, most),
        "firing": {print_: alert.title() for print_, alert in alerts.items()},
        "told": told(list(alerts.values())),
        "of": len({alert.fingerprint for one in found for alert in await one.alerts() if alert.firing}),
    }


def read(value: dict[str, Any]) -> Scope:
    """What the journal has."""
    fields = {**value, "clusters": tuple(decoded(value["clusters"]))}
    return Scope(**{**fields, "matchers": msgspec.convert(value["matchers"], tuple[Matcher, ...])})


async def _matchers(run: Run, connection: AlertmanagerConnection) -> tuple[Matcher, ...]:
    given = {name: str(run.values.get(name) or "").strip() for name in ("alert", "host", "match")}
    used = [name for name, text in given.items() if text]
    if len(used) != 1:
        raise UserError("say what is muted, once: alert, host or match", thing=", ".join(used))
    if given["match"]:
        return parse(given["match"])
    alerts = await connection.alerts()
    hosts = [_host(given["alert"], alerts)] if given["alert"] else re.split(r"[\s,]+", given["host"].strip(", "))
    return of_hosts(hosts, label_of(hosts[0], alerts))


def _host(fingerprint: str, alerts: list[Alert]) -> str:
    for alert in alerts:
        if alert.fingerprint == fingerprint:
            if alert.host:
                return alert.host
            raise UserError("this alert names no host", thing=alert.title(), hint="say what is muted with `match`")
    raise NotFound("no such alert fires (any more)", thing=fingerprint, hint="say the host with `host`")


def _start(text: str, now: float) -> float:
    """Epoch seconds of a start to come; 0 for now."""
    if not text:
        return 0.0
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise UserError(f"{text!r} is no time", thing="start", hint="2026-11-22T22:00:00Z") from None
    if when.tzinfo is None:
        raise UserError("the start has no time zone", thing=text, hint=f"{text}Z for UTC, or {text}+01:00")
    if when.timestamp() <= now:
        raise UserError("the start is over", thing=text, hint=f"it is {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}")
    return when.timestamp()
