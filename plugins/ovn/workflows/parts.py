"""The parts of taking a gateway chassis out and back: the workflows and the capability put them together."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from hsops.api import CheckResult, Item, Json, Outcome, Progress, Run, Sample
from hsops.plugins.ovn import inventory, priorities
from hsops.plugins.ovn.inventory import Place

if TYPE_CHECKING:
    from hsops.plugins.ovn.client import Ovn

SETTLES = 120.0
"""Seconds after the last change of a priority in which every port must have moved: northd needs 1.6 s at 20k ports."""


def ovn_of(run: Run) -> Ovn:
    """The run's OVN; only inside reads, checks and effects."""
    ovn: Ovn = run.system("ovn")
    return ovn


async def locate(run: Run, host: str, name: str = "chassis") -> Place:
    """The chassis of that name. Raises NotFound."""

    async def look() -> Json:
        return (await inventory.find(ovn_of(run), host)).as_json()

    found = await run.read(name, look)
    return Place.of(found)  # type: ignore[arg-type] # it is what as_json gave


async def check(run: Run, place: Place) -> None:
    """Every port has another home; and what becomes of the load."""

    async def alternatives() -> CheckResult:
        alone = [seat.owner for seat in place.seats if not seat.heirs and seat.saved is None]
        text = f"no other living candidate: {', '.join(alone[:5])}" if alone else ""
        well = f"{len(place.seats)} seats, each with another living candidate"
        hint = "give the port another gateway chassis first; forced, the port is nowhere until the chassis is back"
        return CheckResult(name="gateway.alternatives", ok=not text, text=text or well, hint=hint if text else "")

    async def spread() -> CheckResult:
        heirs = Counter(seat.heirs[0] for seat in place.seats if seat.heirs)
        piled = len(heirs) == 1 and sum(heirs.values()) > 1
        name, count = next(iter(heirs.items())) if heirs else ("", 0)
        text = f"all {count} go to {name}" if piled else f"they go to {len(heirs)} chassis"
        return CheckResult(name="gateway.spread", ok=True, warning=piled, text=text)

    await run.check("gateway.alternatives", alternatives)
    await run.check("gateway.spread", spread)
    holds = await run.read("gateway ports held", lambda: _held(run, place))
    await run.touches(gateways=len(holds))


async def _held(run: Run, place: Place) -> list[str]:
    return list(await inventory.held(ovn_of(run), place))


async def lower(run: Run, place: Place, parallel: int) -> None:
    """Every seat below the others, each with its undo; then wait until nothing is held."""
    seats = {f"{seat.table}/{seat.uuid}": seat for seat in place.seats if seat.saved is None}
    items = [
        Item(
            key=key,
            title=seat.owner,
            command=seat.command(place.name, priorities.LOWEST),
            undo_command=seat.command(place.name, seat.priority),
        )
        for key, seat in seats.items()
    ]

    async def one(item: Item, progress: Progress) -> Outcome:
        return Outcome(status="done", text=await priorities.lower(ovn_of(run), seats[item.key], run.id))

    async def back(item: Item) -> Json:
        return await priorities.restore(ovn_of(run), seats[item.key], run.id)

    text = f"lower {place.hostname} below the other candidates: NAT sessions that it holds are cut"
    await run.each("lower priorities", items, one, limit=parallel, text=text, undo=back)
    await run.wait("gateways gone", lambda: _gone(run, place), timeout=SETTLES, every=0.5, stuck_after=SETTLES)


async def _gone(run: Run, place: Place) -> Sample:
    left = await inventory.held(ovn_of(run), place)
    return Sample(done=not left, text=f"{len(left)} gateway ports on {place.hostname}", left=float(len(left)))


async def prove_empty(run: Run, place: Place) -> None:
    """It holds no gateway port, seen by the southbound database."""

    async def look() -> CheckResult:
        left = await inventory.held(ovn_of(run), place)
        text = f"still on {place.hostname}: {', '.join(left[:5])}" if left else f"no gateway port on {place.hostname}"
        return CheckResult(name="gateways", ok=not left, text=text)

    await run.verify("no gateway port", look)


async def restore(run: Run, place: Place) -> None:
    """Every seat that was lowered has its priority again; then wait until the ports it is first for are back."""
    seats = {f"{seat.table}/{seat.uuid}": seat for seat in place.seats if seat.saved is not None}
    items = [
        Item(key=key, title=seat.owner, command=seat.command(place.name, seat.saved or 0))
        for key, seat in seats.items()
    ]

    async def one(item: Item, progress: Progress) -> Outcome:
        return Outcome(status="done", text=await priorities.restore(ovn_of(run), seats[item.key]))

    await run.wait("controller follows", lambda: _follows(run, place), timeout=SETTLES * 5, stuck_after=SETTLES * 5)
    await run.each("restore priorities", items, one, limit=2, text=f"give {place.hostname} its priorities back")
    await run.wait("gateways back", lambda: _back(run, place), timeout=SETTLES, every=0.5, stuck_after=SETTLES)


async def _follows(run: Run, place: Place) -> Sample:
    alive = (await inventory.find(ovn_of(run), place.name)).alive
    return Sample(done=alive, text=f"ovn-controller on {place.hostname} {'follows' if alive else 'is behind'}")


async def _back(run: Run, place: Place) -> Sample:
    now = await inventory.find(ovn_of(run), place.name)
    mine = [seat for seat in now.seats if seat.table == "Gateway_Chassis"]  # a group's ports go with the group
    wanted = {seat.owner for seat in mine if all(seat.priority > other[1] for other in seat.others if other[2])}
    missing = wanted - set(await inventory.held(ovn_of(run), place))
    return Sample(done=not missing, text=f"{len(missing)} gateway ports still elsewhere", left=float(len(missing)))
