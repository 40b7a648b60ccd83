"""Two steps with a gate between them; the first one takes until the test lets it end."""

from __future__ import annotations

import asyncio

from hsops.api import Json, Run, Workflow

LET_GO: set[str] = set()
"""Ids of runs whose first step may end."""


async def work(run: Run) -> None:
    """Meanwhile something happens on the site."""

    async def first() -> Json:
        while run.id not in LET_GO:  # noqa: ASYNC110 - it is a set
            await asyncio.sleep(0.01)
        return None

    async def second() -> Json:
        return None

    await run.step("first", do=first, command=["true"])
    await run.gate("between")
    await run.step("second", do=second, command=["true"])


GATED = Workflow(name="gated.work", title="work", summary="two steps", run=f"{__name__}:work", systems=())
