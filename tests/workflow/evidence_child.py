"""An engine with an audit log in a process of its own: ``STORE WORLD LOG``; it drains, and goes on to the end."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from hsops.audit import Audit
from hsops.workflow.engine import Engine
from tests.workflow import toy


class Session(toy.Session):
    """A session that keeps an audit log."""

    def __init__(self, world: toy.World, audit: Audit) -> None:
        super().__init__(world)
        self.audit = audit


async def main(store: str, folder: str, log: str) -> None:
    """Work until it is killed."""
    session = Session(toy.World(Path(folder)), Audit(Path(log), tiers={"lab": "lab"}))
    async with Engine(session, store, toy.workflow) as engine:
        print(run := await engine.submit("toy.drain", {"host": "h"}, site="lab"), flush=True)
        await engine.join(run)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
