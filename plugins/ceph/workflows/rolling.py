"""Restart daemons one after another, and believe only the cluster: another life, not an exit status.

An OSD's new life is another epoch of its coming, a manager's another number. A monitor's is another election, which
every monitor causes: so its mark is read right before its own restart, those of the others right before their host's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hsops.api import Conflict, HsopsError, Item, Json, Outcome, Progress, Run
from hsops.plugins.ceph import calls
from hsops.plugins.ceph.inventory import ORDER, Daemon, find, inventory, version
from hsops.plugins.ceph.workflows.basics import cluster, wait_clean
from hsops.plugins.ceph.workflows.daemons import until
from hsops.plugins.ceph.workflows.hostchecks import refusal

if TYPE_CHECKING:
    from hsops.plugins.ceph.client import CephClient

RETURNS = 300.0
"""Seconds in which a daemon must be back."""
BY_HAND = 4 * 3600.0
"""Seconds that an operator has for it."""
FREE = 900.0
"""Seconds in which the cluster must allow the stop."""
EVERY = 1.0


async def restart_all(
    run: Run, daemons: Sequence[Daemon], lines: Mapping[str, Sequence[str]], *, by_command: bool
) -> None:  # fmt: skip
    """By type and host, in order; clean after every host."""
    for type_ in ORDER:
        hosts = dict.fromkeys(one.host for one in daemons if one.type == type_)
        for host in hosts:
            mine = [one for one in daemons if (one.type, one.host) == (type_, host)]
            if type_ == "mon":
                for one in mine:
                    await _restart_monitor(run, one, lines[one.name], by_command=by_command)
            else:
                await _restart_some(run, f"restart {type_} on {host}", mine, lines, by_command=by_command)
            await wait_clean(run, f"clean after {type_} on {host}")


async def _restart_some(
    run: Run, name: str, daemons: Sequence[Daemon], lines: Mapping[str, Sequence[str]], *, by_command: bool
) -> None:  # fmt: skip
    async def lives() -> dict[str, Any]:
        return {one.name: one.life for one in await inventory(cluster(run))}

    known = await run.read(f"lives before {name}", lives)

    async def restart(item: Item, progress: Progress) -> Outcome:
        one = Daemon(type=item.data["type"], id=item.data["id"], host=item.data["host"], up=True, life=known[item.key])
        try:
            return Outcome(status="done", text=await _anew(run, one, item.command, progress, by_command=by_command))
        except Conflict as error:
            return Outcome(status="failed", text=str(error))

    items = [
        Item(
            key=one.name, title=f"restart {one.name}", command=lines[one.name],
            data={"type": one.type, "id": one.id, "host": one.host},
        )
        for one in daemons
    ]  # fmt: skip
    await run.each(name, items, restart, text="one after another")


async def _restart_monitor(run: Run, one: Daemon, line: Sequence[str], *, by_command: bool) -> None:
    async def life() -> str:
        now = await find(cluster(run), "mon", one.id)
        return now.life if now is not None else ""

    before = await run.read(f"election before {one.name}", life)
    known = Daemon(type="mon", id=one.id, host=one.host, up=True, life=before)

    async def do() -> Json:
        return await _anew(run, known, line, _silent, by_command=by_command)

    await run.step(f"restart {one.name}", do=do, command=line, text="it leaves the quorum and comes back")


async def _anew(run: Run, one: Daemon, line: Sequence[str], progress: Progress, *, by_command: bool) -> str:
    """Look whether it has another life already; wait until it may stop; restart it; wait for that other life.

    Raises Conflict when it does not come.
    """
    if not await _reborn(run, one):
        await _may_stop(run, one, progress)
        if by_command:
            progress(await cluster(run).hands.do("restart", one))
        else:
            progress(f"waits for you: {' '.join(line)} on {one.host}")

        async def reborn() -> bool:
            return await _reborn(run, one)

        patience = RETURNS if by_command else BY_HAND
        if not await until(reborn, patience, EVERY):
            raise Conflict(f"not back after {patience:.0f} s", thing=one.name, hint=f"look at it on {one.host}")
    cluster(run).forget_status()
    return f"restarted{await _in_version(cluster(run), one)}"


async def _reborn(run: Run, one: Daemon) -> bool:
    """Whether it is up in another life. While a manager restarts nobody may answer: that is not yet."""
    try:
        now = await find(cluster(run), one.type, one.id)
    except HsopsError:
        return False
    return now is not None and now.up and now.life != one.life


async def _may_stop(run: Run, one: Daemon, progress: Progress) -> None:
    """Raises Conflict when the cluster does not allow it for long."""
    said = ""

    async def free() -> bool:
        nonlocal said
        said = await _objection(cluster(run), one)
        if said:
            progress(f"waits: {said}")
        return not said

    if not await until(free, FREE, EVERY):
        raise Conflict(f"it may not stop: {said}", thing=one.name, hint="what else is down? ceph -s")


async def _objection(client: CephClient, one: Daemon) -> str:
    if one.type == "osd":
        return await refusal(client, calls.osds_ok_to_stop([int(one.id)]))
    if one.type == "mon":
        return await refusal(client, calls.mons_ok_to_stop([one.id]))
    return ""


async def _in_version(client: CephClient, one: Daemon) -> str:
    """``, 17.2.7``; empty while nobody tells it."""
    try:
        told = await version(client, one)
    except HsopsError:
        return ""
    return f", {told}" if told else ""


def _silent(text: str, *, fraction: float | None = None, left: float | None = None) -> None:
    """Progress of a step, which has no line of its own to draw on."""
