"""The connection to one OVN: its northbound and its southbound database."""

from __future__ import annotations

import ssl
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from hsops.api import (
    AuthFailed,
    BadAnswer,
    Conflict,
    Context,
    Health,
    NotFound,
    Ref,
    SystemHealth,
    UserError,
)
from hsops.plugins.ovn import tables
from hsops.plugins.ovn.options import OvnOptions
from hsops.plugins.ovn.ovsdb import member
from hsops.plugins.ovn.ovsdb.address import parse_all
from hsops.plugins.ovn.ovsdb.rpc import Rpc


async def connect(options: OvnOptions, context: Context) -> Ovn:
    """Connect to both databases. Raises Unreachable with what each member said."""
    tls = _tls(options, context) if "ssl:" in options.northbound + options.southbound else None
    opened: list[Rpc] = []
    try:
        for text, database in ((options.northbound, tables.NORTHBOUND), (options.southbound, tables.SOUTHBOUND)):
            rpc, _ = await member.open_best(
                parse_all(text), database, tls=tls, system=context.system, timeout=context.timeout
            )
            opened.append(rpc)
    except BaseException:
        for rpc in opened:
            await rpc.aclose()
        raise
    return Ovn(opened[0], opened[1], context.system)


def _tls(options: OvnOptions, context: Context) -> ssl.SSLContext:
    """OVN's certificates are of an authority of its own and name no host: `ca` is who is trusted, and nobody else."""
    if not options.ca:
        raise UserError("ssl: needs `ca:`", system=context.system, hint="the CA of ovn-nbctl's --ca-cert")
    try:
        tls = ssl.create_default_context(cafile=context.path(options.ca))
        tls.check_hostname = False  # as ovn-nbctl: ovs-pki's certificates carry an id, not a name
        if options.certificate:
            tls.load_cert_chain(context.path(options.certificate), context.path(options.private_key) or None)
    except (OSError, ssl.SSLError) as error:
        raise AuthFailed(
            f"the certificates cannot be used: {error}", system=context.system, hint="ca, certificate, private_key"
        ) from error
    return tls


class Ovn:
    """An open connection."""

    def __init__(self, north: Rpc, south: Rpc, system: str) -> None:
        self.north = north
        self.south = south
        self.system = system

    @property
    def lost(self) -> bool:
        """Whether a database's connection has ended: both are opened anew then, maybe at another member."""
        return self.north.lost is not None or self.south.lost is not None

    async def aclose(self) -> None:
        """Close both."""
        await self.north.aclose()
        await self.south.aclose()

    async def health(self) -> SystemHealth:
        """Whether both databases answer and belong to their cluster."""
        trouble: list[str] = []
        models: set[str] = set()
        for rpc, database in ((self.north, tables.NORTHBOUND), (self.south, tables.SOUTHBOUND)):
            found = await member.ask(rpc, database)
            models.add(found.model)
            if not found.connected:
                trouble.append(f"{database} at {rpc.address} is cut off from its cluster: what is shown is old")
        if trouble:
            return SystemHealth(Health.CRITICAL, "; ".join(trouble))
        return SystemHealth(Health.OK, f"{', '.join(sorted(models))} databases answer")

    async def transact(self, *operations: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        """Change the northbound database, all or nothing; one result an operation.

        Raises Conflict when a ``wait`` of it does not hold, BadAnswer for what the server refuses. A time-out means
        not known, not failed: without quorum a write hangs and is applied when quorum is back.
        """
        answer = await self.north.call("transact", [tables.NORTHBOUND, *operations])
        results: list[dict[str, Any] | None] = msgspec.json.decode(answer)
        for result in results:
            if result and result.get("error"):
                text = f"{result['error']}: {result.get('details', '')}".rstrip(": ")
                kind = Conflict if result["error"] == "timed out" else BadAnswer
                raise kind(text, system=self.system, thing=tables.NORTHBOUND)
        return [result or {} for result in results[: len(operations)]]

    async def select(self, table: str, *where: Sequence[Any]) -> Sequence[Mapping[str, Any]]:
        """Rows of a northbound table, as they are on the wire."""
        return await self._select(self.north, tables.NORTHBOUND, table, where)

    async def select_south(self, table: str, *where: Sequence[Any]) -> Sequence[Mapping[str, Any]]:
        """Rows of a southbound table, as they are on the wire."""
        return await self._select(self.south, tables.SOUTHBOUND, table, where)

    async def _select(
        self, rpc: Rpc, database: str, table: str, where: Sequence[Sequence[Any]]
    ) -> Sequence[Mapping[str, Any]]:
        answer = await rpc.call("transact", [database, {"op": "select", "table": table, "where": list(where)}])
        results: Any = msgspec.json.decode(answer)
        if results[0].get("error"):
            raise BadAnswer(f"{results[0]['error']}: {results[0].get('details', '')}", system=self.system, thing=table)
        rows: Sequence[Mapping[str, Any]] = results[0]["rows"]
        return rows


_TABLES = {
    "ovn.router": ("Logical_Router", "_uuid"),
    "ovn.switch": ("Logical_Switch", "_uuid"),
    "ovn.load_balancer": ("Load_Balancer", "_uuid"),
    "ovn.port": ("Logical_Switch_Port", "name"),
    "ovn.gateway": ("Logical_Router_Port", "name"),
}


async def raw(connection: Ovn, ref: Ref) -> Mapping[str, Any]:
    """The whole row as the database has it. Raises NotFound."""
    if ref.kind == "ovn.chassis":
        found = await connection.select_south("Chassis", ["name", "==", ref.id])
    else:
        table, column = _TABLES[ref.kind]
        found = await connection.select(table, [column, "==", ["uuid", ref.id] if column == "_uuid" else ref.id])
    if not found:
        raise NotFound("it is not there (any more)", system=connection.system, thing=str(ref))
    row: Mapping[str, Any] = found[0]
    return row
