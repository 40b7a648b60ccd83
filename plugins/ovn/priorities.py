"""Lower a chassis' priority and give it back. The old one is kept in the row itself, where every operator sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hsops.plugins.ovn.inventory import RUN, Seat, seat_now
from hsops.plugins.ovn.rows import SAVED

if TYPE_CHECKING:
    from hsops.plugins.ovn.client import Ovn

LOWEST = 0


async def lower(ovn: Ovn, seat: Seat, run: str) -> str:
    """Below all others; gives what happened. One that is lowered already keeps the priority that was saved."""
    now = await seat_now(ovn, seat)
    if now is None:
        return "it is no candidate any more"
    if SAVED in now["external_ids"]:
        return f"lowered already by run {now['external_ids'].get(RUN, '?')}"
    saved = ["map", [[SAVED, str(now["priority"])], [RUN, run]]]
    await ovn.transact(
        _still(seat, now["priority"]),
        {"op": "update", "table": seat.table, "where": _where(seat), "row": {"priority": LOWEST}},
        {"op": "mutate", "table": seat.table, "where": _where(seat), "mutations": [["external_ids", "insert", saved]]},
        {"op": "comment", "comment": f"hsops:{run} drains the gateway"},
    )
    return f"{now['priority']} → {LOWEST}"


async def restore(ovn: Ovn, seat: Seat, run: str = "") -> str:
    """The saved priority again; gives what happened. With `run` only when that run lowered it."""
    now = await seat_now(ovn, seat)
    if now is None:
        return "it is no candidate any more"
    saved = now["external_ids"].get(SAVED, "")
    if not saved.isdigit() or (run and now["external_ids"].get(RUN) != run):
        return "not lowered by us"
    keys = ["set", [SAVED, RUN]]
    await ovn.transact(
        _still(seat, now["priority"]),
        {"op": "update", "table": seat.table, "where": _where(seat), "row": {"priority": int(saved)}},
        {"op": "mutate", "table": seat.table, "where": _where(seat), "mutations": [["external_ids", "delete", keys]]},
    )
    return f"{now['priority']} → {saved}"


def _where(seat: Seat) -> list[Any]:
    return [["_uuid", "==", ["uuid", seat.uuid]]]


def _still(seat: Seat, priority: int) -> dict[str, Any]:
    """Nobody has changed it since we looked; else the transaction does nothing."""
    guard = {"op": "wait", "table": seat.table, "where": _where(seat), "columns": ["priority"], "timeout": 0}
    return {**guard, "until": "==", "rows": [{"priority": priority}]}
