"""What a workflow needs to know of an OSD before it begins; journalled as JSON."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec

from hsops.api import NotFound
from hsops.plugins.ceph import command as commands
from hsops.plugins.ceph import orchestra
from hsops.plugins.ceph.crush import NOWHERE, spots
from hsops.plugins.ceph.inventory import Daemon
from hsops.plugins.ceph.wire.osds import Df, Dump, Tree

if TYPE_CHECKING:
    from hsops.plugins.ceph.client import CephClient

TIB = float(1 << 40)


class OsdFacts(msgspec.Struct, frozen=True, kw_only=True):
    """An OSD, and what its neighbours have of room."""

    id: int
    host: str
    weight: float
    """In the CRUSH map, TiB."""
    up: bool
    inside: bool
    destroyed: bool
    uuid: str
    """Of the disk: a new one under the same id has another."""
    cephadm: bool
    can_stop: bool
    can_create: bool
    stop: tuple[str, ...]
    start: tuple[str, ...]
    create: tuple[str, ...]
    groups: int = 0
    own_weight: float = 0.0
    """What Ceph gives a disk of its size."""
    others_size: int = 0
    """Bytes of the OSDs that may take its data."""
    others_used: int = 0
    used: int = 0
    where: str = ""
    """Who takes its data: ``the other OSDs of ceph-h1``."""
    limit: float = 0.85
    """The fill that is near full."""

    @property
    def name(self) -> str:
        """``osd.3``"""
        return f"osd.{self.id}"

    @property
    def fill_after(self) -> float | None:
        """How full those are that take its data; None when there is nobody."""
        return (self.others_used + self.used) / self.others_size if self.others_size else None

    @property
    def daemon(self) -> Daemon:
        """As the site's commands name it."""
        return Daemon(type="osd", id=str(self.id), host=self.host, up=self.up)


def osd_facts(known: Any) -> OsdFacts:
    """From the journal's JSON."""
    return msgspec.convert(known, OsdFacts)


async def read_osd(client: CephClient, osd: int) -> dict[str, Any]:
    """The facts as JSON. Raises NotFound: Ceph itself is content with any number."""
    dump, tree, df = await asyncio.gather(
        client.ask(commands.OSD_DUMP, Dump), client.ask(commands.OSD_TREE, Tree), client.ask(commands.OSD_DF, Df)
    )  # fmt: skip
    state = next((one for one in dump.osds if one.osd == osd), None)
    node = next((one for one in (*tree.nodes, *tree.stray) if one.id == osd), None)
    if state is None or node is None:
        raise NotFound("there is no such OSD (any more)", system=client.system, thing=f"osd.{osd}")
    host = spots(tree).get(osd, NOWHERE).host
    daemon = Daemon(type="osd", id=str(osd), host=host, up=bool(state.up))
    hands = client.hands
    mine = next((one for one in df.nodes if one.id == osd), None)
    facts = OsdFacts(
        id=osd, host=host, weight=node.crush_weight, up=bool(state.up), inside=bool(state.in_),
        destroyed="destroyed" in state.state, uuid=state.uuid, cephadm=await orchestra.has_cephadm(client),
        can_stop=hands.can("stop"), can_create=hands.can("create"), stop=hands.line("stop", daemon),
        start=hands.line("start", daemon), create=hands.line("create", daemon), groups=mine.pgs if mine else 0,
        own_weight=round(mine.kb * 1024 / TIB, 5) if mine else 0.0, used=mine.kb_used * 1024 if mine else 0,
        limit=dump.nearfull_ratio, **_neighbours(osd, host, dump, tree, df),
    )  # fmt: skip
    found: dict[str, Any] = msgspec.to_builtins(facts)
    return found


def _neighbours(osd: int, host: str, dump: Dump, tree: Tree, df: Df) -> dict[str, Any]:
    """Who takes the data: with as many hosts as copies only the same host can, else anybody."""
    where = spots(tree)
    usable = {one.osd for one in dump.osds if one.up and one.in_}
    usable &= {node.id for node in tree.nodes if node.crush_weight > 0}
    copies = max((pool.size for pool in dump.pools), default=1)
    hosts = {where[one].host for one in usable if one in where}
    narrow = len(hosts) <= copies
    taking = {one for one in usable - {osd} if not narrow or where.get(one, NOWHERE).host == host}
    rows = [one for one in df.nodes if one.id in taking]
    return {
        "others_size": sum(one.kb for one in rows) * 1024,
        "others_used": sum(one.kb_used for one in rows) * 1024,
        "where": f"the other OSDs of {host}" if narrow else f"{len(rows)} other OSDs",
    }
