"""The silence of a host that is worked on: the run makes it first and holds it, the return ends it.

It is known by its comment, which is the same for everything that takes this host out or brings it back: whoever
drained it, the return finds it. If nothing ends it, it ends by itself: alerts come back rather than stay away.
"""

from __future__ import annotations

import contextlib
import time

from hsops.api import HsopsError, Json, Run

_BRIEF = 60.0


def comment(host: str) -> str:
    """What the silence is known by."""
    return f"hsops: maintenance of {host}"


class Silence:
    """The silences of one host, one in each system that can mute. `seconds` 0: none is made."""

    def __init__(self, run: Run, host: str, seconds: float) -> None:
        self._run = run
        self._host = host
        self._seconds = seconds
        self._is_made = False
        self._held = float("-inf")
        """Monotonic time at which this process held it last."""

    async def begin(self) -> None:
        """Before anything else is touched."""
        if not self._seconds:
            await self._run.note(f"alerts of {self._host} are not silenced: the silence is 0")
            return
        if not await self._run.read("silencers", self._count):
            await self._run.note(f"alerts of {self._host} are not silenced: no system that could do it answers")
            return
        await self._tell()
        await self._run.step(
            "silence",
            do=self._hold,
            undo=self._expire,
            command=(),
            text=f"silence the alerts of {self._host} for {self._seconds / 60:.0f} min",
            planned=[],
        )
        self._is_made = True

    async def renew(self) -> None:
        """While something long goes on: hold it when a quarter of its time is over. No work fails for it."""
        if self._is_made and time.monotonic() - self._held >= self._seconds / 4:
            with contextlib.suppress(HsopsError):  # tried again at the next look; the run says when it ends for good
                await self._hold()

    async def keep(self, why: str) -> None:
        """Hold it for its whole time from now on."""
        if self._seconds and await self._run.read("silencers", self._count):
            text = f"{why}: silent for {self._seconds / 60:.0f} min from now"
            await self._run.step("keep silence", do=self._hold, command=(), text=text, planned=[])

    async def end(self) -> None:
        """Alerts come back when the host is back, not before."""
        self._is_made = False
        if await self._run.read("silencers", self._count):
            text = f"end the silence of {self._host}"
            await self._run.step("end silence", do=self._expire, command=(), text=text, planned=0)

    async def _tell(self) -> None:
        firing = await self._run.read("alerts", self._affected)
        if firing:
            await self._run.note(f"alerts that fire for {self._host} now: {', '.join(firing)}")

    async def _affected(self) -> list[str]:
        names: set[str] = set()
        for one in self._run.silencers():
            names.update(await one.affected(self._host))
        return sorted(names)

    async def _count(self) -> int:
        return len(self._run.silencers())

    async def _hold(self) -> Json:
        until, self._held = time.time() + self._seconds, time.monotonic()
        text, author = comment(self._host), self._run.author
        return [await one.create(self._host, until=until, comment=text, author=author) for one in self._run.silencers()]

    async def _expire(self) -> Json:
        """Only the comment is known: creating takes over the silence with that comment, or makes one of a minute."""
        text, author = comment(self._host), self._run.author
        silencers = self._run.silencers()
        for one in silencers:
            id_ = await one.create(self._host, until=time.time() + _BRIEF, comment=text, author=author)
            await one.expire(id_)
        return len(silencers)
