"""What a workflow needs to know of a host before it begins; journalled as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from hsops.api import NotFound
from hsops.plugins.ceph import command as commands
from hsops.plugins.ceph import orchestra
from hsops.plugins.ceph.inventory import ORDER, inventory, on_host
from hsops.plugins.ceph.wire.osds import Dump, Tree

if TYPE_CHECKING:
    from hsops.plugins.ceph.client import CephClient

NOOUT = "noout"
STOPPING = ("rgw", "mds", "osd", "mgr", "mon")
"""In which order the daemons of a host stop; they start in the reverse."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One daemon of the host, with the commands that stop and start it."""

    type: str
    id: str
    host: str
    up: bool
    active: bool
    stop: tuple[str, ...]
    start: tuple[str, ...]

    @property
    def name(self) -> str:
        """``osd.3``"""
        return f"{self.type}.{self.id}"


class HostFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A host and what runs on it."""

    host: str
    crush: bool
    """Whether it stands in the CRUSH tree: only then its OSDs can be held."""
    held: bool
    """Whether ``noout`` is set for it already."""
    cephadm: bool
    can_stop: bool
    can_start: bool
    parts: tuple[Part, ...]

    @property
    def osds(self) -> list[int]:
        """Numbers of its OSDs."""
        return sorted(int(part.id) for part in self.parts if part.type == "osd")

    def of(self, type_: str) -> list[Part]:
        """Its daemons of a type."""
        return [part for part in self.parts if part.type == type_]

    @property
    def text(self) -> str:
        """``2 OSDs, 1 mon``; empty when nothing of Ceph runs there."""
        counts = {type_: len(self.of(type_)) for type_ in ("osd", *(one for one in ORDER if one != "osd"))}
        words = [f"{n} {'OSD' if type_ == 'osd' else type_}{'s' * (n > 1)}" for type_, n in counts.items() if n]
        return ", ".join(words)

    @property
    def active_manager(self) -> Part | None:
        """The manager that serves, when it is on this host."""
        return next((part for part in self.of("mgr") if part.active), None)


def host_facts(known: Any) -> HostFacts:
    """From the journal's JSON."""
    return msgspec.convert(known, HostFacts)


async def read_host(client: CephClient, host: str, *, must: bool = True) -> dict[str, Any]:
    """The facts as JSON. Raises NotFound when `must` and nothing of Ceph is known there."""
    tree, dump = await client.ask(commands.OSD_TREE, Tree), await client.ask(commands.OSD_DUMP, Dump)
    daemons = on_host(await inventory(client), host)
    crush = any(node.type == "host" and node.name == host for node in tree.nodes)
    if must and not crush and not daemons:
        raise NotFound("neither the CRUSH tree nor any daemon knows this host", system=client.system, thing=host)
    hands = client.hands
    parts = [
        Part(
            type=one.type, id=one.id, host=one.host, up=one.up, active=one.active, stop=hands.line("stop", one),
            start=hands.line("start", one),
        )
        for one in sorted(daemons, key=lambda one: (STOPPING.index(one.type), one.id))
    ]  # fmt: skip
    facts = HostFacts(
        host=host, crush=crush, held=NOOUT in dump.crush_node_flags.get(host, ()), parts=tuple(parts),
        cephadm=await orchestra.has_cephadm(client), can_stop=hands.can("stop"), can_start=hands.can("start"),
    )  # fmt: skip
    found: dict[str, Any] = msgspec.to_builtins(facts)
    return found
