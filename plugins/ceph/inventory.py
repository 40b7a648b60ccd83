"""Every daemon of the cluster: where it runs, whether it does, and a mark that is another one after every start."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from hsops.plugins.ceph import calls
from hsops.plugins.ceph import command as commands
from hsops.plugins.ceph.client import CephClient
from hsops.plugins.ceph.crush import NOWHERE, spots
from hsops.plugins.ceph.wire.daemons import FsDump, Metadata, MgrDump, Nodes, Quorum, ServiceDump, Standby
from hsops.plugins.ceph.wire.osds import Dump, Tree

ORDER = ("mgr", "mon", "osd", "mds", "rgw")
"""In which types of daemons are upgraded."""


class Daemon(msgspec.Struct, frozen=True, kw_only=True):
    """One daemon."""

    type: str
    id: str
    host: str
    up: bool
    life: str = ""
    """Changes with every start: the map's epoch of an OSD's coming, a manager's gid; of a monitor the election's
    number, which a start of any monitor changes."""
    active: bool = False
    """The manager that serves."""

    @property
    def name(self) -> str:
        """``osd.3``"""
        return f"{self.type}.{self.id}"


async def inventory(client: CephClient) -> list[Daemon]:
    """All of them, in the order of an upgrade."""
    quorum, mgrs, nodes = await asyncio.gather(
        client.ask(calls.QUORUM, Quorum), client.ask(calls.MGR_DUMP, MgrDump), client.ask(commands.NODES, Nodes)
    )  # fmt: skip
    tree, dump = await asyncio.gather(
        client.ask(commands.OSD_TREE, Tree), client.ask(commands.OSD_DUMP, Dump)
    )  # fmt: skip
    fs, services = await asyncio.gather(client.ask(calls.FS_DUMP, FsDump), client.ask(calls.SERVICES, ServiceDump))
    found = [*_mgrs(mgrs, nodes), *_mons(quorum, nodes), *_osds(tree, dump), *_mdss(fs, nodes), *_rgws(services)]
    return sorted(found, key=lambda daemon: (ORDER.index(daemon.type), daemon.active))


def _homes(hosts: Mapping[str, list[str]]) -> dict[str, str]:
    return {name: host for host, names in hosts.items() for name in names}


def _mgrs(dump: MgrDump, nodes: Nodes) -> Iterator[Daemon]:
    lives = {standby.name: standby.gid for standby in dump.standbys}
    if dump.available or dump.active_gid:
        lives[dump.active_name] = dump.active_gid
    homes = _homes(nodes.mgr)
    for name in dict.fromkeys((*homes, *lives)):
        if name:
            yield Daemon(
                type="mgr", id=name, host=homes.get(name, ""), up=name in lives, life=str(lives.get(name, "")),
                active=name == dump.active_name and dump.available,
            )  # fmt: skip


def _mons(quorum: Quorum, nodes: Nodes) -> Iterator[Daemon]:
    homes = _homes(nodes.mon)
    for mon in quorum.monmap.mons:
        up = mon.name in quorum.quorum_names
        yield Daemon(type="mon", id=mon.name, host=homes.get(mon.name, ""), up=up, life=str(quorum.election_epoch))


def _osds(tree: Tree, dump: Dump) -> Iterator[Daemon]:
    where = spots(tree)
    for osd in dump.osds:
        host = where.get(osd.osd, NOWHERE).host
        yield Daemon(type="osd", id=str(osd.osd), host=host, up=bool(osd.up), life=str(osd.up_from))


def _mdss(dump: FsDump, nodes: Nodes) -> Iterator[Daemon]:
    serving: list[Standby] = [*dump.standbys, *(one for fs in dump.filesystems for one in fs.mdsmap.info.values())]
    lives = {one.name: one.gid for one in serving}
    homes = _homes(nodes.mds)
    for name in dict.fromkeys((*homes, *lives)):
        yield Daemon(
            type="mds", id=name, host=homes.get(name, ""), up=name in lives, life=str(lives.get(name, ""))
        )  # fmt: skip


def _rgws(dump: ServiceDump) -> Iterator[Daemon]:
    service = dump.services.get("rgw")
    for number, told in (service.daemons if service else {}).items():
        if not isinstance(told, dict):
            continue
        about: Mapping[str, Any] = told.get("metadata") or {}
        name = str(about.get("id") or number).removeprefix("rgw.")
        life = f"{told.get('gid', '')} {told.get('start_stamp', '')}"
        yield Daemon(type="rgw", id=name, host=str(about.get("hostname", "")), up=True, life=life)


async def find(client: CephClient, type_: str, id_: str) -> Daemon | None:
    """One daemon as it is now, None when nobody knows it."""
    return next((one for one in await inventory(client) if (one.type, one.id) == (type_, id_)), None)


async def version(client: CephClient, daemon: Daemon) -> str:
    """``16.2.15``; empty for a gateway, of which the monitors tell no version."""
    if daemon.type == "rgw":
        return ""
    return (await client.ask(calls.metadata(daemon.type, daemon.id), Metadata)).ceph_version_short


def on_host(daemons: list[Daemon], host: str) -> list[Daemon]:
    """Those of one host, by its full or its short name."""
    return [one for one in daemons if same_host(one.host, host)]


def same_host(one: str, other: str) -> bool:
    """CRUSH may have the short name of what calls itself by its full one."""
    short = one.partition(".")[0] == other.partition(".")[0]
    return one == other or (bool(one) and short and "." in one + other and not ("." in one and "." in other))
