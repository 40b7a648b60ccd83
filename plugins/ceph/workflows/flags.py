"""Switches of the whole cluster that an upgrade needs: ``noout``, and the autoscaler off."""

from __future__ import annotations

from hsops.api import Json, Run
from hsops.plugins.ceph import calls
from hsops.plugins.ceph import command as commands
from hsops.plugins.ceph.wire.osds import Dump
from hsops.plugins.ceph.workflows.basics import cluster

NOOUT = "noout"


async def noout(run: Run) -> None:
    """No OSD goes out while it restarts."""
    await _step(run, on=True, undoable=True)


async def unset_noout(run: Run) -> None:
    """As before."""
    await _step(run, on=False, undoable=False)


async def _step(run: Run, *, on: bool, undoable: bool) -> None:
    async def put(wanted: bool) -> Json:
        client = cluster(run)
        if (NOOUT in (await client.ask(commands.OSD_DUMP, Dump)).flags_set) is not wanted:
            await client.body(commands.flag_set(NOOUT) if wanted else commands.flag_unset(NOOUT))
        return f"noout: {NOOUT in (await client.ask(commands.OSD_DUMP, Dump)).flags_set}"

    there, back = commands.flag_set(NOOUT), commands.flag_unset(NOOUT)
    await run.step(
        "noout" if on else "unset noout", do=lambda: put(on), undo=(lambda: put(False)) if undoable else None,
        command=(there if on else back).line(), undo_command=back.line() if undoable else (),
        text="no OSD goes out while it restarts" if on else "as before",
    )  # fmt: skip


async def no_autoscale(run: Run) -> None:
    """No pool is resized meanwhile."""
    await _autoscale(run, off=True, undoable=True)


async def restore_autoscale(run: Run) -> None:
    """As before."""
    await _autoscale(run, off=False, undoable=False)


async def _autoscale(run: Run, *, off: bool, undoable: bool) -> None:
    async def put(wanted: bool) -> Json:
        client = cluster(run)
        if await _is_off(run) is not wanted:
            await client.body(calls.AUTOSCALE_OFF if wanted else calls.AUTOSCALE_ON)
        return f"noautoscale: {await _is_off(run)}"

    await run.step(
        "autoscaler off" if off else "autoscaler on", do=lambda: put(off),
        undo=(lambda: put(False)) if undoable else None,
        command=(calls.AUTOSCALE_OFF if off else calls.AUTOSCALE_ON).line(),
        undo_command=calls.AUTOSCALE_ON.line() if undoable else (),
        text="no pool is resized meanwhile" if off else "as before",
    )  # fmt: skip


async def _is_off(run: Run) -> bool:
    return (await cluster(run).body(calls.AUTOSCALE)).strip().endswith(b"on")
