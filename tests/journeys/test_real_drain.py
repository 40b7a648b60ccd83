"""A real drain empties a real Nova host and returns it; it survives kill -9 without moving any server twice."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.journeys import nova
from tests.lab.env import Lab, OpenStack

ROOT = Path(__file__).parents[2]
TTL = "3"
KILLS = 10
PATIENCE = 600

pytestmark = [pytest.mark.lab, pytest.mark.timeout(1500)]


class Bastion:
    """Processes that work on runs of the lab's site, all on one store."""

    def __init__(self, site: Path, folder: Path) -> None:
        self._argv = [sys.executable, "-m", "tests.journeys.child", str(site), str(folder / "runs.sqlite"), TTL]
        self._log = folder / "child.log"

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start one; it prints one line when it works."""
        with self._log.open("a") as log:
            argv = [*self._argv, *arguments]
            return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=log, text=True, cwd=ROOT)

    def finish(self, *arguments: str) -> int:
        """Start one and wait for its end."""
        return self.end_of(self.start(*arguments))

    def end_of(self, process: subprocess.Popen[str]) -> int:
        """The exit code of a process; what it wrote is shown when it failed."""
        out, _ = process.communicate(timeout=PATIENCE)
        if process.returncode:
            print(out[-4000:], self._log.read_text()[-4000:])
        return process.returncode


def crowded(cloud: OpenStack) -> tuple[str, set[str]]:
    """The host with most servers, and these."""
    hosts = nova.servers_by_host(cloud)
    host = max(cloud.hosts, key=lambda name: len(hosts[name]))
    return host, hosts[host]


def assert_empty(cloud: OpenStack, host: str) -> None:
    hosts = nova.servers_by_host(cloud)
    assert hosts[host] == set()
    assert nova.allocations(cloud, host) == 0


@pytest.fixture
def bastion(lab: Lab, lab_openstack_mended: OpenStack, tmp_path: Path) -> Bastion:
    return Bastion(lab.site_file, tmp_path)


def options(host: str, extra: Sequence[str] = ()) -> list[str]:
    """A drain of a host, two servers at a time, everything that cannot live-migrate moved cold."""
    return ["hypervisor.drain", f"host={host}", *extra]


def test_a_drain_empties_a_host_and_a_return_brings_it_back(bastion: Bastion, lab_openstack: OpenStack) -> None:
    host, servers = crowded(lab_openstack)
    assert servers, "a drain of an empty host proves nothing"
    known = {record["Id"] for record in nova.migrations(lab_openstack)}
    assert bastion.finish(*options(host)) == 0
    assert_empty(lab_openstack, host)
    assert nova.moves_from(lab_openstack, host, known) == dict.fromkeys(servers, 1)
    service = nova.service(lab_openstack, host)
    assert service["Status"] == "disabled"
    assert service["Disabled Reason"].startswith("hsops:")
    assert bastion.finish("hypervisor.return", f"host={host}") == 0
    assert nova.service(lab_openstack, host)["Status"] == "enabled"


def test_a_drain_survives_kill_9_at_random_instants(bastion: Bastion, lab_openstack: OpenStack) -> None:
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    kills = drains = 0
    while kills < KILLS:
        host, servers = crowded(lab_openstack)
        assert servers
        known = {record["Id"] for record in nova.migrations(lab_openstack)}
        process = bastion.start(*options(host))
        assert process.stdout is not None
        assert process.stdout.readline().strip(), "no run was submitted"
        while kills < KILLS and process.poll() is None:
            end = time.monotonic() + dice.uniform(0.2, 6.0)
            while time.monotonic() < end and process.poll() is None:
                time.sleep(0.05)
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                process.communicate()
                kills += 1
                process = bastion.start()
                assert process.stdout is not None
                process.stdout.readline()
        assert bastion.end_of(process) == 0
        assert_empty(lab_openstack, host)
        assert nova.moves_from(lab_openstack, host, known) == dict.fromkeys(servers, 1), f"seed {seed}"
        assert bastion.finish("hypervisor.return", f"host={host}") == 0
        assert nova.service(lab_openstack, host)["Status"] == "enabled"
        drains += 1
    print(f"{kills} kills over {drains} drains, no server moved twice")
