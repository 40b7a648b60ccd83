"""Placement: what each host may promise, what it has promised, and to whom.

One call, ``GET /allocation_candidates``, tells capacity and use of every host that has any room. Only hosts that are
full (they are no candidates) and inventories (for total and ratio) take a call for each host; inventories hardly ever
change, so they are kept and asked for a few at a time.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from hsops.api import BadAnswer, NotFound
from hsops.plugins.openstack.address import path, version
from hsops.plugins.openstack.fanout import each
from hsops.plugins.openstack.kinds.hypervisor import Amount

if TYPE_CHECKING:
    from hsops.plugins.openstack.client import OpenStack

Room = Mapping[str, Amount]
"""Resource class -> amount."""

CLASSES = ("VCPU", "MEMORY_MB", "DISK_GB")
_WHOLE_SUMMARIES = "1.27"
"""From here on a candidate's summary has all of its resources, not only those asked for."""
_KEPT = 600.0
"""Seconds after which an inventory is read again."""
_SHARE = 9.0


class Inventory(msgspec.Struct):
    """One resource of a provider."""

    total: int = 0
    reserved: int = 0
    allocation_ratio: float = 1.0

    @property
    def capacity(self) -> int:
        """What may be promised, as placement computes it."""
        return int((self.total - self.reserved) * self.allocation_ratio)


class _Inventories(msgspec.Struct):
    inventories: dict[str, Inventory]


class _Usages(msgspec.Struct):
    usages: dict[str, int]


class _Summary(msgspec.Struct):
    capacity: int = 0
    used: int = 0


class _Provider(msgspec.Struct):
    resources: dict[str, _Summary] = {}


class _Candidates(msgspec.Struct):
    provider_summaries: dict[str, _Provider]


class Claim(msgspec.Struct):
    """What one consumer (a server, or a migration) holds of a provider."""

    resources: dict[str, int]


class _Allocations(msgspec.Struct):
    allocations: dict[str, Claim]


async def claims(cloud: OpenStack, provider: str) -> Mapping[str, Claim]:
    """Who holds what of a provider, by consumer id. Raises NotFound when placement does not know the provider."""
    answer = await cloud.fetch("placement", path("resource_providers", provider, "allocations"), _Allocations)
    return answer.allocations


async def providers_of(cloud: OpenStack, consumer: str) -> Sequence[str]:
    """On which providers a consumer holds something."""
    return sorted((await cloud.fetch("placement", path("allocations", consumer), _Allocations)).allocations)


class Capacity:
    """Room of the hosts of one cloud, learnt with few calls."""

    def __init__(self, cloud: OpenStack) -> None:
        self._cloud = cloud
        self._inventories: dict[str, tuple[float, Mapping[str, Inventory]]] = {}
        self._known: Mapping[str, dict[str, _Summary]] = {}
        self._next = float("-inf")

    async def rooms(self, providers: Iterable[str], *, budget: int, fresh: bool = False) -> Mapping[str, Room]:
        """Amounts by provider; one that placement does not know is not in it.

        At most `budget` inventories are read: with more providers than that, ratios come over the next calls. Unless
        `fresh`, use is asked for so seldom that placement spends at most a tenth of its time on it.
        """
        wanted = list(providers)
        if fresh or time.monotonic() >= self._next:
            started = time.monotonic()
            self._known = await self._summaries()
            self._next = time.monotonic() + _SHARE * (time.monotonic() - started)
        summaries = self._known
        await self._refresh_inventories(wanted, budget)
        full = [provider for provider in wanted if provider not in summaries]
        single = await each(full, self._one)
        return {
            provider: room
            for provider in wanted
            if (room := self._room(provider, summaries.get(provider) or single.get(provider)))
        }

    async def _summaries(self) -> dict[str, dict[str, _Summary]]:
        if version(self._cloud.versions["placement"]) < version(_WHOLE_SUMMARIES):
            return {}
        query = (("resources", "MEMORY_MB:1"),)
        try:
            answer = await self._cloud.fetch("placement", "/allocation_candidates", _Candidates, query)
        except (NotFound, BadAnswer):
            return {}  # then every provider is asked by itself, and a real failure shows there
        return {provider: one.resources for provider, one in answer.provider_summaries.items()}

    async def _one(self, provider: str) -> dict[str, _Summary]:
        """A provider that is full, or of a placement too old for summaries."""
        inventories = await self._inventory(provider)
        usages = await self._cloud.fetch("placement", path("resource_providers", provider, "usages"), _Usages)
        return {
            name: _Summary(inventory.capacity, usages.usages.get(name, 0)) for name, inventory in inventories.items()
        }

    async def _inventory(self, provider: str) -> Mapping[str, Inventory]:
        answer = await self._cloud.fetch("placement", path("resource_providers", provider, "inventories"), _Inventories)
        self._inventories[provider] = (time.monotonic(), answer.inventories)
        return answer.inventories

    async def _refresh_inventories(self, providers: Iterable[str], budget: int) -> None:
        now = time.monotonic()
        never: tuple[float, Mapping[str, Inventory]] = (float("-inf"), {})
        ages = sorted((self._inventories.get(provider, never)[0], provider) for provider in providers)
        old = [provider for at, provider in ages if now - at > _KEPT]
        await each(old[:budget], self._inventory)

    def _room(self, provider: str, summary: Mapping[str, _Summary] | None) -> Room:
        if not summary:
            return {}
        inventories: Mapping[str, Inventory] = self._inventories.get(provider, (0.0, {}))[1]
        return {name: _amount(one, inventories.get(name)) for name, one in summary.items()}


def _amount(summary: _Summary, inventory: Inventory | None) -> Amount:
    if inventory is None:
        return Amount(summary.used, summary.capacity)
    return Amount(summary.used, summary.capacity, inventory.total, inventory.allocation_ratio)
