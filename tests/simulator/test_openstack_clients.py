"""The systems' own clients against the face: the `openstack` command and openstacksdk, each in a process of its own."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from hsops.plugins.openstack.simulator import OpenStackFace
from hsops.simulator.migration import Pace
from hsops.simulator.site import SimulatedSite

COMMANDS = """
import contextlib, io, json, sys
from openstackclient.shell import OpenStackShell
found = []
for command in json.load(sys.stdin):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        shell = OpenStackShell()
        shell.stdout = out
        code = shell.run(command)
    found.append([code, out.getvalue()])
print(json.dumps(found))
"""
"""Runs many commands in one interpreter: a second for the imports, once."""

SDK = """
import json, sys, openstack
c = openstack.connect(cloud="simulated")
host = sys.argv[1]
here = list(c.compute.servers(compute_host=host, all_projects=True))
service = next(s for s in c.compute.services(binary="nova-compute", host=host))
before = service.status  # the SDK changes the object that it is given
c.compute.disable_service(service, host, "nova-compute", "hsops:test")
disabled = next(s for s in c.compute.services(binary="nova-compute", host=host))
server = next(s for s in here if s.status == "ACTIVE")
c.compute.live_migrate_server(server, host=None, block_migration="auto")
c.compute.wait_for_server(c.compute.get_server(server.id), status="ACTIVE", wait=60, interval=0.1)
provider = next(c.placement.resource_providers(name=host))
print(json.dumps({
    "here": len(here),
    "status": [before, disabled.status, disabled.disabled_reason],
    "moved_to": c.compute.get_server(server.id).compute_host,
    "pages": len(list(c.compute.servers(all_projects=True, limit=7))),
    "hypervisors": sum(1 for _ in c.compute.hypervisors(details=True)),
    "projects": len(list(c.identity.projects())),
    "usage": sorted(c.compute.get_quota_set(c.current_project_id, usage=True).usage or {}),
    "vcpus": [i.total for i in c.placement.resource_provider_inventories(provider) if i.resource_class == "VCPU"],
    "images": len(list(c.image.images())),
    "networks": len(list(c.network.networks(limit=2))),
    "ports": [p.binding_host_id for p in c.network.ports(device_id=server.id)],
    "aggregates": sorted(a.name for a in c.compute.aggregates()),
}))
"""


@pytest.fixture(scope="module")
def site() -> Iterator[SimulatedSite]:
    pace = Pace(shortest=0.3, longest=0.5, prepare=0.1, power=0.2)
    with SimulatedSite(machines=20, servers=40, pace=pace, faces=[OpenStackFace()]) as running:
        yield running


def run(site: SimulatedSite, code: str, *arguments: str, stdin: str = "", cloud: str = "simulated") -> Any:
    """Run Python code with the simulated cloud's configuration; gives the JSON that it prints last."""
    config = yaml.safe_load(site.file.read_text())["systems"][0]["config_file"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
    environment |= {"OS_CLIENT_CONFIG_FILE": config, "OS_CLOUD": cloud, "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        input=stdin, capture_output=True, text=True, env=environment, timeout=110, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def commands(site: SimulatedSite, *lines: str, cloud: str = "simulated") -> list[Any]:
    """The JSON (or text) of `openstack` commands; each must succeed."""
    found = run(site, COMMANDS, stdin=json.dumps([line.split() for line in lines]), cloud=cloud)
    assert [code for code, _ in found] == [0] * len(lines), list(zip(lines, found, strict=True))
    return [json.loads(text) if text.startswith(("[", "{")) else text for _, text in found]


@pytest.mark.slow
def test_lists_of_the_openstack_command(site: SimulatedSite) -> None:
    hosts, servers, projects, agents = site.call(
        lambda w: (set(w.compute.hypervisors), set(w.compute.servers), len(w.compute.projects), len(w.network.agents))
    )
    some = min(hosts)
    listed = commands(
        site,
        "hypervisor list -f json",
        "hypervisor list --long -f json",
        f"hypervisor show {some} -f json",
        "server list --all-projects --long -f json",
        "compute service list --service nova-compute -f json",
        "project list -f json",
        "aggregate list -f json",
        "image list -f json",
        "flavor list -f json",
        "network agent list -f json",
        "quota show admin -f json",
        "availability zone list -f json",
    )
    assert {row["Hypervisor Hostname"] for row in listed[0]} == {r["Hypervisor Hostname"] for r in listed[1]} == hosts
    assert listed[2]["hypervisor_hostname"] == some
    assert {row["ID"] for row in listed[3]} == servers
    assert {row["Host"] for row in listed[3]} <= hosts
    assert {row["State"] for row in listed[4]} == {"up"}
    assert len(listed[5]) == projects
    assert {row["Name"] for row in listed[6]} >= {"az1", "ssd"}
    assert len(listed[7]) == len(listed[8]) == 6
    assert len(listed[9]) == agents
    assert {row["Resource"]: row["Limit"] for row in listed[10]}["cores"] == 200
    assert {row["Zone Name"] for row in listed[11]} >= {"az1", "internal"}


@pytest.mark.slow
def test_changes_with_the_openstack_command(site: SimulatedSite) -> None:
    server, host = site.call(lambda w: next((s.id, s.host) for s in w.compute.servers.values() if s.status == "ACTIVE"))
    shown = commands(
        site,
        f"compute service set --disable --disable-reason hsops:x {host} nova-compute",
        f"compute service list --host {host} --long -f json",
        f"server migrate --live-migration --wait {server}",
        f"server show {server} -f json",
        f"server migration list --server {server} -f json",
        f"server event list {server} -f json",
        f"compute service set --enable {host} nova-compute",
        f"compute service list --host {host} --long -f json",
    )
    assert (shown[1][0]["Status"], shown[1][0]["Disabled Reason"]) == ("disabled", "hsops:x")
    assert shown[3]["OS-EXT-SRV-ATTR:host"] != host
    assert shown[3]["status"] == "ACTIVE"
    assert [row["Status"] for row in shown[4]] == ["completed"]
    assert [row["Action"] for row in shown[5]] == ["live-migration", "create"]
    assert shown[7][0]["Status"] == "enabled"


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("osc_placement") is None, reason="osc-placement is not installed")
def test_placement_with_the_openstack_command(site: SimulatedSite) -> None:
    host, provider, held = site.call(
        lambda w: next((h.host, h.id, set(w.compute.allocations[h.host])) for h in w.compute.hypervisors.values())
    )
    listed, shown, inventory = commands(
        site,
        f"resource provider list --name {host} -f json",
        f"resource provider show --allocations {provider} -f json",
        f"resource provider inventory list {provider} -f json",
    )
    assert [row["uuid"] for row in listed] == [provider]
    assert set(shown["allocations"]) == held
    assert {row["resource_class"] for row in inventory} == {"VCPU", "MEMORY_MB", "DISK_GB"}


@pytest.mark.slow
def test_openstacksdk(site: SimulatedSite) -> None:
    host, here, total, hypervisors = site.call(
        lambda w: next(
            (h, len(rows), len(w.compute.servers), len(w.compute.hypervisors))
            for h, rows in w.compute.by_host.items()
            if any(s.status == "ACTIVE" for s in rows.values())
        )
    )
    found = run(site, SDK, host)
    assert found["here"] == here
    assert found["status"] == ["enabled", "disabled", "hsops:test"]
    assert found["moved_to"] not in (host, None)
    assert found["ports"] == [found["moved_to"]]
    assert found["pages"] == total
    assert found["hypervisors"] == hypervisors
    assert found["vcpus"] == [64]
    assert found["networks"] == found["projects"]
    assert {"cores", "instances", "ram"} <= set(found["usage"])


@pytest.mark.slow
def test_a_plain_member_sees_little(site: SimulatedSite) -> None:
    own, agents = commands(site, "server list -f json", "network agent list -f json", cloud="simulated-member")
    mine = site.call(
        lambda w: len(w.compute.by_project[next(u.project for u in w.compute.users.values() if u.role == "member")])
    )
    assert len(own) == mine
    assert agents == []
