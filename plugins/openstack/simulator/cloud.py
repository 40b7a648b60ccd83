"""What the services of the cloud share: the world, their URLs, the tokens, the catalogue."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import Any

from hsops.simulator.cloudvalues import Project, User
from hsops.simulator.compute import Compute
from hsops.simulator.names import Names
from hsops.simulator.world import World

SYSTEM = "openstack"
CLOUD = "simulated"
"""Name of the administrator's cloud in the clouds.yaml."""
REGION = "RegionOne"
ROLES = ("admin", "reader", "member")
MASAKARI = "instance-ha"
"""Only in the clouds that have it."""
SERVICE_NAMES = {
    "placement": "placement",
    "network": "neutron",
    "compute": "nova",
    "identity": "keystone",
    "image": "glance",
    MASAKARI: "masakari",
}
_PATHS = {"compute": "/v2.1", "identity": "/v3", MASAKARI: "/v1"}
LIFE = 365 * 86400.0
"""Seconds a token lives, from the later of the world's and the wall's time: with a fast clock a token of an hour
would be over in no time, and clients then log in before every call."""


@dataclass(frozen=True, slots=True)
class Token:
    """Who calls. `project` is None for an unscoped token."""

    value: str
    user: User
    project: Project | None
    issued: float
    expires: float
    methods: tuple[str, ...] = ("password",)

    @property
    def admin(self) -> bool:
        """Whether it carries the admin role."""
        return self.user.role == "admin" and self.project is not None


class Cloud:
    """The world with what only OpenStack adds."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.compute: Compute = world.compute
        self.urls: dict[str, str] = {}
        """Service type to ``http://127.0.0.1:PORT``."""
        self.roles: dict[str, str] = {}
        """Role name to id."""
        self.catalog: list[dict[str, Any]] = []
        self.on_maintenance: set[str] = set()
        """Hosts that masakari leaves alone."""
        self._names = Names(world.seed + 1)
        self._tokens: dict[str, Token] = {}
        self._expiries: tuple[str, ...] = ()

    @property
    def now(self) -> float:
        """Epoch seconds of the world."""
        return self.world.clock.now()

    def register(self) -> None:
        """Make roles and catalogue once the ports are known."""
        self.roles = {name: self._names.hex() for name in ROLES}
        for kind, name in SERVICE_NAMES.items():
            if kind not in self.urls:
                continue
            url = self.urls[kind] + _PATHS.get(kind, "")
            endpoints = [
                {"id": self._names.hex(), "interface": interface, "region_id": REGION, "url": url, "region": REGION}
                for interface in ("internal", "public", "admin")
            ]
            self.catalog.append({"endpoints": endpoints, "id": self._names.hex(), "type": kind, "name": name})

    def issue(self, user: User, project: Project | None, methods: tuple[str, ...]) -> Token:
        """A new token."""
        self._forget_expired()
        expires = max(self.now, time.time()) + LIFE
        token = Token("gAAAAA" + secrets.token_urlsafe(64), user, project, self.now, expires, methods)
        self._tokens[token.value] = token
        return token

    def token(self, value: str) -> Token | None:
        """The living token of that value."""
        self._forget_expired()
        return self._tokens.get(value)

    def revoke(self, value: str) -> None:
        """The token is worth nothing any more."""
        self._tokens.pop(value, None)

    def _forget_expired(self) -> None:
        """An `api.expired` fault that came since the last look ends the life of all tokens issued before."""
        expiries = self.world.faults.expiries(SYSTEM)
        if set(expiries) - set(self._expiries):
            self._tokens.clear()
        self._expiries = expiries

    @property
    def network_lost(self) -> bool:
        """Whether nova would not reach neutron."""
        kinds = {"api.refused", "api.silent", "api.error"}
        return any(f.kind in kinds and f.target == f"{SYSTEM}/network" for f in self.world.faults)
