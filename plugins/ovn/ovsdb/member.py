"""Which server of a database to use: a member that is cut off from its cluster still answers, with old data."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from typing import Any

import msgspec

from hsops.api import BadAnswer, HsopsError, Unreachable
from hsops.plugins.ovn.ovsdb.address import Address
from hsops.plugins.ovn.ovsdb.rpc import Rpc


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """What a server says of its copy in ``_Server.Database``. A standalone one is always connected and the leader."""

    model: str = "standalone"
    connected: bool = False
    leader: bool = False
    index: int = 0
    """Of the last entry of the raft log it has."""


async def ask(rpc: Rpc, database: str) -> Member:
    """How the server stands in the cluster of a database."""
    columns = ["model", "connected", "leader", "index"]
    where = [["name", "==", database]]
    select = {"op": "select", "table": "Database", "where": where, "columns": columns}
    answer = await rpc.call("transact", ["_Server", select])
    try:
        rows = msgspec.json.decode(answer, type=list[_Selected])[0].rows
        found = [msgspec.convert({k: v for k, v in row.items() if not isinstance(v, list)}, Member) for row in rows]
    except (msgspec.DecodeError, IndexError) as error:
        raise BadAnswer(f"not what _Server says: {error}", system=rpc.system, thing=rpc.address) from error
    if not found:
        raise Unreachable(f"it has no database {database}", system=rpc.system, thing=rpc.address)
    return found[0]


class _Selected(msgspec.Struct):
    """Result of a select. An optional column that is empty comes as a list, which is left out."""

    rows: list[dict[str, Any]] = []


async def open_best(
    addresses: Sequence[Address],
    database: str,
    *,
    tls: ssl.SSLContext | None,
    system: str,
    timeout: float,  # noqa: ASYNC109 - of each socket, not of the whole
) -> tuple[Rpc, Member]:
    """A connection to the first server that is connected to its cluster. Raises Unreachable with what each said."""
    said: list[str] = []
    for address in addresses:
        try:
            rpc = await _open(address, tls, system, timeout)
        except (HsopsError, OSError, TimeoutError) as error:
            said.append(f"{address}: {error or 'no answer'}")
            continue
        try:
            member = await ask(rpc, database)
        except HsopsError as error:
            said.append(f"{address}: {error}")
        else:
            if member.connected:
                return rpc, member
            said.append(f"{address}: cut off from its cluster, what it has is old")
        await rpc.aclose()
    raise Unreachable("; ".join(said), system=system, thing=database, hint="is ovsdb-server up, and the port open?")


async def _open(address: Address, tls: ssl.SSLContext | None, system: str, timeout: float) -> Rpc:  # noqa: ASYNC109 - as above
    reader, writer = await asyncio.wait_for(address.open(tls), timeout)
    return Rpc(reader, writer, system=system, address=str(address), timeout=timeout)
