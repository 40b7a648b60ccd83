"""The simulated OVN: its northbound and southbound database on two loopback ports."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from hsops.plugins.ovn.simulator.content import Content
from hsops.plugins.ovn.simulator.server import OvsdbPort
from hsops.simulator.world import World

REFRESH = 1.0
"""Seconds between two looks at the world."""


class OvnFace:
    """One central node."""

    name = "ovn"

    def __init__(self) -> None:
        self._ports: list[OvsdbPort] = []
        self._task: asyncio.Task[None] | None = None

    async def start(self, world: World, host: str = "127.0.0.1") -> Mapping[str, Any]:
        """Bind two free ports; gives the site file's mapping."""
        content = Content(world)
        mapping: dict[str, Any] = {"plugin": self.name}
        for service, database in (("northbound", content.north), ("southbound", content.south)):
            port = OvsdbPort(world, service, database)
            self._ports.append(port)
            mapping[service] = await port.start(host)
        self._task = asyncio.create_task(_follow(content))
        return mapping

    async def stop(self) -> None:
        """Close both."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        for port in self._ports:
            await port.stop()


async def _follow(content: Content) -> None:
    while True:
        await asyncio.sleep(REFRESH)
        content.refresh()
