"""Every effect of a workflow done twice in a row, as after a crash in flight, must leave the world as once does.

To bring a workflow under it, add a line to `CASES`: its inputs, as a function of the simulated world.
"""

from __future__ import annotations

import dataclasses
import importlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from hsops.config import load_site
from hsops.registry import Registry
from hsops.session import Session
from hsops.simulator.machines import Size
from hsops.simulator.migration import Pace
from hsops.simulator.site import SimulatedSite
from hsops.simulator.world import World
from hsops.workflow import fanout, run, settle
from hsops.workflow.engine import Engine
from hsops.workflow.settle import Attempt
from hsops.workflow.signals import Aborted
from hsops.workflow.values import RunInfo

_FAST = Pace(copy_rate=20480, shortest=0.15, longest=1, prepare=0.05, cold=0.1, confirm=0.1, evacuate=0.2, power=0.1)
Inputs: TypeAlias = Callable[[World], Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One workflow with its inputs.

    `before`: workflows that are run first, plainly, with their inputs. `only`: the plugins of the simulated site.
    `hurry`: module attributes set for the time of the test, ``module:name`` to value (how often it polls).
    """

    inputs: Inputs
    before: Sequence[tuple[str, Inputs]] = ()
    only: Sequence[str] = ("openstack", "alertmanager")
    prepare: Callable[[World], object] | None = None
    choices: Mapping[str, str] = field(default_factory=dict)
    force: Mapping[str, str] = field(default_factory=dict)
    hurry: Mapping[str, Any] = field(default_factory=dict)
    size: Size = field(default_factory=lambda: Size(machines=14, servers=24))
    speed: float = 1.0
    """Seconds of the world in one real second. Migrations are fast by themselves; Ceph's recovery wants more."""


class Effects:
    """Hooks itself into the engine: does every effect `times` in a row, and backs out after the last one if told so."""

    def __init__(self, times: int = 1, back_out_after: str = "") -> None:
        self.times = times
        self.back_out_after = back_out_after
        self.done: list[str] = []
        """Keys of the effects, in the order of their end."""

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """For the time of a test."""
        original = settle.settle

        async def settled(context: Any, attempt: Attempt) -> dict[str, Any]:
            if not attempt.effect:
                return await original(context, attempt)
            key = attempt.entry.info.key
            answer = await original(context, dataclasses.replace(attempt, act=self._often(attempt.act)))
            self.done.append(key)
            if key == self.back_out_after:
                raise Aborted("the test backs out here")
            return answer

        patch.setattr(run, "settle", settled)
        patch.setattr(fanout, "settle", settled)

    def _often(self, act: Callable[[], Awaitable[Any]]) -> Callable[[], Awaitable[Any]]:
        async def often() -> Any:
            for _ in range(self.times - 1):
                await act()
            return await act()

        return often


@dataclass
class Bench:
    """A fresh simulated site with an engine."""

    site: SimulatedSite
    engine: Engine

    async def finish(self, workflow: str, inputs: Inputs, case: Case | None = None) -> RunInfo:
        """A run to its end, nobody there to decide."""
        values = self.site.call(inputs)
        more: dict[str, Any] = {} if case is None else {"choices": case.choices, "force": case.force}
        name = await self.engine.submit(workflow, values, site="simulated", attended=False, **more)
        return await self.engine.join(name)

    async def told(self, name: str) -> str:
        """What went wrong, for the message of a failed test."""
        steps = await self.engine.steps(name)
        return "; ".join(f"{step.key} {step.status} {step.text}" for step in steps if step.status != "done")


@asynccontextmanager
async def bench(case: Case, folder: Path, patch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    """A site of its own for one run: every one begins from the same world."""
    for target, value in case.hurry.items():
        module, _, name = target.partition(":")
        patch.setattr(importlib.import_module(module), name, value)
    registry = Registry.load()
    async with (
        SimulatedSite(size=case.size, speed=case.speed, pace=_FAST, only=list(case.only)) as site,
        Session([load_site(site.file, registry)], registry) as session,
        Engine(session, folder / "runs.sqlite", registry.workflow) as engine,
    ):
        if case.prepare is not None:
            site.call(case.prepare)
        yield Bench(site, engine)


async def happened(
    workflow: str, case: Case, folder: Path, patch: pytest.MonkeyPatch, effects: Effects
) -> tuple[RunInfo, str, dict[str, Any]]:
    """One run on a fresh site under the hook: how it ended, what failed, and the truth behind the wire afterwards."""
    async with bench(case, folder, patch) as found:
        for earlier, inputs in case.before:
            before = await found.finish(earlier, inputs)
            assert before.exit_code == 0, await found.told(before.id)
        effects.install(patch)
        info = await found.finish(workflow, case.inputs, case)
        return info, await found.told(info.id), found.site.call(truth)


def truth(world: World) -> dict[str, Any]:
    """The world, as far as workflows change it; ids of runs, ids that are drawn and times left out."""
    now = world.clock.now()

    def known(text: str | None) -> str:
        return re.sub(r"hsops:[0-9a-z]{8}\b", "hsops:RUN", text or "")

    services = world.compute.services.values()
    moves = world.compute.migrations.values()
    # What has expired mutes nothing, and Alertmanager drops it by itself.
    silences = [one for one in world.silences.all.values() if one.state(now) != "expired"]
    return {
        "services": {(s.host, s.binary): (s.enabled, known(s.reason), s.forced_down) for s in services},
        "servers": {one.id: (one.status, one.host) for one in world.compute.servers.values()},
        "migrations": sorted((one.server, one.source, one.dest, one.kind, one.status) for one in moves),
        "silences": sorted((known(one.comment), one.state(now), str(one.matchers)) for one in silences),
        "osds": {
            osd.id: (osd.up, osd.inside, osd.reweight, round(osd.crush_weight, 5), osd.destroyed)
            for osd in world.ceph.osds.values()
        },
        "flags": sorted(world.ceph.flags),
        "node flags": {node: sorted(flags) for node, flags in world.ceph.node_flags.items() if flags},
        "down": sorted(world.fleet.down),
    }


# -- the inputs


def plain_host(world: World) -> str:
    """A host with two or more servers that are all ACTIVE."""
    for host, servers in world.compute.by_host.items():
        if len(servers) >= 2 and all(server.status == "ACTIVE" for server in servers.values()):
            return host
    raise AssertionError("the simulated cloud has no such host")


def emptied_host(world: World) -> str:
    """The host that was drained before."""
    services = world.compute.services.values()
    return next(one.host for one in services if one.binary == "nova-compute" and not one.enabled)


def _host(world: World) -> Mapping[str, Any]:
    return {"host": plain_host(world)}


def _dies(world: World) -> None:
    """The machine of a host has lost its power long enough for nova to notice."""
    host = plain_host(world)
    world.inject("host.down", host)
    world.fleet[host].changed -= 100


def _fenced(world: World) -> Mapping[str, Any]:
    host = plain_host(world)
    return {"host": host, "fenced": f"{host} is fenced", "storage": "shared", "parallel": 1}


def _shrink(world: World) -> None:
    """Hosts so small that one server more or less shows."""
    fullest = max(one.memory_used for one in world.compute.hypervisors.values())
    for one in world.compute.hypervisors.values():
        one.memory, one.memory_ratio = fullest + fullest // 4 + one.memory_reserved, 1.0


def _storage(world: World) -> Mapping[str, Any]:
    return {"host": next(iter(world.ceph.hosts))}


def _osd(world: World) -> Mapping[str, Any]:
    return {"osd": str(next(iter(world.ceph.hosts.values()))[0].id)}


def _lighten(world: World) -> None:
    """So little data that they move in seconds."""
    for pool in world.ceph.pools.values():
        pool.stored, pool.objects = pool.stored // 100, max(2, pool.objects // 100)


_CEPH: Mapping[str, Any] = {
    "only": ("ceph",),
    "size": Size(machines=18, servers=4, storage=4, osds_per_host=2),
    "speed": 60.0,
    "prepare": _lighten,
    "hurry": {
        "hsops.plugins.ceph.workflows.basics:LOOK_EVERY": 0.05,
        "hsops.plugins.ceph.workflows.daemons:EVERY": 0.05,
        "hsops.plugins.ceph.clean:PAUSE": 0.05,
    },
}
_NOVA = {"hsops.plugins.openstack.workflows.journey:EVERY": 0.05}

KNOWN: Mapping[str, str] = {
    "osd.replace": "`new OSD` done again right after itself fails: the id is in use until the new daemon is up",
}
"""Workflows with a step that asks a person where it should look first."""


def _gateway(world: World) -> Mapping[str, Any]:
    return {"host": world.fleet.of("control")[1].name}


CASES: Mapping[str, Case] = {
    "ceph.maintenance.enter": Case(inputs=_storage, **_CEPH),
    "ceph.maintenance.exit": Case(inputs=_storage, before=[("ceph.maintenance.enter", _storage)], **_CEPH),
    "osd.drain": Case(inputs=_osd, **_CEPH),
    "osd.replace": Case(inputs=_osd, **_CEPH),
    "osd.return": Case(inputs=_osd, before=[("osd.drain", _osd)], **_CEPH),
    "pool.pg-num": Case(inputs=lambda _: {"pool": "images", "pg_num": "128"}, **_CEPH),
    "ceph.rebalance": Case(inputs=lambda _: {"deviation": "3"}, **_CEPH),
    "ceph.upgrade": Case(inputs=lambda _: {"release": "pacific"}, **_CEPH),
    "hypervisor.drain": Case(inputs=_host, hurry=_NOVA),
    "hypervisor.return": Case(
        inputs=lambda world: {"host": emptied_host(world)}, before=[("hypervisor.drain", _host)], hurry=_NOVA
    ),
    "gateway.drain": Case(inputs=_gateway, only=("ovn",)),
    "gateway.return": Case(inputs=_gateway, before=[("gateway.drain", _gateway)], only=("ovn",)),
    "host.drain": Case(inputs=_host, hurry=_NOVA),
    "host.return": Case(
        inputs=lambda world: {"host": emptied_host(world)}, before=[("host.drain", _host)], hurry=_NOVA
    ),
    "hypervisor.evacuate": Case(inputs=_fenced, prepare=_dies, hurry=_NOVA),
    "hypervisors.rebalance": Case(inputs=lambda _: {"threshold": 5, "moves": 3}, prepare=_shrink, hurry=_NOVA),
}
