"""A run of a thousand items on the screen while it streams: how long one drawing of it takes.

python tests/benchmarks/bench_runs.py [--items 1000] [--rounds 200]

The steps change as they do in a run: some items move on between two drawings, most stand still. Measured is what the
console does for one frame in its event loop: the tree, the log and the lines that are repainted, with everything
folded (as a run opens) and with every item on its line. The run itself is read in a thread, and is not in the figure.
The target is on the processor time of the drawing thread, which does not depend on what else the machine does; the
wall time stands beside it.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from hsops.screens.place import Place, View
from hsops.screens.run import RunView
from hsops.workflow.values import Event, RunInfo, RunStatus, StepInfo, StepStatus
from tests.benchmarks.terminal import load_of_machine, percentile
from tests.benchmarks.verdicts import Verdicts
from tests.screens.console import Console, console

FRAME = 16.0
"""Milliseconds."""
AT_WORK = 20
BEGAN = datetime.now(UTC)


class Stream:
    """A store with one run in it that moves on when it is told to."""

    def __init__(self, items: int) -> None:
        self.items = items
        self.done = 0
        self.turn = 0

    def step(self, number: int) -> StepInfo:
        """One item as it is now."""
        status = StepStatus.PENDING
        fields: dict[str, Any] = {}
        if number < self.done:
            status = StepStatus.DONE
            fields = {"text": f"on cmp-{number % 40:03}", "started": BEGAN, "ended": BEGAN + timedelta(seconds=30)}
        elif number < self.done + AT_WORK:
            status = StepStatus.RUNNING
            left = 8.0 - self.turn % 8
            fields = {
                "text": f"{left} GiB left",
                "left": left,
                "trend": (8.0, left),
                "fraction": 1 - left / 8,
                "started": BEGAN,
            }
        return StepInfo(key=f"move/{number}", kind="item", name="move", item=str(number), title=f"server-{number:05}",
                        status=status, command=("openstack", "server", "migrate", str(number)), **fields)  # fmt: skip

    def event(self, number: int) -> Event:
        """The end of an item."""
        command = ("openstack", "server", "migrate", str(number))
        return Event(
            run="bench", at=BEGAN, kind="step", seq=number + 1, key=f"move/{number}", status="done", command=command
        )

    # -- what the screen asks

    async def runs(self) -> Sequence[RunInfo]:
        """Only this one is looked at."""
        return []

    def waits_for_me(self, info: RunInfo) -> bool:
        """Nobody is asked."""
        return False

    async def info(self, run: str) -> RunInfo:
        """The run."""
        return RunInfo(
            id=run, workflow="bench", title="bench", site="fra1", target="host/cmp-1", author="me@here",
            status=RunStatus.RUNNING, created=BEGAN, started=BEGAN, version="1", owner_alive=True,
        )  # fmt: skip

    async def steps(self, run: str) -> Sequence[StepInfo]:
        """Fresh values each time, as they come out of a database."""
        return [self.step(number) for number in range(self.items)]

    async def events(self, run: str, after: int = 0, *, follow: bool = True) -> AsyncIterator[Event]:
        """None by themselves."""
        for event in ():
            yield event

    async def close(self) -> None:
        """Nothing to close."""


async def frames(c: Console, view: RunView, stream: Stream, rounds: int) -> tuple[list[float], list[float]]:
    """Milliseconds of drawing, one for each turn of the run: processor and wall."""
    found, wall = [], []
    for turn in range(rounds):
        stream.turn = turn
        stream.done = turn * (stream.items - AT_WORK) // rounds
        view.info, view.steps = await stream.info("bench"), await stream.steps("bench")
        for number in range(max(0, stream.done - 5), stream.done):
            view._log.take(stream.event(number))  # what the worker of the view does
        start, began = time.thread_time(), time.perf_counter()
        view._draw()
        screen = c.app.screen
        dirty = screen._compositor.render_partial_update()  # what the terminal would get
        if dirty is not None:
            dirty.render_segments(c.app.console)
        found.append((time.thread_time() - start) * 1000)
        wall.append((time.perf_counter() - began) * 1000)
        await asyncio.sleep(0)
    return found, wall


async def main() -> int:
    """Both ways to look at it, at two sizes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--items", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=200)
    options = parser.parse_args()
    verdicts = Verdicts("runs")
    print(load_of_machine())
    for size in ((80, 24), (200, 50)):
        stream = Stream(options.items)

        async def open_engine(work: bool, stream: Stream = stream) -> Any:
            return stream

        async with console(open_engine=open_engine, size=size, fixed_clock=False, runs_exist=lambda: False) as c:
            await c.app._open(Place(View.RUN, name="bench"))
            view = c.app.view
            assert isinstance(view, RunView), view
            await c.until(lambda view=view: bool(view.steps), "the run")  # type: ignore[misc]  # mypy does not see a lambda's default
            for name in ("folded", "every item on its line"):
                found, wall = await frames(c, view, stream, options.rounds)
                label = f"{size[0]}x{size[1]}, {name}"
                verdicts.fact(f"frame of {options.items} items, {label}, median", statistics.median(found), " ms")
                verdicts.fact(
                    f"frame of {options.items} items, {label}, p95 by the wall", percentile(wall, 0.95), " ms"
                )
                verdicts.at_most(f"frame of {options.items} items, {label}, p95", percentile(found, 0.95), FRAME, " ms")
                view.action_fold()
    return verdicts.end()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
