"""Each system of the lab answers, and what it says is what the lab promises."""

from __future__ import annotations

import json
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.lab import ceph as cluster
from tests.lab import clients, openstack, process, sockets
from tests.lab.env import Ceph, Lab, OpenStack, Prometheus
from tests.lab.place import place

pytestmark = [pytest.mark.lab, pytest.mark.timeout(900)]
Need = Callable[..., Lab]
LIMIT = 120.0


def until(condition: Callable[[], Any], seconds: float = LIMIT) -> Any:
    """The first true value of the condition; fails after a generous time."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, f"never came true in {seconds:.0f} s"
        time.sleep(0.2)
    return found


def fetch(url: str) -> Any:
    """The parsed answer to a GET, past any proxy."""
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=30) as reply:
        return json.load(reply)


def test_every_compute_host_is_up_and_enabled(lab: Lab, lab_openstack: OpenStack) -> None:
    services = clients.openstack_json(lab, "compute", "service", "list", "--service", "nova-compute")
    assert {(one["Host"], one["Status"], one["State"]) for one in services} == {
        (host, "enabled", "up") for host in lab_openstack.hosts
    }
    assert len(lab_openstack.hosts) >= 4


def test_a_dozen_servers_run_spread_over_the_hosts_and_one_is_off(lab: Lab, lab_openstack: OpenStack) -> None:
    found = clients.openstack_json(lab, "server", "list", "--all-projects", "--long")
    seeded = {one["Name"]: one for one in found if one["Name"] in lab_openstack.servers}
    assert set(seeded) == set(lab_openstack.servers)
    assert seeded.pop(lab_openstack.stopped)["Status"] == "SHUTOFF"
    assert Counter(one["Status"] for one in seeded.values()) == {"ACTIVE": 12}
    assert {one["Host"] for one in seeded.values()} <= set(lab_openstack.hosts)


def test_projects_have_quotas_that_their_servers_use(lab: Lab, lab_openstack: OpenStack) -> None:
    usage = {name: _cores(lab, name) for name in lab_openstack.projects}
    assert usage == {"web": (10, 20), "data": (16, 20), "ci": (4, 40)}


def _cores(lab: Lab, project: str) -> tuple[int, int]:
    rows = clients.openstack_json(lab, "quota", "show", project, "--usage")
    row = next(one for one in rows if one["Resource"] == "cores")
    return row["In Use"], row["Limit"]


def test_a_plain_member_may_not_see_the_hypervisors(lab: Lab, lab_openstack: OpenStack) -> None:
    with pytest.raises(Exception, match="403"):
        clients.openstack(lab, "hypervisor", "list", cloud=lab_openstack.member_cloud)


def test_a_compute_service_that_is_killed_goes_down_and_comes_back_with_its_guests(
    lab: Lab, lab_openstack_mended: OpenStack
) -> None:
    guests = {host: _power(lab, host) for host in lab_openstack_mended.hosts}
    host = max(guests, key=lambda name: len(guests[name]))
    before = guests[host]
    assert before
    openstack.kill_compute(host)
    until(lambda: _state(lab, host) == "down")
    openstack.start_compute(host)
    assert _state(lab, host) == "up"
    assert _power(lab, host) == before


def _state(lab: Lab, host: str) -> str:
    (found,) = clients.openstack_json(lab, "compute", "service", "list", "--service", "nova-compute", "--host", host)
    return str(found["State"])


def _power(lab: Lab, host: str) -> dict[str, str]:
    found = clients.openstack_json(lab, "server", "list", "--all-projects", "--long", "--host", host)
    return {one["Name"]: one["Power State"] for one in found}


def test_the_cluster_is_clean_with_all_its_daemons(lab: Lab, lab_ceph: Ceph) -> None:
    cluster.wait_clean()
    status = clients.ceph_json(lab, "status")
    assert status["health"]["status"] == "HEALTH_OK"
    assert len(status["quorum_names"]) == 3
    assert (status["osdmap"]["num_osds"], status["osdmap"]["num_up_osds"], status["osdmap"]["num_in_osds"]) == (6, 6, 6)
    states = {one["state_name"] for one in status["pgmap"]["pgs_by_state"]}
    assert all(state.startswith("active+clean") for state in states)
    assert {one["name"] for one in clients.ceph_json(lab, "df")["pools"]} >= set(lab_ceph.pools)


def test_each_crush_host_holds_its_osds_and_reports_its_own_name(lab: Lab, lab_ceph: Ceph) -> None:
    nodes = clients.ceph_json(lab, "osd", "tree")["nodes"]
    tree = {osd: node["name"] for node in nodes if node["type"] == "host" for osd in node["children"]}
    assert tree == lab_ceph.osds
    reported = {one["id"]: one["hostname"] for one in clients.ceph_json(lab, "osd", "metadata")}
    assert reported == lab_ceph.osds


def test_an_osd_that_is_killed_is_seen_by_the_cluster_and_by_alertmanager(
    lab: Lab, lab_ceph_mended: Ceph, lab_prometheus: Prometheus
) -> None:
    number = 3
    cluster.kill_osd(number)
    until(lambda: clients.ceph_json(lab, "osd", "stat")["num_up_osds"] == 5)
    (alert,) = until(lambda: _alerts(lab_prometheus, "CephOSDDown"))
    assert (alert["labels"]["osd"], alert["labels"]["host"]) == (f"osd.{number}", lab_ceph_mended.osds[number])
    cluster.start_osd(number)
    cluster.wait_clean()
    until(lambda: not _alerts(lab_prometheus, "CephOSDDown"))


def _alerts(where: Prometheus, name: str) -> list[dict[str, Any]]:
    found = fetch(f"{where.alertmanager_url}/api/v2/alerts?filter=alertname={name}&active=true")
    assert isinstance(found, list)
    return found


def test_the_dead_target_has_an_alert_that_amtool_shows_too(lab: Lab, lab_prometheus: Prometheus) -> None:
    until(lambda: _alerts(lab_prometheus, "TargetDown"))
    shown = json.loads(clients.amtool(lab, "alert", "query", "TargetDown", "--output=json"))
    assert lab_prometheus.dead_target in {one["labels"]["instance"] for one in shown}


def test_prometheus_scrapes_the_manager_of_the_cluster(lab: Lab, lab_ceph: Ceph, lab_prometheus: Prometheus) -> None:
    def targets() -> dict[str, str]:
        active = fetch(f"{lab_prometheus.url}/api/v1/targets?state=active")["data"]["activeTargets"]
        return {one["labels"]["job"]: one["health"] for one in active}

    until(lambda: targets().get("ceph") == "up")
    now = targets()
    assert now == {"node": "up", "prometheus": "up", "dead": "down", "ceph": "up"}
    assert "ceph_osd_up" in clients.promtool(lab, "instant", "ceph_osd_up")


def test_the_login_user_may_ask_the_cluster(need_lab: Need) -> None:
    lab = need_lab("ssh", "ceph")
    status = json.loads(clients.ssh(lab, "ceph status --format json"))
    assert status["fsid"] == clients.ceph(lab, "fsid").strip()
    script = "import rados; c = rados.Rados(conffile=''); c.connect(timeout=30); print(c.get_fsid())"
    assert clients.ssh(lab, f'/usr/bin/python3 -c "{script}"').strip() == status["fsid"]
    assert clients.ssh(lab, "id -un").strip() == lab.ssh.user


def test_the_database_is_empty_and_writable(need_lab: Need) -> None:
    lab = need_lab("postgres")
    assert clients.psql(lab, "SELECT current_database() || '/' || current_user") == "hsops/hsops"
    made = "CREATE TEMP TABLE t AS SELECT generate_series(1, 10) AS n; SELECT sum(n) FROM t"
    assert clients.psql(lab, made).split()[-1] == "55"


@pytest.mark.parametrize("system", ["ceph", "openstack", "postgres", "prometheus", "ssh"])
def test_nothing_listens_beyond_this_machine(need_lab: Need, system: str) -> None:
    need_lab(system)
    pids = process.family(one.pid for one in process.recorded(place(system)).values() if one.alive)
    addresses = sockets.listening(pids)
    assert addresses
    assert [address for address in addresses if not address.is_loopback] == []
