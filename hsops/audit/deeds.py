"""An action by hand with its entries before and after it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hsops.audit.log import Audit


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What is about to be done: ``silence.expire`` on a target of a system, by an equivalent command."""

    name: str
    site: str
    system: str
    target: str
    title: str
    command: Sequence[str]
    values: Mapping[str, Any]


async def recorded(audit: Audit, deed: Deed, do: Callable[[], Awaitable[str]]) -> str:
    """Do it; gives what it gives, and says so when it is not in the log. Raises NotRecorded before anything is done."""
    await asyncio.to_thread(_entry, audit, deed, "before", "", must=True)
    result = "interrupted: whether it happened is not known"
    try:
        text = await do()
        result = f"done: {text}"
    except Exception as error:
        result = f"failed: {error}"
        raise
    finally:
        await asyncio.shield(asyncio.to_thread(_entry, audit, deed, "after", result, must=False))
    return f"{text} ({audit.trouble})" if audit.trouble else text


def _entry(audit: Audit, deed: Deed, when: str, result: str, *, must: bool) -> None:
    audit.append(
        f"action.{when}",
        site=deed.site,
        system=deed.system,
        target=deed.target,
        command=deed.command,
        result=result,
        reason=str(deed.values.get("reason") or deed.values.get("comment") or ""),
        data={"action": deed.name, "title": deed.title, "values": dict(deed.values)},
        must=must,
    )
