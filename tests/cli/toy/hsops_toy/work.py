"""The workflow ``box.empty``."""

from __future__ import annotations

import asyncio
from typing import Any

from hsops.api import CheckResult, Choice, Item, Outcome, Progress, Run


async def empty(run: Run) -> None:
    """Move every job of a box to the next one."""
    box = run.values["box"]

    async def jobs() -> Any:
        return sorted(job["id"] for job in run.system("toy").world()["jobs"] if job["box"] == box)

    async def known() -> CheckResult:
        there = any(one["id"] == box for one in run.system("toy").world()["boxes"])
        return CheckResult(name="box.known", ok=there, text=f"{box} is {'there' if there else 'not there'}")

    async def calm() -> CheckResult:
        storm = bool(run.system("toy").world().get("storm"))
        return CheckResult(name="weather.calm", ok=not storm, text="a storm" if storm else "calm", hint="wait")

    async def move(item: Item, progress: Progress) -> Outcome:
        client = run.system("toy")
        await asyncio.sleep(client.world().get("slow", 0))
        world = client.world()
        if world.get("jam"):
            return Outcome(status="failed", text="a jam")
        for job in world["jobs"]:
            if job["id"] == item.key:
                job["box"] = "b2"
        client.write(world)
        return Outcome(status="done", text="on b2")

    names = await run.read("jobs", jobs)
    await run.check("box.known", known)
    await run.check("weather.calm", calm)
    if "pet" in names:
        await run.choose([Choice(key="pet", title="pet", why="it bites", options=("move", "leave"))])
    await run.touches(jobs=len(names))
    items = [Item(key=name, title=f"job {name}", command=["toy", "move", name]) for name in names]
    await run.each("move", items, move, limit=run.values["at_most"])
    await run.note(f"{box} is empty: {run.values['reason']}")
