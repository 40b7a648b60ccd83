"""Many small reads, a few at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TypeVar

from hsops.api import NotFound

T = TypeVar("T")
AT_ONCE = 4
"""Half of the connection's lanes: the rest stays free for lists and actions."""


async def each(keys: Iterable[str], look: Callable[[str], Awaitable[T]]) -> Mapping[str, T]:
    """`look` of every key. One that is not found (any more) is left out; any other error ends all and is raised."""
    found: dict[str, T] = {}
    todo = iter(list(keys))

    async def lane() -> None:
        for key in todo:
            try:
                found[key] = await look(key)
            except NotFound:
                continue

    try:
        async with asyncio.TaskGroup() as lanes:
            for _ in range(AT_ONCE):
                lanes.create_task(lane())
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None
    return found
