"""A rolling upgrade of real hosts: packages, reboots and their proof, over kill -9, failing hosts, and backing out."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hsops.registry import Registry
from hsops.session import Session
from hsops.workflow.engine import Engine
from hsops.workflow.values import RunInfo, RunStatus
from tests.journeys.rolling_child import RACKS, site
from tests.lab import linux
from tests.lab.env import Linux
from tests.lab.linux import faults
from tests.workflow import composed
from tests.workflow.composed import World

ROOT = Path(__file__).parents[2]
TTL = "3"
KILLS = 6
PATIENCE = 400
HOSTS = [host for hosts in RACKS.values() for host in hosts]
ROLL = ("hosts.upgrade", "racks=all", "soak=2s", "silence=1h")
VALUES = {"racks": "all", "soak": "0", "silence": "0"}

pytestmark = [pytest.mark.lab, pytest.mark.timeout(900)]


class Bastion:
    """Processes that roll, all on one store."""

    def __init__(self, world: World, folder: Path) -> None:
        self._argv = [
            sys.executable,
            "-m",
            "tests.journeys.rolling_child",
            str(world.folder),
            str(folder / "runs"),
            TTL,
        ]
        self._log = folder / "child.log"

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start one; returns when it works."""
        with self._log.open("a") as log:
            argv = [*self._argv, *arguments]
            process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=log, text=True, cwd=ROOT)
        assert process.stdout is not None
        assert process.stdout.readline().strip(), self._log.read_text()[-3000:]
        return process

    def end_of(self, process: subprocess.Popen[str]) -> int:
        """Its exit code; what it wrote is shown when it failed."""
        out, _ = process.communicate(timeout=PATIENCE)
        if process.returncode:
            print(out[-4000:], self._log.read_text()[-4000:])
        return process.returncode


@pytest.fixture
def world(lab_linux_mended: Linux, tmp_path: Path) -> World:
    return World(tmp_path / "world")


@pytest.fixture
def boots(lab_linux_mended: Linux) -> dict[str, int]:
    """How often each host had been booted before the test."""
    return {host: faults.boots(host) for host in HOSTS}


def rebooted(before: dict[str, int]) -> dict[str, int]:
    """How often each was booted since."""
    return {host: faults.boots(host) - count for host, count in before.items()}


def turns(world: World) -> list[str]:
    """Hosts in the order in which they left."""
    return [line.split()[-1] for line in world.did() if line.startswith("pods off")]


def assert_renewed(host: str) -> None:
    assert faults.kernel(host) == linux.NEXT_KERNEL
    assert faults.installations(host) == (1, 1)


@pytest.mark.long
def test_a_roll_over_three_hosts(world: World, boots: dict[str, int], tmp_path: Path) -> None:
    bastion = Bastion(world, tmp_path)
    assert bastion.end_of(bastion.start(*ROLL, "canary=lx2")) == 0
    assert rebooted(boots) == dict.fromkeys(HOSTS, 1)
    assert turns(world) == ["lx2", "lx1", "lx3"]
    for host in HOSTS:
        assert_renewed(host)
        lines = [line for line in world.effects() if line.endswith(host)]
        order = ("pods", "virt", "disks")
        assert lines == [
            f"mute silence {host}", *(f"{name} off {host}" for name in order),
            *(f"{name} on {host}" for name in reversed(order)), f"mute expire {host}",
        ]  # fmt: skip


def test_a_roll_survives_kill_9_and_reboots_nothing_twice(world: World, boots: dict[str, int], tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    dice, bastion, kills = random.Random(seed), Bastion(world, tmp_path), 0
    process = bastion.start(*ROLL, "batch=2")
    while kills < KILLS and process.poll() is None:
        end = time.monotonic() + dice.uniform(0.5, 5.0)
        while time.monotonic() < end and process.poll() is None:
            time.sleep(0.05)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.communicate()
            kills += 1
            process = bastion.start()
    assert bastion.end_of(process) == 0, f"seed {seed}"
    assert kills, f"nothing was killed, seed {seed}"
    assert rebooted(boots) == dict.fromkeys(HOSTS, 1), f"seed {seed}"
    assert list(dict.fromkeys(turns(world))) == HOSTS
    for host in HOSTS:
        assert_renewed(host)
    print(f"{kills} kills, no host rebooted twice, nothing installed twice")


async def ended(engine: Engine, run: str) -> RunInfo:
    """Its end, as a process that stays sees it."""
    return await engine.join(run)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("fault", "why"), [("stays-down", "is not back after"), ("same-boot-id", "it did not really reboot")]
)
@pytest.mark.long
async def test_a_host_that_fails_stops_the_roll_and_the_rest_is_untouched(
    world: World, boots: dict[str, int], tmp_path: Path, fault: str, why: str
) -> None:
    registry = Registry([*composed.PLUGINS, *_linux()])
    faults.inject("lx2", fault)
    async with (
        Session([site(world.folder)], registry) as session,
        Engine(session, tmp_path / "runs", registry.workflow) as engine,
    ):
        run = await engine.submit("hosts.upgrade", VALUES, site="toys", attended=False)
        info = await ended(engine, run)
        assert info.status is RunStatus.STOPPED
        assert why in info.reason
        assert rebooted(boots)["lx3"] == 0
        assert faults.installations("lx3") == (0, 0)
        assert turns(world) == ["lx1", "lx2"]
        assert_renewed("lx1")
        faults.heal("lx2")
        await engine.decide(run, "reboot#2/lx2", "retry")
        await engine.resume(run, attended=False)
        info = await ended(engine, run)
        assert info.status is RunStatus.DONE, info.reason
    assert turns(world) == HOSTS
    for host in HOSTS:
        assert faults.kernel(host) == linux.NEXT_KERNEL


@pytest.mark.asyncio
async def test_backing_out_waits_for_the_reboot_and_brings_the_host_back(
    world: World, boots: dict[str, int], tmp_path: Path
) -> None:
    registry = Registry([*composed.PLUGINS, *_linux()])
    faults.inject("lx1", "unit-fails", "broken.service")
    async with (
        Session([site(world.folder)], registry) as session,
        Engine(session, tmp_path / "runs", registry.workflow) as engine,
    ):
        run = await engine.submit("hosts.upgrade", VALUES, site="toys", attended=False)
        info = await ended(engine, run)
        assert info.status is RunStatus.STOPPED
        assert "broken.service" in info.reason
        await engine.abort(run, attended=False)
        info = await ended(engine, run)
        assert info.status is RunStatus.ROLLED_BACK, info.reason
        undone = [step.key for step in await engine.steps(run) if step.kind == "undo"]
    assert undone[0] == "undo reboot/lx1"
    assert [line for line in world.effects() if "undo" in line] == [
        f"{name} undo-off lx1" for name in ("disks", "virt", "pods")
    ]
    assert rebooted(boots) == {"lx1": 1, "lx2": 0, "lx3": 0}


def _linux() -> list[composed.Plugin]:
    from hsops.plugins.linux import PLUGIN

    return [PLUGIN]
