"""Gates: live truths that a run looks at between its parts, against what held as it began.

The baseline is taken before the first effect and kept with the run. A gate whose system does not answer is red. A step
of kind ``gate`` passes when every gate was green in two looks in a row: one sample proves nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

from hsops.durations import written
from hsops.errors import HsopsError
from hsops.plugin import CheckResult, Gate
from hsops.policy import SiteRules
from hsops.registry import resolve
from hsops.workflow import waivers
from hsops.workflow.context import Context, portable
from hsops.workflow.progress import Reporter
from hsops.workflow.signals import Stopped
from hsops.workflow.values import Verdict
from hsops.workflow.waivers import ALL, Waiver

if TYPE_CHECKING:
    from hsops.workflow.book import Entry
    from hsops.workflow.systems import Systems

EVERY = 5.0
"""Seconds between two looks while something is red."""
AGAIN = 1.0
"""Seconds until the second look of a gate that has been green so far."""
LOOK = 30.0
"""Seconds that one look may take."""
_VERDICTS = (Verdict.SKIP, Verdict.BACK_OUT)


class Silent:
    """The gate of a system that does not answer: red, under the system's name."""

    def __init__(self, name: str, error: HsopsError) -> None:
        self.name = name
        self._error = error

    async def baseline(self) -> Any:
        """Raises what the system raised."""
        raise self._error

    async def look(self, baseline: Any) -> CheckResult:
        """Raises what the system raised."""
        raise self._error


async def gates_of(systems: Systems, site: SiteRules) -> Sequence[tuple[str, Gate]]:
    """Every gate of the site that is not switched off, by a name of its own. Call it on the session's loop."""
    found: list[tuple[str, Gate]] = []
    for system, plugin in systems.offering(site.name, "gates"):
        try:
            connection = await systems.connection(site.name, system)
            gates: Sequence[Gate] = resolve(plugin.gates)(connection)
        except HsopsError as error:
            gates = [Silent(system, error)]
        taken = {name for name, _ in found}
        # Two systems of one plugin have gates of the same names.
        found += [(f"{system}/{gate.name}" if gate.name in taken else gate.name, gate) for gate in gates]
    off = set(site.gates.off)
    return [(name, gate) for name, gate in found if name not in off and gate.name not in off]


async def take_baselines(context: Context, systems: Systems, site: SiteRules) -> None:
    """Keep what holds now, unless that was done before."""
    run = context.book.run
    if await context.ask(lambda connection: waivers.baselines(connection, run)) is not None:
        return
    found = await context.at_home(lambda: _baselines(systems, site))
    await context.book.also(lambda connection: waivers.keep_baselines(connection, run, found))


async def _baselines(systems: Systems, site: SiteRules) -> dict[str, Any]:
    gates = await gates_of(systems, site)
    found = await asyncio.gather(*(_baseline(gate) for _, gate in gates))
    return {name: one for (name, _), one in zip(gates, found, strict=True)}


async def _baseline(gate: Gate) -> dict[str, Any]:
    try:
        async with asyncio.timeout(LOOK):
            return {"value": portable(await gate.baseline())}
    except TimeoutError:
        return {"error": f"no answer in {LOOK:g} s"}
    except HsopsError as error:
        return {"error": str(error)}
    except Exception as error:  # noqa: BLE001 - a plugin's own fault: the gate is red then, which a person sees and waives
        return {"error": f"{type(error).__name__}: {error}"}


async def _look(gate: Gate, known: Mapping[str, Any] | None) -> CheckResult:
    if not isinstance(gate, Silent) and (known is None or "value" not in known):
        why = "it is new" if known is None else known.get("error", "")
        text = f"nothing to compare with, it was not seen at the start: {why}"
        return CheckResult(name=gate.name, ok=False, text=text)
    try:
        async with asyncio.timeout(LOOK):
            return await gate.look(known["value"] if known and "value" in known else None)
    except TimeoutError:
        return CheckResult(name=gate.name, ok=False, text=f"does not answer: nothing in {LOOK:g} s")
    except HsopsError as error:
        return CheckResult(name=gate.name, ok=False, text=f"does not answer: {error}")
    except Exception as error:  # noqa: BLE001 - as above
        return CheckResult(name=gate.name, ok=False, text=f"failed: {type(error).__name__}: {error}")


