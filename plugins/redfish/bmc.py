"""One BMC: log in, walk from its service root to its machines, read them, act on them.

Nothing is assumed of ids or paths. A connection is opened for a visit and closed after it, so that thousands of BMCs
need no more open connections than are visited at a time.
"""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from hsops.api import Answer, AuthFailed, BadAnswer, Endpoint, Forbidden, HsopsError, HttpClient, NotFound
from hsops.plugins.redfish import wire
from hsops.plugins.redfish.kinds import Machine

T = TypeVar("T")
ROOT = "/redfish/v1"
WALK = 30
"""Visits after which the walk from the service root is done anew."""
_NO_SESSIONS = (404, 405, 501)
_LARGEST_LIST = 64
"""Machines behind one BMC, and sensors that are told: who lists more is lying or broken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """How to log in. `password` gives it when it is needed."""

    system: str
    username: str
    password: Callable[[], Awaitable[str]]
    timeout: float
    ca: Path | None = None
    insecure: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """What a walk finds out about one machine and a visit need not ask again."""

    thermal: wire.Link | None
    power: wire.Link | None
    firmware: str


@dataclass
class Bmc:
    """What is remembered of one between visits."""

    name: str
    url: str
    account: Account
    token: str = ""
    basic: bool = False
    """It has no sessions."""
    places: dict[str, Place] = field(default_factory=dict)
    """Its machines by path, as the last walk found them."""
    visits: int = 0

    # -- reading

    async def machines(self) -> Sequence[Machine]:
        """Every machine it manages. Raises HsopsError."""
        async with self._visit() as http:
            if not self.places or self.visits % WALK == 0:
                self.places = await self._walk(http)
            try:
                found = [await self._machine(http, path, place) for path, place in self.places.items()]
            except NotFound:  # ids have changed: a firmware update does that
                self.places = await self._walk(http)
                found = [await self._machine(http, path, place) for path, place in self.places.items()]
        self.visits += 1
        return found

    async def raw(self, path: str) -> Mapping[str, Any]:
        """The whole ComputerSystem."""
        async with self._visit() as http:
            return await self._get(http, path, dict[str, Any])

    async def _walk(self, http: HttpClient) -> dict[str, Place]:
        """From the service root to every machine, its sensors and its manager."""
        root = await self._get(http, ROOT + "/", wire.ServiceRoot)
        members = (await self._get(http, root.systems.path or ROOT + "/Systems", wire.Collection)).members
        links = [link.path for link in members if link.path][:_LARGEST_LIST]
        if not links:
            raise BadAnswer("it tells of no machine", system=self.account.system, thing=self.name)
        return {path: await self._place(http, path) for path in links}

    async def _place(self, http: HttpClient, path: str) -> Place:
        links = (await self._get(http, path, wire.ComputerSystem)).links
        chassis = await self._may(http, links.chassis[0] if links.chassis else None, wire.ChassisBody)
        manager = await self._may(http, links.managed_by[0] if links.managed_by else None, wire.Manager)
        return Place(
            thermal=chassis.thermal if chassis else None,
            power=chassis.power if chassis else None,
            firmware=(manager.firmware_version if manager else None) or "",
        )

    async def _may(self, http: HttpClient, link: wire.Link | None, type_: type[T]) -> T | None:
        """A page that many BMCs do not have."""
        with suppress(NotFound, BadAnswer):
            return await self._get(http, link.path, type_) if link is not None and link.path else None
        return None

    async def _machine(self, http: HttpClient, path: str, place: Place) -> Machine:
        body = await self._get(http, path, wire.ComputerSystem)
        thermal = await self._may(http, place.thermal, wire.Thermal) or wire.Thermal()
        power = await self._may(http, place.power, wire.Power) or wire.Power()
        reset = body.actions.reset or wire.ResetAction()
        return Machine(
            name=self.name if len(self.places) == 1 else f"{self.name}/{body.host_name or body.name or body.id}",
            bmc=self.name,
            path=path,
            power=body.power_state or "",
            condition=body.status.health_rollup or body.status.health or "",
            ill=_ill(thermal, power),
            inlet=wire.inlet(thermal.temperatures),
            watts=next((one.power_consumed_watts for one in power.power_control), None),
            fans=_well(thermal.fans),
            supplies=_well(power.power_supplies),
            manufacturer=body.manufacturer or "",
            model=body.model or "",
            serial=body.serial_number or "",
            bios=body.bios_version or "",
            firmware=place.firmware,
            led=body.indicator_led or "",
            boot=body.boot.phrase if body.boot else "",
            resets=tuple(reset.allowed),
            reset_path=reset.target,
            seen=datetime.now(UTC),
        )

    # -- acting

    async def post(self, path: str, body: Mapping[str, Any]) -> None:
        """An action. Raises HsopsError with the BMC's own words."""
        async with self._visit() as http:
            await self._asked(http, "POST", path, body)

    async def patch(self, path: str, body: Mapping[str, Any]) -> None:
        """A change. Raises as `post`."""
        async with self._visit() as http:
            await self._asked(http, "PATCH", path, body)

    # -- the wire

    @asynccontextmanager
    async def _visit(self) -> AsyncIterator[HttpClient]:
        account = self.account
        endpoint = Endpoint(
            url=self.url.rstrip("/"),
            system=f"{account.system}/{self.name}",
            timeout=account.timeout,
            ca=account.ca,
            insecure=account.insecure,
            headers=self._headers,
        )
        http = HttpClient(endpoint)
        try:
            if account.username and not self.token and not self.basic:
                await self._log_in(http)
            yield http
        finally:
            await http.aclose()

    async def _headers(self) -> Mapping[str, str]:
        if self.token:
            return {"X-Auth-Token": self.token}
        if self.basic:
            pair = f"{self.account.username}:{await self.account.password()}"
            return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
        return {}

    async def _log_in(self, http: HttpClient) -> None:
        """A session; where there are none the password goes along with every request."""
        self.token = ""
        body = {"UserName": self.account.username, "Password": await self.account.password()}
        path = ROOT + "/SessionService/Sessions"
        answer = await http.request("POST", path, json=body, accept=(400, 401, 403, *_NO_SESSIONS))
        self.token = answer.headers.get("X-Auth-Token", "")
        if answer.status in (400, 401, 403):
            hint = "correct username and password in the site file; BMCs lock an account after a few wrong ones"
            raise AuthFailed("the BMC refuses the login", system=self.account.system, thing=self.name, hint=hint)
        self.basic = not self.token

    async def _get(self, http: HttpClient, path: str, type_: type[T]) -> T:
        answer = await self._again(http, lambda: http.get(path))
        return answer.json(type_, system=f"{self.account.system}/{self.name}")

    async def _asked(self, http: HttpClient, method: str, path: str, body: Mapping[str, Any]) -> None:
        await self._again(http, lambda: http.request(method, path, json=body))

    async def _again(self, http: HttpClient, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        """Ask; a session that a reset of the BMC has dropped is opened anew, once."""
        try:
            return await ask()
        except (AuthFailed, Forbidden):
            if not self.token:
                raise
            await self._log_in(http)
            return await ask()


def _ill(thermal: wire.Thermal, power: wire.Power) -> tuple[str, ...]:
    parts: list[wire.Part | wire.Temperature] = [*thermal.fans, *power.power_supplies, *thermal.temperatures]
    bad = [one for one in parts if one.status.health not in (None, "OK") and one.status.state != "Absent"]
    return tuple(f"{one.name or 'a part'} {one.status.health}" for one in bad)[:_LARGEST_LIST]


def _well(parts: Sequence[wire.Part]) -> tuple[int, int] | None:
    there = [one for one in parts if one.status.state != "Absent"]
    return (sum(one.status.health in (None, "OK") for one in there), len(there)) if there else None


def lost(known: Machine, error: HsopsError) -> Machine:
    """What is shown of a machine whose BMC can not be asked."""
    return msgspec.structs.replace(known, trouble=error.what)
