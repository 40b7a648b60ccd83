"""An OSD that dies shows on the live store and as an alert, and its impact is known across systems."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest

from hsops.config import load_site
from hsops.live.store import Store
from hsops.model import Health, Key
from hsops.registry import Registry
from hsops.session import Session
from tests.lab import ceph
from tests.lab.env import Ceph, Lab, Prometheus

pytestmark = [pytest.mark.lab, pytest.mark.asyncio, pytest.mark.timeout(600)]
PATIENCE = 180.0


async def until(condition: Callable[[], bool], what: str) -> float:
    """Wait for a condition; gives the seconds that it took."""
    start = time.monotonic()
    while not condition():
        assert time.monotonic() - start < PATIENCE, what
        await asyncio.sleep(0.05)
    return time.monotonic() - start


def osd_health(store: Store, number: int) -> Health | None:
    return next((row.health() for key, row in store.rows("ceph.osd").items() if key.id.endswith(str(number))), None)


def fires(store: Store, name: str) -> bool:
    alerts = store.rows("alertmanager.alert").values()
    return any(alert.title() == name and alert.health() > Health.OK for alert in alerts)


async def test_a_dead_osd_is_seen_and_alerts(lab: Lab, lab_ceph_mended: Ceph, lab_prometheus: Prometheus) -> None:
    assert lab_prometheus.url
    registry = Registry.load()
    victim = max(lab_ceph_mended.osds)
    async with Session([load_site(lab.site_file, registry)], registry) as session:
        session.start(["ceph.osd", "alertmanager.alert"])
        with session.focus("ceph.osd"), session.focus("alertmanager.alert"):
            await until(lambda: osd_health(session.store, victim) is Health.OK, "the OSD never came up in the store")
            await until(lambda: session.store.state("lab", "alertmanager", "alertmanager.alert").ok, "no alerts")
            await asyncio.to_thread(ceph.kill_osd, victim)
            seen = await until(lambda: osd_health(session.store, victim) not in (Health.OK, None), "never seen")
            alerted = await until(lambda: fires(session.store, "CephOSDDown"), "no alert")
            print(f"an OSD killed: on the screen's store after {seen:.1f} s, alert {alerted:.1f} s later")
            changes = [change for change in session.store.log if change.key.kind == "ceph.osd"]
            assert any(change.new == "down" or "down" in change.new for change in changes)
            host = Key("lab", "", "host", lab_ceph_mended.osds[victim])
            suffering = {hit.key.kind for hit in session.graph.impact(host)}
            assert "ceph.osd" in suffering
