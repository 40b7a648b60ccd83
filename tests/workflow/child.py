"""An engine in a process of its own: ``python -m tests.workflow.child STORE WORLD TTL [WORKFLOW [NAME=VALUE…]]``.

With a workflow it submits that, says its id on the first line of stdout and waits for its end. Without one it goes on
with what others have left, until no open run is left. Ends with the exit code of the run.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from hsops.workflow.engine import Engine
from tests.workflow import toy


async def main(store: str, folder: str, ttl: str, workflow: str = "", *values: str) -> int:
    """Submit and wait, or adopt and wait."""
    engine = Engine(toy.Session(toy.World(Path(folder))), store, toy.workflow, ttl=float(ttl))
    async with engine:
        if workflow:
            given = dict(value.split("=", 1) for value in values)
            attended = given.pop("attended", "") == "yes"
            run = await engine.submit(workflow, given, site="lab", attended=attended)
            print(run, flush=True)
            return (await engine.join(run)).exit_code
        print("ready", flush=True)
        while [info for info in await engine.runs() if not info.status.over]:  # noqa: ASYNC110 - also in others
            await asyncio.sleep(0.05)
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(*sys.argv[1:])))
