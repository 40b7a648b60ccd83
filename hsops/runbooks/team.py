"""The parts of all systems that have to do with one host, in the order in which it leaves them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from hsops.api import CheckResult, Choice, HostMaintenance, Run
from hsops.runbooks.renewing import renewing
from hsops.runbooks.silence import Silence


@dataclass(frozen=True, slots=True)
class Member:
    """One system's part, and what the host is to that system."""

    system: str
    part: HostMaintenance
    role: str


@dataclass(frozen=True, slots=True)
class Team:
    """A host and everything that is done about it. `run` is the run as this host sees it."""

    run: Run
    host: str
    members: Sequence[Member]
    silence: Silence
    answers: dict[str, str] = field(default_factory=dict)
    """To the questions that were asked about it."""

    @property
    def roles(self) -> str:
        """``hypervisor with 19 servers; 4 OSDs``."""
        return "; ".join(member.role for member in self.members)

    async def checks(self) -> None:
        """Of every system, before any effect; once more at the host's turn, when others have had theirs."""
        view = cast("Run", _Asking(self.run, self.answers))
        for member in self.members:
            await member.part.checks(view, self.host)

    async def leave_service(self) -> None:
        """The silence, then every system's part in order."""
        await self.silence.begin()
        view = renewing(self.run, self.silence)
        for member in self.members:
            await member.part.enter(view, self.host)

    async def prove_empty(self) -> None:
        """Once all are out: a later part may have called an earlier one back."""
        for member in self.members:
            await member.part.verify(self.run, self.host)

    async def come_back(self) -> None:
        """The last that was left is entered first; then alerts."""
        view = renewing(self.run, self.silence)
        for member in reversed(self.members):
            await member.part.leave(view, self.host)
        await self.silence.end()


class _Asking:
    """A run that asks each question once.

    What came up since and has no safe default stops the run at the host's turn, before anything of it is touched: it
    is answered in a new run.
    """

    def __init__(self, run: Run, answers: dict[str, str]) -> None:
        self._run = run
        self._answers = answers

    def __getattr__(self, name: str) -> Any:
        return getattr(self._run, name)

    async def choose(self, choices: Sequence[Choice]) -> Mapping[str, str]:
        self._answers.update(await self._run.choose([one for one in choices if one.key not in self._answers]))
        return {choice.key: self._answers[choice.key] for choice in choices}


async def gather(run: Run, host: str) -> Team:
    """Ask every system what the host is to it; those that do not know it have no part."""
    members = []
    for system, part in run.maintenances():
        role = await part.role(run, host)
        if role:
            members.append(Member(system, part, role))
    return Team(run, host, members, Silence(run, host, float(run.values.get("silence") or 0)))


async def known(team: Team) -> None:
    """A host that nobody knows is a typing error, or all systems that know it are away."""

    async def look() -> CheckResult:
        name = "host.known"
        if team.members:
            return CheckResult(name=name, ok=True, text=f"{team.host} is {team.roles}")
        text, hint = (
            f"no system of the site has anything on {team.host}",
            "is the name right? does every system answer?",
        )
        return CheckResult(name=name, ok=False, text=text, hint=hint)

    await team.run.check("host.known", look)
