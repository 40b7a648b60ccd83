"""Prometheus, Alertmanager and the node exporter; intervals of 2 s.

One target is always down, so that one alert always fires.
The manager of the Ceph cluster is scraped too: :func:`follow_ceph` tells where, or that it is not there.
"""

from __future__ import annotations

import json
import os
import urllib.parse
import urllib.request
from functools import partial
from pathlib import Path
from typing import Any

from tests.lab import process
from tests.lab.errors import LabError
from tests.lab.place import HOST, TEMPLATES, Place
from tests.lab.report import say
from tests.lab.system import Description, System
from tests.lab.waiting import answers, wait_until

ALERTMANAGER, NODE, DEAD = 1, 2, 9
"""Ports after the first one, which is Prometheus itself; nothing listens on the dead one."""


def up(place: Place) -> None:
    """Write the configuration and start the three programs; returns when both answer."""
    alertmanager, node = place.port + ALERTMANAGER, place.port + NODE
    place.render("alertmanager.yml", place.folder / "alertmanager.yml")
    place.render("rules.yml", place.folder / "rules.yml")
    place.render(
        "prometheus.yml", place.folder / "prometheus.yml", prometheus=place.port, alertmanager=alertmanager, node=node,
        dead=place.port + DEAD,
    )  # fmt: skip
    if not _targets(place).exists():
        follow_ceph(place, None)
    process.start(place, "node-exporter", ["prometheus-node-exporter", f"--web.listen-address={HOST}:{node}"])
    process.start(place, "alertmanager", [
        "prometheus-alertmanager", f"--config.file={place.folder}/alertmanager.yml", "--cluster.listen-address=",
        f"--storage.path={place.folder}/alertmanager", f"--web.listen-address={HOST}:{alertmanager}",
    ])  # fmt: skip
    process.start(place, "prometheus", [
        "prometheus", f"--config.file={place.folder}/prometheus.yml", f"--storage.tsdb.path={place.folder}/tsdb",
        f"--web.listen-address={HOST}:{place.port}", "--storage.tsdb.retention.time=2d",
    ])  # fmt: skip
    for name, port in (("node-exporter", node), ("alertmanager", alertmanager), ("prometheus", place.port)):
        wait_until(partial(_answers, place, name, port), f"{name} to answer")


def _answers(place: Place, name: str, port: int) -> bool:
    process.must_live(place, name)
    return answers(f"http://{HOST}:{port}/" if name == "node-exporter" else f"http://{HOST}:{port}/-/ready")


def follow_ceph(place: Place, metrics_url: str | None) -> None:
    """Scrape this manager from now on, or none; Prometheus sees the file change by itself."""
    target = urllib.parse.urlsplit(metrics_url).netloc if metrics_url else ""
    text = json.dumps([{"targets": [target]}] if target else [])
    file = _targets(place)
    if file.exists() and file.read_text() == text:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(".new")
    fresh.write_text(text)
    os.replace(fresh, file)
    say("prometheus", f"scrapes the Ceph manager at {target}" if target else "scrapes no Ceph manager")


def _targets(place: Place) -> Path:
    return place.folder / "targets" / "ceph.json"


def alerts(place: Place, name: str) -> list[dict[str, Any]]:
    """The active alerts of this name, as Alertmanager has them."""
    query = urllib.parse.urlencode({"filter": f'alertname="{name}"', "active": "true"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://{HOST}:{place.port + ALERTMANAGER}/api/v2/alerts?{query}", timeout=10) as reply:
            found: list[dict[str, Any]] = json.load(reply)
    except OSError as error:
        raise LabError(f"prometheus: Alertmanager does not answer: {error}") from error
    return found


def check(place: Place) -> str:
    """The alert of the dead target has gone the whole way to Alertmanager."""
    wait_until(lambda: alerts(place, "TargetDown"), "the alert TargetDown in Alertmanager", pause=0.5)
    found = [alert["labels"]["instance"] for alert in alerts(place, "TargetDown")]
    return f"TargetDown is active in Alertmanager for {', '.join(sorted(found))}"


def describe(place: Place) -> Description:
    """What a client needs."""
    return {
        "url": f"http://{HOST}:{place.port}",
        "alertmanager_url": f"http://{HOST}:{place.port + ALERTMANAGER}",
        "node_exporter_url": f"http://{HOST}:{place.port + NODE}",
        "dead_target": f"{HOST}:{place.port + DEAD}",
    }


SYSTEM = System(
    name="prometheus",
    packages=("prometheus", "prometheus-alertmanager", "prometheus-node-exporter"),
    up=up,
    check=check,
    describe=describe,
    made_from=(Path(__file__), *(TEMPLATES / name for name in ("alertmanager.yml", "prometheus.yml", "rules.yml"))),
)
