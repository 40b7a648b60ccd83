"""The work behind ``hsops worker``: serve until told to end, and say on stdout what happens."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hsops.cli import systemd
from hsops.cli.engines import open_engine
from hsops.cli.following import event_line
from hsops.cli.opening import opened
from hsops.cli.output import streams
from hsops.errors import HsopsError, UserError, plain
from hsops.render import moment

if TYPE_CHECKING:
    from hsops.workflow.engine import Engine
    from hsops.workflow.values import Event

_LOOK = 0.25


async def serve(flag: str, form: str, *, at_once: int, grace: float) -> int:
    """Work on runs until SIGTERM or SIGINT. Gives 0; raises HsopsError when it can not begin."""
    if form not in ("text", "json"):
        raise UserError(f"there is no output {form}", hint="text or json")
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.set)
    async with opened(flag) as session:
        engine = await open_engine(session, queue=at_once)
        service = _Service(engine, form)
        sites = ", ".join(site.name for site in session.sites)
        try:
            service.say("ready", f"works on runs of {sites}, {at_once} at a time")
            systemd.notify("READY=1", f"STATUS=works on runs of {sites}")
            await service.until(ending)
        finally:
            systemd.notify("STOPPING=1")
            service.say("ending", f"lets go of {', '.join(engine.active)}" if engine.active else "nothing to let go of")
            await engine.close(grace)
            await service.close()
    return 0


class _Service:
    """Follows every run that is worked on here."""

    def __init__(self, engine: Engine, form: str) -> None:
        self._engine = engine
        self._form = form
        self._followed: dict[str, asyncio.Task[None]] = {}
        self._trouble = ""
        self._sign_due = 0.0

    async def until(self, ending: asyncio.Event) -> None:
        """Serve until the event is set."""
        while not ending.is_set():
            try:
                await self._engine.refresh()
            except HsopsError as error:  # the store is away: what is to be said of it
                self._tell_trouble(str(error))
            else:
                self._tell_trouble(self._engine.trouble)
            active = self._engine.active
            for run in self._engine.recent:  # also one that was over before anybody looked
                if run not in self._followed or (run in active and self._followed[run].done()):
                    self._followed[run] = asyncio.create_task(self._follow(run))
            self._sign_of_life()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(ending.wait(), _LOOK)

    async def close(self) -> None:
        """Stop following."""
        for task in self._followed.values():
            task.cancel()
        await asyncio.gather(*self._followed.values(), return_exceptions=True)

    def say(self, status: str, text: str) -> None:
        """A line about this process itself."""
        from hsops.workflow.values import Event  # noqa: PLC0415 - late, as the engine

        self._write(Event(run="", at=datetime.now(UTC), kind="worker", status=status, text=plain(text)))

    async def _follow(self, run: str) -> None:
        """Print what happens in a run from here on; all of it when it began here."""
        with contextlib.suppress(HsopsError):  # the store is away: the service says so, and follows again
            info, after = await self._engine.info(run), 0
            if info.attempts > 1:
                self.say("adopted", f"goes on with run {run} ({info.workflow} {info.target})")
                async for event in self._engine.events(run, follow=False):
                    after = event.seq
            async for event in self._engine.events(run, after):
                self._write(event)
                if event.kind == "run" and event.status != "submitted":
                    systemd.notify(f"STATUS=run {run} {event.status}")

    def _tell_trouble(self, trouble: str) -> None:
        if trouble != self._trouble:
            self.say("trouble" if trouble else "well", trouble or "the store answers again")
            self._trouble = trouble

    def _sign_of_life(self) -> None:
        every = systemd.watchdog_interval()
        if every and time.monotonic() >= self._sign_due:
            self._sign_due = time.monotonic() + every
            systemd.notify("WATCHDOG=1")

    def _write(self, event: Event) -> None:
        with contextlib.suppress(streams.ReaderGone):  # who read the log has gone: the work goes on
            if line := self._line(event):
                streams.write(line + "\n", flush=True)

    def _line(self, event: Event) -> str:
        if self._form == "json":
            return event.line().decode()
        if event.kind == "worker":
            return f"{moment(event.at)}  {event.status}: {event.text}"
        line = event_line(event, None)
        return f"{event.run}  {line}" if line else ""
