"""``pool.pg-num``: another number of placement groups for a pool, with the autoscaler out of the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from hsops.api import BadAnswer, CheckResult, Json, NotFound, Run, Sample
from hsops.plugins.ceph import calls
from hsops.plugins.ceph import command as commands
from hsops.plugins.ceph.wire.osds import Dump
from hsops.plugins.ceph.wire.pools import PoolInfo
from hsops.plugins.ceph.workflows.basics import (
    LOOK_EVERY,
    RECOVERY,
    STUCK,
    check_clean,
    cluster,
    verdict,
    verify_clean,
    wait_clean,
)
from hsops.plugins.ceph.workflows.osdchecks import moves

if TYPE_CHECKING:
    from hsops.plugins.ceph.client import CephClient

ON = "on"


class PoolFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A pool, and how many groups an OSD has on average before and after."""

    name: str
    size: int
    groups: int
    autoscale: str
    per_osd: float
    others: int
    """Copies of groups of the other pools."""
    inside: int
    """OSDs that are in."""
    most: int
    """``mon_max_pg_per_osd``"""

    def after(self, groups: int) -> float:
        """Groups on an OSD, on average."""
        return (self.others + groups * self.size) / max(1, self.inside)


async def resize(run: Run) -> None:
    """The runbook."""
    target = int(run.values["pg_num"])

    async def look() -> dict[str, Any]:
        return await _read(cluster(run), str(run.values["pool"]))

    facts = msgspec.convert(await run.read("pool", look), PoolFacts)
    await check_clean(run)
    await run.check("ceph.pool.change", lambda: _changes(facts, target))
    await run.check("ceph.pool.limit", lambda: _fits(facts, target))
    await run.check("ceph.pool.power", lambda: _power(target))
    await run.check("ceph.moves", lambda: moves(cluster(run)))
    await run.touches(pools=1, groups=f"{facts.groups} -> {target}")
    if facts.autoscale == ON:
        await _autoscale(run, facts, "off", back=ON)
    await _pg_num(run, facts, target)
    await run.wait("groups made", lambda: _made(run, facts.name, target), timeout=RECOVERY, every=LOOK_EVERY,
                   stuck_after=STUCK)  # fmt: skip
    await wait_clean(run)
    await run.verify("pg_num", lambda: _proof(run, facts.name, target))
    await verify_clean(run)
    wanted = str(run.values.get("autoscale") or "keep off")
    if facts.autoscale == ON and wanted == ON:
        await _autoscale(run, facts, ON, back="off")
    elif facts.autoscale == ON:
        await run.note(f"the autoscaler of {facts.name} is off: on, it would change pg_num again by its own idea")


async def _read(client: CephClient, name: str) -> dict[str, Any]:
    dump = await client.ask(commands.OSD_DUMP, Dump)
    pool = _named(client, dump, name)
    text = (await client.body(calls.config_get("mon", "mon_max_pg_per_osd"))).decode().strip()
    copies = sum(one.pg_num * one.size for one in dump.pools)
    inside = sum(1 for osd in dump.osds if osd.in_)
    facts = PoolFacts(
        name=pool.pool_name, size=pool.size, groups=pool.pg_num, autoscale=pool.pg_autoscale_mode,
        per_osd=copies / max(1, inside), others=copies - pool.pg_num * pool.size, inside=inside,
        most=int(text) if text.isdigit() else 250,
    )  # fmt: skip
    found: dict[str, Any] = msgspec.to_builtins(facts)
    return found


def _named(client: CephClient, dump: Dump, name: str) -> PoolInfo:
    for pool in dump.pools:
        if name in (pool.pool_name, str(pool.pool)):
            return pool
    raise NotFound("there is no such pool (any more)", system=client.system, thing=name)


async def _changes(facts: PoolFacts, target: int) -> CheckResult:
    same = target == facts.groups
    trouble = f"{facts.name} has {target} groups already" if same else "" if target > 0 else "a pool needs a group"
    return verdict("ceph.pool.change", trouble, f"{facts.name}: {facts.groups} -> {target} groups")


async def _fits(facts: PoolFacts, target: int) -> CheckResult:
    """The monitors refuse more than their limit; what counts is the average over OSDs that are in."""
    after = facts.after(target)
    text = f"{after:.0f} groups on each OSD, mon_max_pg_per_osd is {facts.most}"
    well = f"{facts.per_osd:.0f} -> {after:.0f} groups on each OSD, at most {facts.most}"
    too_many = after > facts.most and target > facts.groups
    return verdict("ceph.pool.limit", text if too_many else "", well, "choose fewer, or add OSDs")


async def _power(target: int) -> CheckResult:
    """Only ever a warning: groups of unequal size."""
    even = target & (target - 1) == 0
    odd = f"{target} is no power of two: some groups are twice as big as others"
    text = "a power of two: groups of equal size" if even else odd
    return CheckResult(name="ceph.pool.power", ok=True, warning=not even, text=text)


async def _autoscale(run: Run, facts: PoolFacts, mode: str, *, back: str) -> None:
    def setting(value: str) -> Any:
        return calls.pool_set(facts.name, "pg_autoscale_mode", value)

    async def put(value: str) -> Json:
        if (await _pool(run, facts.name)).pg_autoscale_mode != value:
            await cluster(run).body(setting(value))
        return f"autoscaler {(await _pool(run, facts.name)).pg_autoscale_mode}"

    await run.step(
        f"autoscaler {mode}", do=lambda: put(mode), undo=lambda: put(back), command=setting(mode).line(),
        undo_command=setting(back).line(), text="so that it does not work against it" if mode == "off" else "as before",
    )  # fmt: skip


async def _pg_num(run: Run, facts: PoolFacts, target: int) -> None:
    async def put(value: int) -> Json:
        if (await _pool(run, facts.name)).pg_num_target != value:
            await cluster(run).body(calls.pool_set(facts.name, "pg_num", str(value)))
        now = await _pool(run, facts.name)
        if now.pg_num_target != value:
            raise BadAnswer(f"its target is {now.pg_num_target} and not {value}", thing=facts.name)
        return f"{now.pg_num} of {value} groups"

    await run.step(
        "pg_num", do=lambda: put(target), undo=lambda: put(facts.groups),
        command=calls.pool_set(facts.name, "pg_num", str(target)).line(),
        undo_command=calls.pool_set(facts.name, "pg_num", str(facts.groups)).line(),
        text="pgp_num follows by itself, a portion at a time",
    )  # fmt: skip


async def _pool(run: Run, name: str) -> PoolInfo:
    client = cluster(run)
    return _named(client, await client.ask(commands.OSD_DUMP, Dump), name)


async def _made(run: Run, name: str, target: int) -> Sample:
    """`pg_num`, the groups that are about to be merged (`pg_num_pending`), and `pgp_num`."""
    pool = await _pool(run, name)
    left = abs(target - pool.pg_num) + abs(target - pool.pg_placement_num) + abs(target - pool.pg_num_pending)
    text = f"pg_num {pool.pg_num}, pgp_num {pool.pg_placement_num} of {target}"
    return Sample(done=not left, text=text, left=left)


async def _proof(run: Run, name: str, target: int) -> CheckResult:
    pool = await _pool(run, name)
    trouble = "" if pool.pg_num == pool.pg_placement_num == target else f"pg_num {pool.pg_num}"
    return verdict("pg_num", trouble, f"{name} has {target} groups, each placed for itself")
