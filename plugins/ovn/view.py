"""The rows of the panels, joined from both databases, and made anew only where something changed."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from hsops.api import Batch, Ref, Resource
from hsops.plugins.ovn import rows
from hsops.plugins.ovn.join import REDIRECT, Join
from hsops.plugins.ovn.kinds.chassis import Chassis
from hsops.plugins.ovn.kinds.gateway import Gateway
from hsops.plugins.ovn.kinds.load_balancer import LoadBalancer
from hsops.plugins.ovn.kinds.port import Port
from hsops.plugins.ovn.kinds.router import Router
from hsops.plugins.ovn.kinds.switch import Switch
from hsops.plugins.ovn.ovsdb.replica import Change, Replica

HOLD = 0.5
"""Seconds a gateway port may be ill before that is shown: on its way to the next chassis it is nowhere for some ms."""
_ROUTING = {"Logical_Router", "Logical_Router_Port", "Gateway_Chassis", "HA_Chassis_Group", "HA_Chassis"}


class View:
    """What is shown, and what of it is different."""

    def __init__(self, north: Replica, south: Replica) -> None:
        self._join = Join(north, south)
        self._north, self._south = north.tables, south.tables
        self._shown: dict[Ref, Resource] = {}
        self._moving: dict[Ref, float] = {}

    # -- batches

    def everything(self) -> Batch:
        """Every row."""
        self._join.rebuild()
        kinds: list[Iterable[Resource]] = [
            self._chassis(), self._routing(), self._load_balancers(),
            (rows.switch(self._join, uuid) for uuid in self._north["Logical_Switch"].rows),
            (rows.port(self._join, uuid) for uuid in self._north["Logical_Switch_Port"].rows),
        ]  # fmt: skip
        self._shown = {Ref(row.KIND, row.key()): row for kind in kinds for row in kind}
        return Batch(upserts=tuple(self._shown.values()), full=True)

    def follow(self, changes: Sequence[Change]) -> Batch:
        """What is different after these changes; empty when nothing that is shown is."""
        tables = {change.table for change in changes}
        if "Chassis" in tables:  # a name may stand in every row
            return self._difference(self.everything().upserts, whole=True)
        ports, switches = self._join.follow(changes)
        fresh: list[Resource] = []
        gone: list[Ref] = []
        if tables & {"Chassis_Private", "Encap", "NB_Global", "Port_Binding"}:
            fresh += self._chassis()
        if tables & _ROUTING or any(_is_redirect(change) for change in changes):
            routing = self._routing()
            fresh += routing
            gone += self._vanished((Router.KIND, Gateway.KIND), routing)
        if "Load_Balancer" in tables:
            balancers = self._load_balancers()
            fresh += balancers
            gone += self._vanished((LoadBalancer.KIND,), balancers)
        known = self._north
        fresh += [rows.port(self._join, uuid) for uuid in ports if uuid in known["Logical_Switch_Port"].rows]
        fresh += [rows.switch(self._join, uuid) for uuid in switches if uuid in known["Logical_Switch"].rows]
        gone += [Ref(Switch.KIND, uuid) for uuid in switches if uuid not in known["Logical_Switch"].rows]
        gone += [
            Ref(Port.KIND, change.old["name"])
            for change in changes
            if change.table == "Logical_Switch_Port" and change.old and change.old["name"] not in self._join.port_ids
        ]
        return self._difference(fresh, gone=gone)

    @property
    def undecided(self) -> bool:
        """Whether a gateway port is on its way, which is not shown: look again in `HOLD`."""
        return bool(self._moving)

    def settle(self) -> Batch:
        """What became of those."""
        return self._difference(self._routing())

    # -- parts

    def _difference(self, fresh: Sequence[Resource], *, gone: Iterable[Ref] = (), whole: bool = False) -> Batch:
        before, upserts = self._shown, []
        if whole:
            return Batch(upserts=fresh, full=True)
        for row in fresh:
            ref = Ref(row.KIND, row.key())
            if before.get(ref) != row:
                before[ref] = row
                upserts.append(row)
        removes = tuple(ref for ref in gone if before.pop(ref, None) is not None)
        return Batch(upserts=tuple(upserts), removes=removes)

    def _steady(self, row: Gateway) -> Gateway:
        """The row, or the one that is shown while a port that was well is only on its way to the next chassis."""
        ref = Ref(row.KIND, row.key())
        before = self._shown.get(ref)
        if not isinstance(before, Gateway) or before.health() or not row.health():
            self._moving.pop(ref, None)
            return row
        since = self._moving.setdefault(ref, time.monotonic())
        if time.monotonic() - since < HOLD:
            return before
        del self._moving[ref]
        return row

    def _vanished(self, kinds: Sequence[str], fresh: Sequence[Resource]) -> list[Ref]:
        there = {Ref(row.KIND, row.key()) for row in fresh}
        return [ref for ref in self._shown if ref.kind in kinds and ref not in there]

    def _chassis(self) -> list[Chassis]:
        private = {row["name"]: row for row in self._south["Chassis_Private"].rows.values()}
        return [rows.chassis(self._join, uuid, private) for uuid in self._south["Chassis"].rows]

    def _routing(self) -> list[Resource]:
        gateways = [(uuid, self._steady(row)) for uuid, row in rows.gateways(self._join)]
        by_router: dict[str, list[Gateway]] = {}
        for uuid, gateway in gateways:
            by_router.setdefault(uuid, []).append(gateway)
        routers = [
            rows.router(self._join, uuid, by_router.get(uuid, ())) for uuid in self._north["Logical_Router"].rows
        ]
        return [*(gateway for _, gateway in gateways), *routers]

    def _load_balancers(self) -> list[LoadBalancer]:
        return [rows.load_balancer(uuid, row) for uuid, row in self._north["Load_Balancer"].rows.items()]


def _is_redirect(change: Change) -> bool:
    row = change.new or change.old
    return change.table == "Port_Binding" and row is not None and row["type"] == REDIRECT
