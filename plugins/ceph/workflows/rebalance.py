"""``ceph.rebalance``: the balancer's proposal, shown, then carried out group by group, each with its way back.

What ``balancer execute`` would do at once is done by the same commands one after another: so that what moves is what
was shown, a lost manager takes no plan with it, and every group can go back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from hsops.api import CheckResult, Item, Json, Outcome, Progress, Run, UserError
from hsops.plugins.ceph import calls
from hsops.plugins.ceph import command as commands
from hsops.plugins.ceph.wire.osds import Dump
from hsops.plugins.ceph.workflows.basics import (
    check_clean,
    check_cluster,
    cluster,
    verdict,
    verify_clean,
    wait_clean,
)
from hsops.plugins.ceph.workflows.hostchecks import upgrade_none
from hsops.plugins.ceph.workflows.osdchecks import moves
from hsops.plugins.ceph.workflows.preview import Preview, balancer, pairs, read_preview, score

if TYPE_CHECKING:
    from hsops.plugins.ceph.client import CephClient
    from hsops.plugins.ceph.command import Command

RATIO = "target_max_misplaced_ratio"
DEVIATION = "mgr/balancer/upmap_max_deviation"


async def rebalance(run: Run) -> None:
    """The runbook."""
    settings = {RATIO: _number(run, "misplaced"), DEVIATION: _number(run, "deviation")}
    await check_cluster(run)
    await check_clean(run)
    await run.check("ceph.balancer.upmap", lambda: _mode(cluster(run)))
    await run.check("ceph.moves", lambda: moves(cluster(run)))
    await run.check("ceph.upgrade.none", lambda: upgrade_none(cluster(run)))
    before = await run.read("settings", lambda: _settings(cluster(run)))
    automatic = bool(before["automatic"])
    if automatic:
        await _switch(run, automatic=False)
    for key, value in settings.items():
        if value and float(before[key]) != float(value):
            await _set(run, key, value, str(before[key]))
    preview = await _preview(run)
    if run.planning and any(value and float(before[key]) != float(value) for key, value in settings.items()):
        await run.note("the preview is by the settings of now: it may be another one by those of the run")
    await run.touches(groups=len(preview.moves), copies=preview.copies)
    await _tell(run, preview)
    if preview.moves:
        await _move(run, preview)
        await wait_clean(run)
        await run.verify("balanced", lambda: _proof(cluster(run), preview))
    for key, value in settings.items():
        if value and float(before[key]) != float(value):
            await _set(run, key, str(before[key]), value)
    if automatic:
        await _switch(run, automatic=True)
    await verify_clean(run)


def _number(run: Run, name: str) -> str:
    text = str(run.values.get(name) or "")
    try:
        fits = not text or 0 < float(text) <= (1 if name == "misplaced" else 1000)
    except ValueError:
        fits = False
    if not fits:
        hint = "misplaced: a part, like 0.05; deviation: groups, like 1"
        raise UserError(f"{text!r} does not do for {name}", hint=hint)
    return text


async def _settings(client: CephClient) -> dict[str, Any]:
    found: dict[str, Any] = {"automatic": (await balancer(client)).active}
    for key in (RATIO, DEVIATION):
        found[key] = (await client.body(calls.config_get("mgr", key))).decode().strip()
    return found


async def _mode(client: CephClient) -> CheckResult:
    """Exceptions need clients that know them."""
    mode = (await balancer(client)).mode
    oldest = (await client.ask(commands.OSD_DUMP, Dump)).require_min_compat_client
    trouble = f"the balancer's mode is {mode}" if mode not in ("upmap", "upmap-read") else ""
    if not trouble and oldest in ("argonaut", "bobtail", "cuttlefish", "firefly", "hammer", "jewel", "kraken"):
        trouble = f"clients as old as {oldest} are allowed, which do not know upmap"
    hint = "ceph balancer mode upmap; ceph osd set-require-min-compat-client luminous"
    return verdict("ceph.balancer.upmap", trouble, "mode upmap, all clients know it", hint)


async def _switch(run: Run, *, automatic: bool) -> None:
    async def put(active: bool) -> Json:
        if (await balancer(cluster(run))).active is not active:
            await cluster(run).body(calls.BALANCER_ON if active else calls.BALANCER_OFF)
        return f"automatic: {(await balancer(cluster(run))).active}"

    there, back = (calls.BALANCER_ON, calls.BALANCER_OFF) if automatic else (calls.BALANCER_OFF, calls.BALANCER_ON)
    await run.step(
        "balancer on" if automatic else "balancer off", do=lambda: put(automatic),
        undo=None if automatic else lambda: put(True), command=there.line(),
        undo_command=() if automatic else back.line(), text="as before" if automatic else "it makes no plans by itself",
    )  # fmt: skip


async def _set(run: Run, key: str, value: str, back: str) -> None:
    async def put(wanted: str) -> Json:
        await cluster(run).body(calls.config_set("mgr", key, wanted))
        return f"{key} {wanted}"

    await run.step(
        f"{key} {value}", do=lambda: put(value), undo=lambda: put(back),
        command=calls.config_set("mgr", key, value).line(), undo_command=calls.config_set("mgr", key, back).line(),
    )  # fmt: skip


async def _preview(run: Run) -> Preview:
    name = f"hsops-{run.id}"

    async def look() -> dict[str, Any]:
        return await read_preview(cluster(run), name)

    return msgspec.convert(await run.read("preview", look), Preview)


async def _tell(run: Run, preview: Preview) -> None:
    if preview.active:
        await run.note("the automatic balancer makes no plan to look at; what moves is shown once it is off")
        return
    if not preview.moves:
        await run.note(f"nothing to gain: score {preview.score:g}, the balancer finds no better distribution")
        return
    high, low = preview.spread
    high_after, low_after = preview.spread_after
    await run.note(
        f"score {preview.score:g}; {len(preview.moves)} of {preview.groups} groups move {preview.copies} copies; "
        f"fullest and emptiest OSD: {high} and {low} groups, then {high_after} and {low_after}"
    )


async def _move(run: Run, preview: Preview) -> None:
    by_key = {move.pgid: move for move in preview.moves}

    async def move_one(item: Item, progress: Progress) -> Outcome:
        move = by_key[item.key]
        now = await _exceptions(cluster(run), move.pgid)
        if now not in (move.before, move.after):
            return Outcome(status="skipped", text="somebody else moved it meanwhile")
        if now != move.after:
            await cluster(run).body(_command(move.pgid, move.after))
        return Outcome(status="done", text=move.text)

    async def undo(item: Item) -> Json:
        move = by_key[item.key]
        if await _exceptions(cluster(run), move.pgid) != move.after:
            return "left as it is: it is not as this run put it"
        await cluster(run).body(_command(move.pgid, move.before))
        return "back"

    items = [
        Item(
            key=move.pgid, title=f"{move.pgid}: {move.text}", command=_command(move.pgid, move.after).line(),
            undo_command=_command(move.pgid, move.before).line(),
        )
        for move in preview.moves
    ]  # fmt: skip
    await run.each("move", items, move_one, text="data follow in the background", undo=undo)


def _command(pgid: str, wanted: tuple[int, ...]) -> Command:
    return calls.upmap(pgid, wanted) if wanted else calls.upmap_drop(pgid)


async def _exceptions(client: CephClient, pgid: str) -> tuple[int, ...]:
    dump = await client.ask(commands.OSD_DUMP, Dump)
    return next((pairs(one) for one in dump.pg_upmap_items if one.pgid == pgid), ())


async def _proof(client: CephClient, preview: Preview) -> CheckResult:
    """The exceptions hold, and it did not become worse."""
    now = await score(client)
    dump = await client.ask(commands.OSD_DUMP, Dump)
    known = {one.pgid: pairs(one) for one in dump.pg_upmap_items}
    lost = [move.pgid for move in preview.moves if known.get(move.pgid, ()) != move.after]
    trouble = f"{len(lost)} groups are not where they were put: {', '.join(lost[:5])}" if lost else ""
    trouble = trouble or (f"score {preview.score:g} -> {now:g}: worse" if now > preview.score * 1.05 + 0.001 else "")
    return verdict("balanced", trouble, f"score {preview.score:g} -> {now:g} (lower is better)")
