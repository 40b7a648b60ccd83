"""What a balancer's plan would move: ``show`` says nothing for upmap plans, ``dump`` is the change of the map."""

from __future__ import annotations

import asyncio
import contextlib
import errno
from typing import TYPE_CHECKING, Any

import msgspec

from hsops.api import HsopsError
from hsops.plugins.ceph import calls
from hsops.plugins.ceph import command as commands
from hsops.plugins.ceph.failures import of_command
from hsops.plugins.ceph.sources.pgs import Dump as Groups
from hsops.plugins.ceph.wire.decode import decode
from hsops.plugins.ceph.wire.osds import Df, Dump, Upmap

if TYPE_CHECKING:
    from hsops.plugins.ceph.client import CephClient

NOTHING = errno.EALREADY


class Status(msgspec.Struct):
    """``balancer status``"""

    active: bool = False
    mode: str = ""


class Increment(msgspec.Struct):
    """The part of ``balancer dump`` that moves data."""

    new_pg_upmap_items: list[Upmap] = []
    old_pg_upmap_items: list[Any] = []


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """One group whose exceptions change. `before` and `after`: from, to, from, to …; empty: none."""

    pgid: str
    before: tuple[int, ...]
    after: tuple[int, ...]
    copies: int
    """How many copies of it go elsewhere."""

    @property
    def text(self) -> str:
        """``osd.3 -> osd.0``"""
        swaps = zip(self.after[::2], self.after[1::2], strict=True)
        return ", ".join(f"osd.{source} -> osd.{target}" for source, target in swaps) or "where CRUSH has it"


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """All that would move. `spread`: groups on the fullest and the emptiest OSD, before and after."""

    moves: tuple[Move, ...] = ()
    score: float = 0.0
    groups: int = 0
    spread: tuple[int, int] = (0, 0)
    spread_after: tuple[int, int] = (0, 0)
    active: bool = False

    @property
    def copies(self) -> int:
        """Copies that move."""
        return sum(move.copies for move in self.moves)


async def balancer(client: CephClient) -> Status:
    """Whether it works by itself, and how."""
    return await client.ask(calls.BALANCER, Status)


async def score(client: CephClient) -> float:
    """Of the cluster as it is: lower is better."""
    text = (await client.body(calls.SCORE)).decode(errors="replace")
    for word in text.split():
        with contextlib.suppress(ValueError):
            return float(word)
    return 0.0


async def read_preview(client: CephClient, name: str) -> dict[str, Any]:
    """Let the balancer plan, read the plan, forget it. Nothing moves. An automatic balancer makes no plans."""
    status = await balancer(client)
    now = await score(client)
    if status.active:
        found: dict[str, Any] = msgspec.to_builtins(Preview(score=now, active=True))
        return found
    wanted = await _planned(client, name)
    dump, groups, df = await asyncio.gather(
        client.ask(commands.OSD_DUMP, Dump), client.ask(commands.PGS, Groups), client.ask(commands.OSD_DF, Df)
    )  # fmt: skip
    moves = tuple(compare(dump.pg_upmap_items, wanted))
    counts = {row.id: row.pgs for row in df.nodes}
    after = dict(counts)
    for move in moves:
        for sign, pairs in ((1, move.after), (-1, move.before)):
            for source, target in zip(pairs[::2], pairs[1::2], strict=True):
                after[source] = after.get(source, 0) - sign
                after[target] = after.get(target, 0) + sign
    preview = Preview(
        moves=moves, score=now, groups=len(groups.pg_stats or []), spread=_spread(counts), spread_after=_spread(after)
    )
    told: dict[str, Any] = msgspec.to_builtins(preview)
    return told


def _spread(counts: dict[int, int]) -> tuple[int, int]:
    return max(counts.values(), default=0), min(counts.values(), default=0)


async def _planned(client: CephClient, name: str) -> dict[str, tuple[int, ...]]:
    """Exceptions that the plan sets (empty: takes away), by group."""
    with contextlib.suppress(HsopsError):  # one of an earlier try; there is usually none
        await client.body(calls.plan_drop(name))
    reply = await client.reply(calls.plan_make(name))
    if reply.code == NOTHING:
        return {}
    if reply.code:
        raise of_command(calls.plan_make(name), reply.code, reply.text)
    command = calls.plan_dump(name)
    increment = decode(command, await client.body(command), Increment)
    await client.body(calls.plan_drop(name))
    wanted = {_pgid(one): () for one in increment.old_pg_upmap_items}
    return wanted | {one.pgid: pairs(one) for one in increment.new_pg_upmap_items}


def _pgid(told: Any) -> str:
    return str(told.get("pgid", "")) if isinstance(told, dict) else str(told)


def pairs(upmap: Upmap) -> tuple[int, ...]:
    """From, to, from, to …"""
    return tuple(osd for swap in upmap.mappings for osd in (swap.from_, swap.to))


def compare(before: list[Upmap], wanted: dict[str, tuple[int, ...]]) -> list[Move]:
    """What changes between the map's exceptions and those of a plan."""
    known = {one.pgid: pairs(one) for one in before}
    moves = []
    for pgid, after in sorted(wanted.items()):
        old = known.get(pgid, ())
        if old != after:
            changed = set(zip(old[::2], old[1::2], strict=True)) ^ set(zip(after[::2], after[1::2], strict=True))
            moves.append(Move(pgid=pgid, before=old, after=after, copies=len({source for source, _ in changed})))
    return moves