class Passage:
    """One step of kind gate, until every gate of the site lets the run pass."""

    def __init__(self, context: Context, entry: Entry, systems: Systems, site: SiteRules) -> None:
        self._context = context
        self._entry = entry
        self._systems = systems
        self._site = site
        self._known: Mapping[str, Any] = {}
        self._red: dict[str, str] = {}
        self._red_since: float | None = None
        self._waived: dict[str, Waiver] = {}

    async def passed(self) -> dict[str, Any]:
        """What to journal: how long it was red, and what was waived. Raises Aborted, or Stopped when patience ends."""
        began = time.monotonic()
        run = self._context.book.run
        known = await self._context.ask(lambda connection: waivers.baselines(connection, run))
        self._known = known or {}
        report = Reporter(self._context.book, self._entry, self._context.home)
        try:
            async with AsyncExitStack() as waiting:
                await self._until_green(report, waiting)
        finally:
            report.close()
        if self._waived:  # once: not again when the run is rewound to this gate
            key = self._entry.info.key
            await self._context.book.also(lambda connection: waivers.consume(connection, run, key))
        names = ", ".join(f"{waiver.gate} ({waiver.reason})" for waiver in self._waived.values())
        self._entry.change(text=f"waived: {names}" if names else "all green" if self._known else "nothing to look at")
        red = 0.0 if self._red_since is None else time.monotonic() - began
        return {"waived": sorted(self._waived), "red_for": round(red, 1)}

    async def _until_green(self, report: Reporter, waiting: AsyncExitStack) -> None:
        greens = 0
        while greens < 2:
            await self._context.gate()
            looked = await self._context.at_home(self._look_at_all)
            red = self._not_waived({result_name: result.text for result_name, result in looked if not result.ok})
            greens = 0 if red else greens + 1
            let_pass = bool(self._waived) and self._red.keys() <= self._waived.keys()
            changed = self._tell(red, report)
            if red and self._red_since is None:
                self._red_since = time.monotonic()
                await waiting.enter_async_context(self._context.waiting())
            elif changed:
                await self._context.show()
            if not looked or ALL in self._waived or (let_pass and not red):
                return  # what was not waived was green in the look before, too
            if red:
                self._heed_patience()
            if greens < 2:
                await self._pause(EVERY if self._red_since is not None else AGAIN, red)

    async def _look_at_all(self) -> Sequence[tuple[str, CheckResult]]:
        gates = await gates_of(self._systems, self._site)
        results = await asyncio.gather(*(_look(gate, self._known.get(name)) for name, gate in gates))
        return [(name, result) for (name, _), result in zip(gates, results, strict=True)]

    def _not_waived(self, red: Mapping[str, str]) -> dict[str, str]:
        """What is red and was not let pass. A waiver for all counts for what is red now: the run passes with it."""
        given = self._context.mailbox.waivers(self._entry.info.key)
        for name, waiver in given.items():
            if name not in self._waived and name != waivers.WINDOW and (red or name != ALL):
                self._waived[name] = waiver
                text = f"{name} by {waiver.by}: {waiver.reason}"
                self._context.book.log("gate", key=waiver.key, status="waived", text=text, data=waiver._asdict())
        return {} if ALL in self._waived else {name: text for name, text in red.items() if name not in self._waived}

    def _tell(self, red: dict[str, str], report: Reporter) -> bool:
        """The step says what is red now, with how many as its trend. Gives whether others are red than before."""
        text = "; ".join(f"{name}: {text}" for name, text in red.items())
        self._entry.change(verdicts=_VERDICTS if red else ())
        if red or self._red:
            report(text or "green, looking once more", left=float(len(red)))
        if set(red) == set(self._red):
            return False
        self._context.book.progress(self._entry)  # before the run's own state says it
        self._context.book.log("gate", key=self._entry.info.key, status="red" if red else "green", text=text, data=red)
        self._red = red
        return True

    async def _pause(self, seconds: float, red: Mapping[str, str]) -> None:
        """Until the next look; a waiver ends it early."""
        until = time.monotonic() + seconds
        before = self._context.mailbox.waivers(self._entry.info.key)
        while (left := until - time.monotonic()) > 0:
            await self._context.mailbox.wait(left)
            self._context.lease.check()
            if self._context.mailbox.wish or self._context.mailbox.waivers(self._entry.info.key) != before:
                return

    def _heed_patience(self) -> None:
        """Nobody is there to waive it: stop, resumable, after a time."""
        patience = self._site.gates.patience
        since = self._red_since
        if self._context.attended or since is None or time.monotonic() - since < patience:
            return
        text = "; ".join(f"{name}: {text}" for name, text in self._red.items())
        raise Stopped(f"gate {self._entry.info.name} was red for {written(patience)}: {text}")
