"""A simulated cloud with a fast clock, an Alertmanager, and the durable engine: what drains are tested on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hsops.api import Input, Run, Workflow
from hsops.config import load_site
from hsops.plugins.openstack.client import OpenStack
from hsops.plugins.openstack.simulator import OpenStackFace
from hsops.plugins.openstack.workflows import journey
from hsops.plugins.openstack.workflows.maintenance import MAINTENANCE
from hsops.registry import Registry
from hsops.session import Session
from hsops.simulator.cloudvalues import Server, ServerGroup, Service
from hsops.simulator.site import SimulatedSite, bundled_faces
from hsops.workflow.engine import Engine
from hsops.workflow.values import Plan, RunInfo

PATIENCE = 60.0


async def composed(run: Run) -> None:
    """Out and back by the parts that the workflows over several layers use."""
    host = str(run.values["host"])
    await run.note(await MAINTENANCE.role(run, host) or "nothing to nova")
    await MAINTENANCE.checks(run, host)
    await MAINTENANCE.enter(run, host)
    await MAINTENANCE.verify(run, host)
    if run.values["back"]:
        await MAINTENANCE.leave(run, host)


COMPOSED = Workflow(
    name="test.composed",
    title="out and back",
    summary="",
    run="tests.plugins.openstack.drainbench:composed",
    inputs=(Input(name="host", title="host"), Input(name="back", title="back", type="bool", default="no")),
    systems=("openstack",),
)


@dataclass
class Bench:
    """The site, the engine on it, and looks at the world behind the wire."""

    site: SimulatedSite
    engine: Engine
    session: Session
    host: str
    """A host with servers, none of them odd."""

    # -- the world

    def servers(self, host: str = "") -> list[Server]:
        """What runs on a host."""
        return self.site.call(lambda world: list(world.compute.by_host.get(host or self.host, {}).values()))

    def service(self) -> Service:
        """The host's compute service."""
        return self.site.call(
            lambda world: next(
                one for one in world.compute.services.values()
                if (one.host, one.binary) == (self.host, "nova-compute")
            )
        )  # fmt: skip

    def migrations(self, server: str) -> int:
        """How often a server was migrated."""
        return self.site.call(lambda world: sum(one.server == server for one in world.compute.migrations.values()))

    def touch(self, server: str, **changes: Any) -> None:
        """Put a server into a state."""
        self.site.call(lambda world: world.compute.touch(world.compute.servers[server], **changes))

    def silences(self) -> list[tuple[str, str]]:
        """Comment and state of every silence."""

        def look(world: Any) -> list[tuple[str, str]]:
            return [(one.comment, one.state(world.clock.now())) for one in world.silences.all.values()]

        return self.site.call(look)

    def status(self, server: str) -> tuple[str, str]:
        """Host and status of a server."""
        found = self.site.call(lambda world: world.compute.servers[server])
        return found.host, found.status

    def group(self, policy: str, *members: str) -> None:
        """A server group of these servers."""
        group = ServerGroup(f"g-{policy}", policy, policy, "project", "user", list(members))
        self.site.call(lambda world: world.compute.groups.update({group.id: group}))

    # -- runs

    async def cloud(self) -> OpenStack:
        """The open connection."""
        found: OpenStack = await self.session.connection("simulated", "openstack")
        return found

    async def plan(self, **values: Any) -> Plan:
        """The plan of a drain."""
        return await self.engine.plan("hypervisor.drain", {"host": self.host, **values}, {}, site="simulated")

    async def start(self, workflow: str = "hypervisor.drain", **more: Any) -> str:
        """Begin a run; `choices`, `force`, `attended` go to the engine, all else is an input."""
        choices: Mapping[str, str] = more.pop("choices", {})
        force: Mapping[str, str] = more.pop("force", {})
        attended = more.pop("attended", False)
        values = {"host": self.host, **more}
        return await self.engine.submit(workflow, values, choices, site="simulated", force=force, attended=attended)

    async def finish(self, workflow: str = "hypervisor.drain", **more: Any) -> RunInfo:
        """A run to its end."""
        return await self.engine.join(await self.start(workflow, **more))

    async def until(self, condition: Any) -> None:
        """Wait until `condition()` holds."""
        for _ in range(int(PATIENCE / 0.05)):
            if condition():
                return
            await asyncio.sleep(0.05)
        pytest.fail("it did not come")

    async def notes(self, run: str) -> list[str]:
        """The sentences of a run's report."""
        return [event.text async for event in self.engine.events(run, follow=False) if event.kind == "note"]

    async def texts(self, run: str) -> dict[str, str]:
        """What each step and item of a run said last."""
        return {step.item or step.name: step.text for step in await self.engine.steps(run)}


@asynccontextmanager
async def bench(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *, speed: float = 20.0, masakari: bool = False
) -> AsyncIterator[Bench]:
    """All of it. `masakari`: the cloud has one."""
    monkeypatch.setattr(journey, "EVERY", 0.05)
    registry = Registry.load()
    faces = [OpenStackFace(masakari=masakari), *bundled_faces(["alertmanager"])]

    def workflow(name: str) -> Workflow:
        return COMPOSED if name == COMPOSED.name else registry.workflow(name)

    async with (
        SimulatedSite(machines=14, servers=24, speed=speed, faces=faces) as site,
        Session([load_site(site.file, registry)], registry) as session,
        Engine(session, folder / "runs.sqlite", workflow) as engine,
    ):
        yield Bench(site, engine, session, site.call(_plain_host))


def _plain_host(world: Any) -> str:
    """A host with two or more servers that are all ACTIVE."""
    for host, servers in world.compute.by_host.items():
        if len(servers) >= 2 and all(server.status == "ACTIVE" for server in servers.values()):
            return str(host)
    raise AssertionError("the simulated cloud has no such host")
