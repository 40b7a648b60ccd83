"""The silence that belongs to a drain.

It is made before anything else, extended while servers move, and kept when the drain has ended: the work on the host
comes then. `hypervisor.return` ends it, found by its comment. So does backing the drain out. If neither happens it
ends by itself, after the duration that was asked for, counted from the end of the drain: alerts come back rather than
stay away.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from hsops.api import HsopsError, Json, Run, Silencer


def comment(run_id: str, host: str) -> str:
    """What the silence is known by. The same for the drain and for the return that follows."""
    return f"hsops:{run_id} drain of {host}"


class Silence:
    """The silences of one drain, one in each system that can mute."""

    def __init__(self, run: Run, host: str, seconds: float) -> None:
        self.host = host
        self.seconds = seconds
        self._run = run
        self._renewed = float("-inf")

    async def hold(self) -> Json:
        """Create them, or move their end to `seconds` from now. Gives their ids."""
        until = time.time() + self.seconds
        self._renewed = time.monotonic()
        text = comment(self._run.id, self.host)
        return [
            await one.create(self.host, until=until, comment=text, author=self._run.author)
            for one in self._run.silencers()
        ]

    async def renew(self) -> str:
        """Hold them when a quarter of the time is over. Gives what went wrong: no migration fails for it."""
        if not self.seconds or time.monotonic() - self._renewed < self.seconds / 4:
            return ""
        try:
            await self.hold()
        except HsopsError as error:
            return f"silence not extended: {error.what}"
        return ""

    async def end(self) -> Json:
        """Expire them."""
        return await expire(self._run.silencers(), self._run.id, self.host, self._run.author)

    async def keep(self) -> None:
        """The drain has ended, the work begins: a whole duration from now."""
        text = f"silent for {self.seconds / 60:.0f} min from now; `hypervisor.return` ends it earlier"
        await self._run.step("keep silence", do=self.hold, command=(), text=text, planned=[])


async def mute(run: Run, silence: Silence) -> bool:
    """Begin the silence; gives whether there is one. Without it the drain goes on, and says so."""

    async def count() -> int:
        return len(run.silencers())

    if not silence.seconds:
        await run.note("alerts are not silenced: the silence is 0")
        return False
    if not await run.read("silencers", count):
        await run.note("alerts are not silenced: no system of this site that could do it answers")
        return False
    await run.step(
        "silence",
        do=silence.hold,
        undo=silence.end,
        command=(),
        text=f"silence the alerts of {silence.host}; extended while servers move, ended by hypervisor.return",
        planned=[],
    )
    return True


async def tell_alerts(run: Run, host: str) -> None:
    """What would be muted, for the plan."""

    async def affected() -> list[str]:
        names: set[str] = set()
        for one in run.silencers():
            names.update(await one.affected(host))
        return sorted(names)

    firing = await run.read("alerts", affected)
    if firing:
        await run.note(f"alerts that fire for {host} now: {', '.join(firing)}")


async def expire(silencers: Sequence[Silencer], run_id: str, host: str, author: str) -> int:
    """End the silences of a drain, wherever it ran. Gives how many.

    Only a comment is known: creating takes over the silence with the same comment, or makes one of a minute.
    """
    for one in silencers:
        id_ = await one.create(host, until=time.time() + 60, comment=comment(run_id, host), author=author)
        await one.expire(id_)
    return len(silencers)
