"""An engine in a process of its own: ``python -m tests.workflow.child STORE WORLD TTL [WORKFLOW [NAME=VALUE…]]``.

With a workflow it submits that, says its id on the first line of stdout and waits for its end. Without one it goes on
with what others have left, until no open run is left. Ends with the exit code of the run. ``rewind-and-die STEP`` takes
the newest run back to a step and dies half-way. ``CHILD_VERSION`` makes it an hsops of that version.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from hsops.workflow import version

version.VERSION = os.environ.get("CHILD_VERSION", version.VERSION)  # an hsops of another version

from hsops.workflow import transact  # noqa: E402 - after the version
from hsops.workflow.engine import Engine  # noqa: E402 - as above
from tests.workflow import toy  # noqa: E402 - as above


async def main(store: str, folder: str, ttl: str, workflow: str = "", *values: str) -> int:
    """Submit and wait, or adopt and wait."""
    engine = Engine(toy.Session(toy.World(Path(folder))), store, toy.workflow, ttl=float(ttl))
    async with engine:
        if workflow == "rewind-and-die":
            transact.rewind = lambda *_: os._exit(9)
            await engine.rewind((await engine.runs())[0].id, *values)
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
