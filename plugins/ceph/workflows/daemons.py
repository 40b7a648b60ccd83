"""Stop and start the daemons of a host: by the site's command, or by the operator's hands while the run watches."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from hsops.api import Item, Json, Outcome, Progress, Run, Unreachable
from hsops.plugins.ceph import inventory
from hsops.plugins.ceph.inventory import Daemon
from hsops.plugins.ceph.workflows.basics import cluster
from hsops.plugins.ceph.workflows.facts import HostFacts

EVERY = 1.0
"""Seconds between looks at a daemon that is to stop or to start."""
TRIES = 5
"""Looks before an unanswered question is an error: each takes the time-out of a call."""
BY_COMMAND = 180.0
"""Seconds in which the cluster must show what a command did: a manager that went is missed after 30."""


def items(facts: HostFacts, *, stop: bool) -> list[Item]:
    """The daemons of a host, in the order of stopping, or the reverse."""
    parts = list(facts.parts) if stop else list(reversed(facts.parts))
    return [
        Item(
            key=part.name, title=f"{'stop' if stop else 'start'} {part.name}",
            command=part.stop if stop else part.start, undo_command=part.start if stop else (),
            data={"type": part.type, "id": part.id, "host": part.host},
        )
        for part in parts
    ]  # fmt: skip


async def stop_all(run: Run, facts: HostFacts, patience: float) -> None:
    """Stop every daemon of the host, one after another. Undo starts them again.

    `patience`: seconds in which an operator does it where the site has no command for it.
    """

    async def stop(item: Item, progress: Progress) -> Outcome:
        return await _bring(run, item, progress, up=False, by_command=facts.can_stop, patience=patience)

    async def start(item: Item) -> Json:
        if not facts.can_start:
            return f"start it by hand: {' '.join(item.undo_command)}"
        return (await _bring(run, item, _silent, up=True, by_command=True, patience=BY_COMMAND)).text

    await run.each("stop daemons", items(facts, stop=True), stop, text="one after another", undo=start)


async def start_all(run: Run, facts: HostFacts, patience: float) -> None:
    """Start every daemon of the host that does not run, monitors first."""

    async def start(item: Item, progress: Progress) -> Outcome:
        return await _bring(run, item, progress, up=True, by_command=facts.can_start, patience=patience)

    await run.each("start daemons", items(facts, stop=False), start, text="monitors first")


async def _bring(
    run: Run, item: Item, progress: Progress, *, up: bool, by_command: bool, patience: float
) -> Outcome:  # fmt: skip
    """Look first, act, and wait until the cluster itself shows it."""
    type_, id_ = item.data["type"], item.data["id"]
    word = "up" if up else "down"
    if await is_up(run, type_, id_) is up:
        return Outcome(status="done", text=f"{word} already")
    verb = "start" if up else "stop"
    if by_command:
        named = Daemon(type=type_, id=id_, host=item.data["host"], up=not up)
        progress(await cluster(run).hands.do(verb, named))
    else:
        progress(f"waits for you: {' '.join(item.command)} on {item.data['host']}")
    left = BY_COMMAND if by_command else patience

    async def done() -> bool:
        return await is_up(run, type_, id_) is up

    if await until(done, left):
        return Outcome(status="done", text=word)
    return Outcome(status="failed", text=f"not {word} after {left:.0f} s; look at it on {item.data['host']}")


async def is_up(run: Run, type_: str, id_: str) -> bool:
    """By the cluster's maps. Raises Unreachable when nobody answers for long."""
    for _ in range(TRIES):
        with contextlib.suppress(Unreachable):
            return await _is_up(run, type_, id_)
        await asyncio.sleep(EVERY)
    return await _is_up(run, type_, id_)


async def _is_up(run: Run, type_: str, id_: str) -> bool:
    found = await inventory.find(cluster(run), type_, id_)
    return found is not None and found.up


async def until(condition: Callable[[], Awaitable[bool]], seconds: float, every: float = EVERY) -> bool:
    """Look until it holds; False when the time is over."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while not await _holds(condition):
        if loop.time() >= end:
            return False
        await asyncio.sleep(every)
    return True


async def _holds(condition: Callable[[], Awaitable[bool]]) -> bool:
    """Nobody answers for some seconds when the monitor or the manager that one speaks with is what stops."""
    try:
        return await condition()
    except Unreachable:
        return False


def _silent(text: str, *, fraction: float | None = None, left: float | None = None) -> None:
    """Progress that nobody draws."""
