"""What alerts while a run goes on: kept in its log for the report. It decides nothing; gates do.

The site's gates whose name begins with ``alert`` are looked at now and then, from the first effect on (which is when
what held before was kept), and once more as the run ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from hsops.errors import HsopsError
from hsops.plugin import CheckResult, Gate
from hsops.workflow import gates, waivers
from hsops.workflow.context import Context

EVERY = 30.0
"""Seconds between two looks."""
LOOK = 5.0
"""Seconds that one look may take: it must not hold up the end of a run."""
PREFIX = "alert"
_UNKNOWN = "not known"


class AlertWatch:
    """Looks at the alerts of one run's site."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._firing: dict[str, str] = {}
        self._said = False

    async def keep_looking(self) -> None:
        """Look, until it is cancelled."""
        while True:
            await asyncio.sleep(EVERY)
            await self.look()

    async def look(self) -> None:
        """Tell the run's log what fires now and what does not any more."""
        admission, run = self._context.admission, self._context.book.run
        if admission is None or not self._context.book.changed_anything:
            return
        known = await self._context.ask(lambda connection: waivers.baselines(connection, run))
        if not known or not any(is_about_alerts(name) for name in known):
            return
        try:
            async with asyncio.timeout(LOOK):
                firing = await self._context.at_home(lambda: self._looked(known))
        except (TimeoutError, HsopsError):
            firing = {"alerts": f"{_UNKNOWN}: nothing that knows them answers"}
        self._tell(firing)

    async def _looked(self, known: Mapping[str, Any]) -> dict[str, str]:
        admission = self._context.admission
        assert admission is not None  # noqa: S101 - `look` has seen it
        found = await gates.gates_of(admission.systems, admission.site)
        results = {name: await _seen(gate, known.get(name)) for name, gate in found if is_about_alerts(name)}
        return {name: result.text for name, result in results.items() if not result.ok}

    def _tell(self, firing: dict[str, str]) -> None:
        log = self._context.book.log
        if not self._said:
            log("alert", status="watched", text="what alerts is kept here")
            self._said = True
        for name, text in firing.items():
            if self._firing.get(name) != text:
                status = "unknown" if text.startswith(_UNKNOWN) else "firing"
                log("alert", status=status, text=f"{name}: {text}", data={"gate": name, "text": text})
        for name in self._firing.keys() - firing.keys():
            log("alert", status="quiet", text=f"{name}: quiet again", data={"gate": name, "text": "quiet again"})
        self._firing = firing


def is_about_alerts(gate: str) -> bool:
    """Whether a gate of that name tells of alerts: ``alerts.new``, ``am2/alerts.new``."""
    return gate.rpartition("/")[2].startswith(PREFIX)


async def _seen(gate: Gate, known: Mapping[str, Any] | None) -> CheckResult:
    if known is None or "value" not in known:
        return CheckResult(name=gate.name, ok=False, text=f"{_UNKNOWN}: it was not seen as the run began")
    try:
        return await gate.look(known["value"])
    except HsopsError as error:
        return CheckResult(name=gate.name, ok=False, text=f"{_UNKNOWN}: {error}")
    except Exception as error:  # noqa: BLE001 - a plugin's own fault must not end a run that only wanted to look
        return CheckResult(name=gate.name, ok=False, text=f"{_UNKNOWN}: {type(error).__name__}: {error}")


@asynccontextmanager
async def watched(context: Context) -> AsyncIterator[None]:
    """Around the time that this process works on a run."""
    context.alerts = AlertWatch(context)
    looking = asyncio.create_task(context.alerts.keep_looking())
    try:
        yield
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


async def last_look(context: Context) -> None:
    """Before a run's end is written down, for after it nobody may write into its log."""
    if context.alerts is not None:
        await context.alerts.look()
