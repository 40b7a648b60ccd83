"""``osd.drain``: move everything off an OSD, prove it three ways. And ``osd.return``: give it its weight again."""

from __future__ import annotations

from typing import Any

from hsops.api import CheckResult, Run, Sample, UserError
from hsops.plugins.ceph.workflows.basics import (
    LOOK_EVERY,
    RECOVERY,
    STUCK,
    cluster,
    verdict,
    verify_clean,
    wait_clean,
)
from hsops.plugins.ceph.workflows.emptiness import Leaving, groups_of, proof
from hsops.plugins.ceph.workflows.osdchecks import check_osd, moves
from hsops.plugins.ceph.workflows.osdfacts import OsdFacts, osd_facts, read_osd
from hsops.plugins.ceph.workflows.weight import set_weight


async def drain(run: Run) -> None:
    """The runbook."""
    facts = await read(run)
    await check_osd(run, facts)
    await run.touches(osds=1, groups=facts.groups)
    await empty(run, facts)
    await run.note(
        f"{facts.name} holds nothing, its weight was {facts.weight:g}; "
        f"then: hsops run osd.replace --osd {facts.id}, or hsops run osd.return --osd {facts.id}"
    )


async def comeback(run: Run) -> None:
    """The runbook of ``osd.return``."""
    facts = await read(run)
    weight = _weight(run, facts)
    await run.check("ceph.osd.up", lambda: _up(facts))
    await run.check("ceph.moves", lambda: moves(cluster(run)))
    await run.touches(osds=1)
    await fill(run, facts, weight, back=facts.weight)


async def read(run: Run) -> OsdFacts:
    """The facts of the OSD that the run is about."""
    osd = number(str(run.values["osd"]))

    async def look() -> dict[str, Any]:
        return await read_osd(cluster(run), osd)

    return osd_facts(await run.read("osd", look))


def number(text: str) -> int:
    """``7`` or ``osd.7``. Raises UserError."""
    found = text.removeprefix("osd.")
    if not found.isdigit():
        raise UserError(f"{text!r} is no OSD", hint="give its number: 7")
    return int(found)


async def empty(run: Run, facts: OsdFacts) -> None:
    """The effects of a drain, and their proof."""
    await set_weight(run, "weight 0", facts, 0.0, back=facts.weight, text="its groups move to other OSDs")
    leaving = Leaving(facts.id)

    async def look() -> Sample:
        return await leaving.look(cluster(run))

    await run.wait("groups leave", look, timeout=RECOVERY, every=LOOK_EVERY, stuck_after=STUCK)
    await run.verify("safe to destroy", lambda: proof(cluster(run), facts.id))


async def fill(run: Run, facts: OsdFacts, weight: float, *, back: float | None) -> None:
    """The weight, the wait until its groups are there, and the proof."""
    await set_weight(run, f"weight {weight:g}", facts, weight, back=back, text="groups move to it")
    await wait_clean(run)

    async def serves() -> CheckResult:
        groups = await groups_of(cluster(run), facts.id)
        return verdict("it serves", "" if groups else "no group maps to it", f"{groups} groups map to {facts.name}")

    await run.verify("it serves", serves)
    await verify_clean(run)


def _weight(run: Run, facts: OsdFacts) -> float:
    """What was asked for, else what Ceph gives a disk of that size."""
    text = str(run.values.get("weight") or "")
    if not text:
        return facts.weight or facts.own_weight
    try:
        weight = float(text)
    except ValueError as error:
        raise UserError(f"{text!r} is no weight", hint="TiB, as ceph osd tree shows them: 3.63899") from error
    if not 0 < weight < 10_000:
        raise UserError(f"{text} is no weight for an OSD", hint="TiB, as ceph osd tree shows them: 3.63899")
    return weight


async def _up(facts: OsdFacts) -> CheckResult:
    text = "" if facts.up and facts.inside else f"{facts.name} is {'out' if facts.up else 'down'}"
    return verdict("ceph.osd.up", text, f"{facts.name} is up and in", "start it, or ceph osd in")
