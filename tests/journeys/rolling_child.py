"""A process that rolls over the lab's Linux hosts: ``rolling_child WORLD STORE TTL [WORKFLOW NAME=VALUE…]``.

The site: the real hosts over SSH, and beside them toy systems with parts, silences and a gate (see
`tests.workflow.composed`), so that every effect of a drain is on one journal. Without a workflow it goes on with what
others left. Prints the run's id first, and ends with the exit code of the run.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import msgspec

from hsops.config import Site, System
from hsops.plugins.linux import PLUGIN as LINUX
from hsops.plugins.linux.options import LinuxOptions
from hsops.registry import Registry
from hsops.session import Session
from hsops.workflow.engine import Engine
from tests.journeys.child import busy
from tests.lab.env import load
from tests.workflow import composed

RACKS = {"r1": ("lx1", "lx2"), "r2": ("lx3",)}


def site(folder: Path) -> Site:
    """The hosts of the lab among toys."""
    toys = composed.site(folder, said=RACKS, without=["metal"])
    settings = {**load().options("linux"), "down_within": 20.0, "up_within": 20.0}
    options = msgspec.convert(settings, LinuxOptions)
    linux = System(name="linux", plugin="linux", options=options, timeout=15.0)
    return msgspec.structs.replace(toys, systems=(*toys.systems, linux))


async def main(folder: str, store: str, ttl: str, workflow: str = "", *values: str) -> int:
    """Submit and wait, or go on and wait."""
    registry = Registry([*composed.PLUGINS, LINUX])
    async with (
        Session([site(Path(folder))], registry) as session,
        Engine(session, store, registry.workflow, ttl=float(ttl)) as engine,
    ):
        if workflow:
            given = dict(value.split("=", 1) for value in values)
            run = await engine.submit(workflow, given, site="toys", attended=False)
            print(run, flush=True)
            return (await engine.join(run)).exit_code
        print("ready", flush=True)
        while await busy(engine):  # noqa: ASYNC110 - it may happen in another process
            await asyncio.sleep(0.1)
        return (await engine.runs())[0].exit_code


if __name__ == "__main__":
    sys.exit(asyncio.run(main(*sys.argv[1:])))
