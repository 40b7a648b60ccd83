"""The BMCs of a site: visited in turn, so many at a time, each about as often as the site file says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hsops.api import Context, Health, HsopsError, NotFound, Ref, SystemHealth
from hsops.plugins.redfish.bmc import Account, Bmc, lost
from hsops.plugins.redfish.kinds import Machine
from hsops.plugins.redfish.options import RedfishOptions

_LONGEST = 10
"""A BMC that does not answer is left alone for up to so many turns."""


async def connect(options: RedfishOptions, context: Context) -> Redfish:
    """Nothing is asked yet: one BMC that is down says nothing of the others."""

    async def password() -> str:
        return await context.secret(options.password) if options.password is not None else ""

    account = Account(
        system=context.system,
        username=options.username,
        password=password,
        timeout=context.timeout,
        ca=context.path(options.ca) if options.ca else None,
        insecure=options.insecure,
    )
    return Redfish([Bmc(one.name, one.url, account) for one in options.bmcs], options)


class Redfish:
    """All BMCs of one account."""

    def __init__(self, bmcs: Sequence[Bmc], options: RedfishOptions) -> None:
        self.bmcs = {bmc.name: bmc for bmc in bmcs}
        self.every = options.every
        self.concurrency = max(1, options.concurrency)
        self._rows: dict[str, dict[str, Machine]] = {
            name: {name: Machine(name=name, bmc=name, trouble="not asked yet")} for name in self.bmcs
        }
        self._failures: dict[str, int] = {}
        self._last: HsopsError | None = None

    async def aclose(self) -> None:
        """Nothing is kept open."""

    async def health(self) -> SystemHealth:
        """How many answer; one visit when nothing is known yet. Raises what the last one said when none does."""
        if not self.bmcs:
            return SystemHealth(Health.OK, "no BMC is named in the site file")
        if self.outage is not None or not any(bmc.visits for bmc in self.bmcs.values()):
            await self.visit(next(iter(self.bmcs)))
        if self.outage is not None:
            raise self.outage
        asked = [name for name in self.bmcs if self.bmcs[name].visits or name in self._failures]
        silent = [name for name in asked if self._failures.get(name)]
        text = f"{len(asked) - len(silent)} of {len(asked)} BMCs that were asked answer"
        return SystemHealth(Health.WARN if silent else Health.OK, text)

    async def machine(self, name: str) -> Machine:
        """A machine as it is now. Raises NotFound, and what the BMC says."""
        for bmc, rows in self._rows.items():
            if name in rows or name.partition("/")[0] == bmc:
                for machine in await self.bmcs[bmc].machines():
                    if machine.name == name:
                        return machine
        raise NotFound("no BMC of the site file has it", thing=name)

    async def visit(self, name: str) -> None:
        """Ask one BMC and keep what it says, or why it does not."""
        before = self._rows[name]
        try:
            found = await self.bmcs[name].machines()
        except HsopsError as error:
            self._failures[name] = self._failures.get(name, 0) + 1
            self._last = error
            self._rows[name] = {key: lost(machine, error) for key, machine in before.items()}
        else:
            self._failures.pop(name, None)
            self._rows[name] = {machine.name: machine for machine in found}

    @property
    def outage(self) -> HsopsError | None:
        """Why nothing at all is known any more: not one BMC answers. None as long as one does."""
        return self._last if self.bmcs and len(self._failures) == len(self.bmcs) else None

    def rows(self, name: str) -> Mapping[str, Machine]:
        """What is known of the machines of one BMC."""
        return self._rows[name]

    def pause(self, name: str) -> float:
        """Seconds until it is visited again: longer and longer for one that does not answer."""
        return self.every * min(2.0 ** max(0, self._failures.get(name, 0) - 1), _LONGEST)


async def raw(connection: Redfish, ref: Ref) -> Mapping[str, Any]:
    """The whole ComputerSystem. Raises NotFound, and what the BMC says."""
    machine = await connection.machine(ref.id)
    return await connection.bmcs[machine.bmc].raw(machine.path)
