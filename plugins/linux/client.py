"""The hosts of a site: one connection each, opened when it is first needed, asked a bounded number at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from hsops.api import (
    AuthFailed,
    Batch,
    Context,
    Health,
    HsopsError,
    NotFound,
    Ref,
    SystemHealth,
    Unreachable,
    Unsupported,
    UserError,
)
from hsops.plugins.linux.host import Host, booted_at
from hsops.plugins.linux.login import Ended, Login, as_root
from hsops.plugins.linux.options import LinuxOptions, members
from hsops.plugins.linux.probe import QUICK, SCRIPT, SLOW, Facts, parse

SEVERAL = 3
"""Hosts that are asked for the health of the whole."""
AT_ONCE = 32
"""Hosts that are asked at the same time."""
SLOW_EVERY = 600.0
"""Seconds for which pending updates and SMART are taken for known."""


async def connect(options: LinuxOptions, context: Context) -> Fleet:
    """The fleet; nobody is asked yet, so that one dead host is one row and not the end. Raises Unsupported."""
    found = members(options)
    if not found:
        raise Unsupported("the site file names no host", system=context.system, hint="hosts: [cmp-1, cmp-2]")
    return Fleet(options, context)


class Fleet:
    """Every host that the site file names."""

    def __init__(self, options: LinuxOptions, context: Context) -> None:
        self.options = options
        self.system = context.system
        self.timeout = context.timeout
        self._logins = {member.name: Login(member, options, context) for member in members(options)}
        self._rows: dict[str, Host] = {name: Host(name=name, address=one.address) for name, one in self._logins.items()}
        self._errors: dict[str, HsopsError] = {}
        self._slow_at: dict[str, float] = {}
        self._places = asyncio.Semaphore(AT_ONCE)

    @property
    def names(self) -> Sequence[str]:
        """The hosts, in the order of the site file."""
        return tuple(self._logins)

    def login(self, host: str) -> Login:
        """The way to one host. Raises NotFound."""
        try:
            return self._logins[host]
        except KeyError:
            raise NotFound(
                "the site file does not name this host", system=self.system, thing=host, hint="add it to `hosts:`"
            ) from None

    # -- looking

    async def facts(self, host: str, *, slow: bool = False) -> Facts:
        """One look, now. Raises HsopsError."""
        argv = ["sh", "-c", SCRIPT, "sh", SLOW if slow else QUICK]
        timeout = self.timeout * (6 if slow else 1)
        return parse((await self.login(host).run(argv, timeout)).out)

    async def rows(self) -> Sequence[Host]:
        """Every host as it is; one that does not answer keeps what was known of it.

        When none of several answers it is more likely this machine that has lost them. Raises HsopsError then.
        """
        rows = await asyncio.gather(*(self._row(name) for name in self._logins))
        if len(self._errors) == len(rows) >= SEVERAL:
            raise self._none()
        return rows

    def _none(self) -> HsopsError:
        first = self._errors[next(name for name in self._logins if name in self._errors)]
        kind = AuthFailed if isinstance(first, AuthFailed) else Unreachable
        what = f"none of {len(self._logins)} hosts answers; {first.thing}: {first.what}"
        return kind(what, system=self.system, hint=first.hint)

    async def _row(self, name: str) -> Host:
        async with self._places:
            slow = time.monotonic() - self._slow_at.get(name, -SLOW_EVERY) >= SLOW_EVERY
            try:
                row = self._told(name, await self.facts(name, slow=slow))
            except HsopsError as error:
                trouble = f"{error.what} → {error.hint}" if error.hint else error.what
                refused = isinstance(error, AuthFailed)
                row = msgspec.structs.replace(self._rows[name], trouble=trouble, refused=refused)
                self._errors[name] = error
            else:
                self._errors.pop(name, None)
                if slow:
                    self._slow_at[name] = time.monotonic()
        self._rows[name] = row
        return row

    def _told(self, name: str, facts: Facts) -> Host:
        """Updates and disks are looked at less often: what was known of them stays, but not past a reboot."""
        old = self._rows[name]
        if old.facts is not None and facts.updates is None and old.facts.boot_id == facts.boot_id:
            kept = old.facts
            facts = msgspec.structs.replace(facts, updates=kept.updates, manager=kept.manager, disks=kept.disks)
        booted = booted_at(facts, datetime.now(UTC), old.booted)
        return Host(name=name, address=old.address, facts=facts, booted=booted)

    def forget(self, host: str) -> None:
        """Look at everything of it next time."""
        self._slow_at.pop(host, None)

    # -- acting

    async def run(
        self,
        host: str,
        argv: Sequence[str],
        *,
        root: bool = False,
        timeout: float | None = None,  # noqa: ASYNC109 - ends the program with it
    ) -> Ended:
        """Run a program on a host to its end. Raises HsopsError when it cannot be run; its status is the caller's."""
        return await self.login(host).run(as_root(argv) if root else argv, timeout)

    async def must(self, host: str, argv: Sequence[str], *, root: bool = False) -> str:
        """Its output. Raises UserError with its own words when it fails."""
        ended = await self.run(host, argv, root=root)
        if ended.status:
            said = (ended.err.strip() or ended.out.strip()).splitlines()
            why = said[-1] if said else "it says nothing"
            raise UserError(f"{argv[0]} ended with {ended.status}: {why}", system=self.system, thing=host)
        return ended.out

    # -- the connection's own

    async def health(self) -> SystemHealth:
        """Whether anybody answers: three are asked, the rows tell of all. Raises HsopsError when nobody does."""
        asked = list(self._logins)[:SEVERAL]
        errors = [error for error in await asyncio.gather(*(self._trouble(name) for name in asked)) if error]
        away = sum(bool(row.trouble) for row in self._rows.values())
        if len(errors) == len(asked) and not any(row.facts and not row.trouble for row in self._rows.values()):
            raise errors[0]
        text = f"{len(self._logins) - max(away, len(errors))} of {len(self._logins)} hosts answer"
        return SystemHealth(Health.WARN if away or errors else Health.OK, text)

    async def _trouble(self, name: str) -> HsopsError | None:
        try:
            await self.login(name).run(["true"])
        except HsopsError as error:
            return error
        return None

    async def aclose(self) -> None:
        """Leave every host."""
        await asyncio.gather(*(login.drop() for login in self._logins.values()))


async def poll(fleet: Fleet, cursor: Any) -> Batch:
    """All hosts."""
    return Batch(upserts=await fleet.rows(), full=True)


async def raw(fleet: Fleet, ref: Ref) -> dict[str, Any]:
    """Everything that the host says, updates and disks too."""
    found: dict[str, Any] = msgspec.to_builtins(await fleet.facts(ref.id, slow=True))
    return found
