"""Live truths of the cloud that long work looks at between its steps."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from hsops.api import CheckResult, Gate
from hsops.plugins.openstack import condition
from hsops.plugins.openstack.pages import Linked, Services

if TYPE_CHECKING:
    from hsops.plugins.openstack.client import OpenStack

ROUNDS = 4
"""Looks at every API for one verdict."""
BETWEEN = 0.5
"""Seconds between two rounds."""
GOOD_RATE = 0.9
"""Part of the calls that must be answered: one of twelve may fail, two may not."""
_APIS = ("compute", "network", "identity")
_SHOWN = 5


class _Named(msgspec.Struct):
    id: str
    name: str = ""


class _Short(msgspec.Struct):
    """``GET /servers``: ids and names."""

    rows: list[_Named] = msgspec.field(name="servers")
    links: list[Linked] = msgspec.field(name="servers_links", default_factory=list)

    @property
    def next(self) -> str:
        """Link to the next page."""
        return next((link.href for link in self.links if link.rel == "next"), "")


def gates(cloud: OpenStack) -> Sequence[Gate]:
    """All of them, for one connection."""
    return (NoNewErrors(cloud), Answers(cloud), NoNewDown(cloud))


class NoNewErrors:
    """No server went into ERROR since the run began."""

    name = "servers.error"

    def __init__(self, cloud: OpenStack) -> None:
        self._cloud = cloud

    async def baseline(self) -> dict[str, str]:
        """Servers in ERROR, id to name."""
        query = (("all_tenants", "1"), ("status", "ERROR"))
        pages = await self._cloud.pages("compute", "/servers", _Short, query)
        return {row.id: row.name for _, page in pages for row in page.rows}

    async def look(self, baseline: Mapping[str, str]) -> CheckResult:
        """Whether there are others now."""
        new = {id_: name for id_, name in (await self.baseline()).items() if id_ not in baseline}
        words = [f"{name} ({id_})" if name else id_ for id_, name in new.items()]
        bad = f"{len(new)} servers went into ERROR since the run began: {_few(words)}"
        return CheckResult(
            name=self.name,
            ok=not new,
            text=bad if new else "no server went into ERROR since the run began",
            hint="`hsops get server` shows each one's fault; reset or rebuild it" if new else "",
        )


class Answers:
    """Nova, Neutron and Keystone answer cheap calls, by the rate of several."""

    name = "api"

    def __init__(self, cloud: OpenStack) -> None:
        self._cloud = cloud

    async def baseline(self) -> None:
        """An API that fails as the run begins is not good enough either."""

    async def look(self, baseline: Any) -> CheckResult:
        """The rate of one verdict's calls."""
        failed: list[str] = []
        for number in range(ROUNDS):
            if number:
                await asyncio.sleep(BETWEEN)
            troubles = await asyncio.gather(*(condition.trouble(self._cloud, one) for one in _APIS))
            failed += [
                f"{condition.PROJECTS[one]}: {trouble.what}"
                for one, trouble in zip(_APIS, troubles, strict=True)
                if trouble is not None
            ]
        calls = ROUNDS * len(_APIS)
        rate = 1 - len(failed) / calls
        text = f"{calls - len(failed)} of {calls} calls answered"
        return CheckResult(
            name=self.name,
            ok=rate >= GOOD_RATE,
            text=f"{text}; {_few(sorted(set(failed)))}" if failed else text,
            hint="work goes on when the services answer again" if rate < GOOD_RATE else "",
        )


class NoNewDown:
    """No compute service that should serve went down. A host in maintenance is disabled, and may be down."""

    name = "services.down"

    def __init__(self, cloud: OpenStack) -> None:
        self._cloud = cloud

    async def baseline(self) -> list[str]:
        """Services that are down though enabled: ``nova-compute on cmp-1``."""
        answer = await self._cloud.fetch("compute", "/os-services", Services)
        return sorted(row.title() for row in answer.rows if row.status == "enabled" and row.state == "down")

    async def look(self, baseline: Sequence[str]) -> CheckResult:
        """Whether others are now."""
        new = [one for one in await self.baseline() if one not in baseline]
        return CheckResult(
            name=self.name,
            ok=not new,
            text=f"down since the run began: {_few(new)}" if new else "no service went down since the run began",
            hint="bring them back, or disable them with a reason" if new else "",
        )


def _few(words: Sequence[str]) -> str:
    return "; ".join(words[:_SHOWN]) + (f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else "")
