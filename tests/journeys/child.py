"""A process that works on runs of a real site: ``child SITE STORE TTL [WORKFLOW [NAME=VALUE…]]``.

With a workflow it submits it, prints the run's id and waits; without one it goes on with what others left, until no
run is open. Ends with the exit code of the last run it saw.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from hsops.config import load_site
from hsops.registry import Registry
from hsops.session import Session
from hsops.workflow.engine import Engine
from hsops.workflow.values import RunStatus


async def main(site: str, store: str, ttl: str, workflow: str = "", *values: str) -> int:
    """Submit and wait, or adopt and wait."""
    registry = Registry.load()
    found = load_site(Path(site), registry)
    async with Session([found], registry) as session:
        engine = Engine(session, store, registry.workflow, ttl=float(ttl))
        async with engine:
            if workflow:
                given = dict(value.split("=", 1) for value in values)
                run = await engine.submit(workflow, given, site=found.name, attended=False)
                print(run, flush=True)
                async for event in engine.events(run):
                    if event.kind != "progress":
                        print(event.line().decode(), flush=True)
                return (await engine.join(run)).exit_code
            print("ready", flush=True)
            while await busy(engine):  # noqa: ASYNC110 - it may happen in another process
                await asyncio.sleep(0.1)
            return (await engine.runs())[0].exit_code


async def busy(engine: Engine) -> bool:
    """Whether a run goes on."""
    return any(not info.status.over and info.status is not RunStatus.STOPPED for info in await engine.runs())


if __name__ == "__main__":
    sys.exit(asyncio.run(main(*sys.argv[1:])))
