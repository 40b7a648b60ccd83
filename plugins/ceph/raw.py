"""The whole object as Ceph has it, for the YAML view."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hsops.api import NotFound, Ref
from hsops.plugins.ceph import command as commands
from hsops.plugins.ceph.client import CephClient
from hsops.plugins.ceph.command import Command

Json = dict[str, Any]


async def raw(client: CephClient, ref: Ref) -> Mapping[str, Any]:
    """Everything about one object. Raises NotFound when it is not there (any more)."""
    answer = {
        "ceph.cluster": _cluster, "ceph.check": _check, "ceph.host": _host, "ceph.osd": _osd, "ceph.pg": _pg,
        "ceph.pool": _pool,
    }[ref.kind]  # fmt: skip
    return await answer(client, ref)


async def _ask(client: CephClient, command: Command) -> Any:
    return await client.ask(command, object)


async def _cluster(client: CephClient, ref: Ref) -> Json:
    return {"status": await _ask(client, commands.STATUS), "versions": await _ask(client, commands.VERSIONS)}


async def _check(client: CephClient, ref: Ref) -> Json:
    checks: Json = (await _ask(client, commands.HEALTH))["checks"]
    if ref.id not in checks:
        raise NotFound("this check is not raised any more", system=client.system, thing=str(ref))
    return {ref.id: checks[ref.id]}


async def _host(client: CephClient, ref: Ref) -> Json:
    nodes = (await _ask(client, commands.OSD_TREE))["nodes"]
    host = _pick(client, ref, [node for node in nodes if node["type"] == "host"], "name", ref.id)
    return {**host, "osds": [node for node in nodes if node["id"] in host.get("children", ())]}


async def _osd(client: CephClient, ref: Ref) -> Json:
    number = int(ref.id)
    dump = await _ask(client, commands.OSD_DUMP)
    found = {"osd": _pick(client, ref, dump["osds"], "osd", number)}
    found["xinfo"] = _pick(client, ref, dump["osd_xinfo"], "osd", number)
    found["metadata"] = await _ask(client, commands.osd_metadata(number))
    return found


async def _pool(client: CephClient, ref: Ref) -> Json:
    pools = (await _ask(client, commands.OSD_DUMP))["pools"]
    usage = (await _ask(client, commands.DF))["pools"]
    return {
        "pool": _pick(client, ref, pools, "pool_name", ref.id),
        "usage": _pick(client, ref, usage, "name", ref.id)["stats"],
    }


async def _pg(client: CephClient, ref: Ref) -> Json:
    """From the manager: ``pg query`` asks the leading OSD and hangs when that is the one that is dead."""
    brief = (await _ask(client, commands.PGS))["pg_stats"]
    leader = _pick(client, ref, brief, "pgid", ref.id)["acting_primary"]
    if leader < 0:
        return _pick(client, ref, brief, "pgid", ref.id)
    return _pick(client, ref, (await _ask(client, commands.pgs_led_by(leader)))["pg_stats"], "pgid", ref.id)


def _pick(client: CephClient, ref: Ref, rows: Sequence[Json], field: str, value: object) -> Json:
    for row in rows:
        if row.get(field) == value:
            return row
    raise NotFound("it does not exist (any more)", system=client.system, thing=str(ref))
