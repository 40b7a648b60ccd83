"""What the workflow engine costs: a step, a fan-out of 1,000 items, news from another process, a takeover.

    python tests/benchmarks/bench_engine.py [--steps N] [postgresql://…]

The step is measured beside a step of DBOS alone on the same kind of store in the same run: the machine's load is in
both. The targets in milliseconds are those of a quiet machine.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # hsops and tests of this checkout

from hsops.workflow.engine import Engine
from hsops.workflow.store import prepare_file
from hsops.workflow.values import RunStatus
from tests.benchmarks.verdicts import Verdicts
from tests.workflow import toy

ROOT = Path(__file__).resolve().parents[2]
ALONE = """
import statistics, sys, time
from dbos import DBOS, DBOSPortableJSONSerializer
DBOS(config={"name": "bench", "system_database_url": sys.argv[1], "log_level": "CRITICAL",
             "serializer": DBOSPortableJSONSerializer()})
took = []

@DBOS.workflow()
async def steps():
    async def nothing():
        return {"value": None}
    for number in range(int(sys.argv[2])):
        begin = time.perf_counter()
        await DBOS.run_step_async({"name": f"s{number}"}, nothing)
        took.append(time.perf_counter() - begin)

async def run():
    await steps()

DBOS.launch()
DBOS.run_step(None, run)
DBOS.destroy()
print(statistics.median(took) * 1e3)
"""


def dbos_alone(url: str, steps: int) -> float:
    """Median milliseconds of a step of DBOS with nothing around it."""
    argv = [sys.executable, "-c", ALONE, url, str(steps)]
    return float(subprocess.run(argv, capture_output=True, text=True, check=True).stdout)


async def steps(engine: Engine, count: int) -> float:
    """Median milliseconds from one step's begin to the next one's."""
    run = await engine.submit("toy.steps", {"count": count}, site="lab")
    assert (await engine.join(run)).status is RunStatus.DONE
    begins = [step.started for step in await engine.steps(run) if step.started]
    return statistics.median((after - before).total_seconds() * 1e3 for before, after in itertools.pairwise(begins))


async def fan_out(engine: Engine) -> float:
    """Seconds that 1,000 items without work take, ten at a time."""
    run = await engine.submit("toy.fan", {"count": 1000, "limit": 10}, site="lab")
    info = await engine.join(run)
    assert info.started is not None
    assert info.ended is not None
    return (info.ended - info.started).total_seconds()


async def news(place: str, world: toy.World) -> Sequence[float]:
    """Milliseconds from an event's time in another process until it is seen here, newest events only."""
    argv = [
        sys.executable,
        "-m",
        "tests.workflow.child",
        place,
        str(world.folder),
        "20",
        "toy.drain",
        "host=h",
        "pause=0.1",
    ]
    child = subprocess.Popen(  # noqa: ASYNC220 - it is read in a thread
        argv, stdout=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert child.stdout is not None
    run = (await asyncio.to_thread(child.stdout.readline)).strip()
    engine = Engine(toy.Session(world), place, toy.workflow)
    await engine.start(work=False)
    late = []
    async for event in engine.events(run):
        late.append((time.time() - event.at.timestamp()) * 1e3)
    await engine.close()
    child.communicate()
    return sorted(late[10:])


async def takeover(place: str, world: toy.World) -> float:
    """Lease times from the instant a process is stopped until another one owns its run."""
    ttl = 2.0
    world.flag("hang-mark")
    argv = [sys.executable, "-m", "tests.workflow.child", place, str(world.folder), str(ttl), "toy.drain", "host=t"]
    child = subprocess.Popen(  # noqa: ASYNC220 - it is read in a thread
        argv, stdout=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert child.stdout is not None
    run = (await asyncio.to_thread(child.stdout.readline)).strip()
    engine = Engine(toy.Session(world), place, toy.workflow, ttl=ttl)
    await engine.start()
    await asyncio.sleep(2 * ttl)
    child.send_signal(signal.SIGSTOP)
    begin = time.monotonic()
    while (await engine.info(run)).attempts < 2:  # noqa: ASYNC110 - it happens in other threads
        await asyncio.sleep(0.01)
    took = time.monotonic() - begin
    world.unflag("hang-mark")
    await engine.join(run)
    await engine.close()
    child.kill()
    child.communicate()
    return took / ttl


async def measure(place: str, count: int, verdicts: Verdicts, name: str, alone: float) -> None:
    """All figures of one store."""
    with tempfile.TemporaryDirectory() as folder:
        world = toy.World(Path(folder))
        world.flag("size", "20")
        async with Engine(toy.Session(world), place, toy.workflow) as engine:
            step = await steps(engine, count)
            verdicts.fact(f"{name}: a step of DBOS alone", alone, " ms")
            verdicts.at_most(f"{name}: a step, median", step, 5.0, " ms")
            verdicts.at_most(f"{name}: a step, of DBOS alone", step / alone, 3.0, " x")
            verdicts.at_most(f"{name}: 1,000 items", await fan_out(engine), 10.0, " s")
        late = await news(place, world)
        verdicts.fact(f"{name}: news from another process, median", statistics.median(late), " ms")
        verdicts.at_most(f"{name}: news from another process, p95", late[int(len(late) * 0.95)], 150.0, " ms")
        verdicts.at_most(f"{name}: takeover of a stopped process", await takeover(place, world), 2.0, " lease times")


async def main() -> int:
    """Measure SQLite, and PostgreSQL when its URL is given (an empty database)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("postgres", nargs="?", default="")
    parser.add_argument("--steps", type=int, default=300)
    asked = parser.parse_args()
    verdicts = Verdicts("engine")
    with tempfile.TemporaryDirectory() as folder:
        alone = Path(folder) / "alone.sqlite"
        prepare_file(alone)
        figure = dbos_alone(f"sqlite:///{alone}", asked.steps)
        await measure(str(Path(folder) / "runs.sqlite"), asked.steps, verdicts, "SQLite", figure)
    if asked.postgres:
        await measure(asked.postgres, asked.steps, verdicts, "PostgreSQL", dbos_alone(asked.postgres, asked.steps))
    return verdicts.end()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
