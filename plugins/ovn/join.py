"""What belongs together in the two databases: indices that are kept up to date as rows change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from hsops.plugins.ovn.ovsdb.replica import Change, Replica, Row

REDIRECT = "chassisredirect"
"""Type of the binding that says which chassis holds a gateway port."""


class Join:
    """Looks up what belongs together in the two replicas."""

    def __init__(self, north: Replica, south: Replica) -> None:
        self.north = north
        self.south = south
        self.hostnames: dict[str, str] = {}
        """Of a chassis, by its row's UUID."""
        self.names: dict[str, str] = {}
        """The same by its system id."""
        self.bindings: dict[str, Row] = {}
        """By logical port."""
        self.switches: dict[str, str] = {}
        """Switch's UUID by port's UUID."""
        self.port_ids: dict[str, str] = {}
        """Port's UUID by its name."""
        self.held: Counter[str] = Counter()
        """Ports bound on a chassis, by its row's UUID."""
        self.redirects: Counter[str] = Counter()
        """Gateway ports held by a chassis, by its row's UUID."""

    def rebuild(self) -> None:
        """Make every index anew."""
        north, south = self.north.tables, self.south.tables
        found = south["Chassis"].rows
        self.hostnames = {uuid: row["hostname"] or row["name"] for uuid, row in found.items()}
        self.names = {row["name"]: row["hostname"] or row["name"] for row in found.values()}
        self.bindings = {row["logical_port"]: row for row in south["Port_Binding"].rows.values()}
        self.switches = {port: uuid for uuid, row in north["Logical_Switch"].rows.items() for port in row["ports"]}
        self.port_ids = {row["name"]: uuid for uuid, row in north["Logical_Switch_Port"].rows.items()}
        bound = [row for row in self.bindings.values() if row["chassis"]]
        self.held = Counter(row["chassis"] for row in bound if row["type"] != REDIRECT)
        self.redirects = Counter(row["chassis"] for row in bound if row["type"] == REDIRECT)

    def follow(self, changes: Sequence[Change]) -> tuple[set[str], set[str]]:
        """Ports and switches to make anew; the indices are brought up to date on the way."""
        ports: set[str] = set()
        switches: set[str] = set()
        for change in changes:
            if change.table == "Logical_Switch_Port":
                self._port_changed(change)
                ports.add(change.uuid)
            elif change.table == "Logical_Switch":
                ports |= self._switch_changed(change)
                switches.add(change.uuid)
            elif change.table == "Port_Binding":
                ports |= self._binding_changed(change)
        switches |= {self.switches[port] for port in ports if port in self.switches}
        return ports, switches

    def _port_changed(self, change: Change) -> None:
        if change.old is not None and self.port_ids.get(change.old["name"]) == change.uuid:
            del self.port_ids[change.old["name"]]
        if change.new is not None:
            self.port_ids[change.new["name"]] = change.uuid

    def _switch_changed(self, change: Change) -> set[str]:
        before = change.old["ports"] if change.old else frozenset()
        after = change.new["ports"] if change.new else frozenset()
        for port in before - after:
            self.switches.pop(port, None)
        self.switches.update(dict.fromkeys(after, change.uuid))
        same_name = change.old and change.new and label_of(change.old) == label_of(change.new)
        return set(before ^ after if same_name else before | after)

    def _binding_changed(self, change: Change) -> set[str]:
        dirty: set[str] = set()
        for row, step in ((change.old, -1), (change.new, 1)):
            if row is None:
                continue
            if row["chassis"]:
                (self.redirects if row["type"] == REDIRECT else self.held)[row["chassis"]] += step
            if step > 0:
                self.bindings[row["logical_port"]] = row
            else:
                self.bindings.pop(row["logical_port"], None)
            if row["logical_port"] in self.port_ids:
                dirty.add(self.port_ids[row["logical_port"]])
        return dirty


def label_of(row: Row) -> str:
    """Neutron's name of a router or a network, else its own."""
    ids = row["external_ids"]
    return str(ids.get("neutron:router_name") or ids.get("neutron:network_name") or row["name"])
