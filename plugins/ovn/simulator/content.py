"""The rows of both databases, made from the world and kept as it goes on: the part of northd and the controllers."""

from __future__ import annotations

import uuid

from hsops.plugins.ovn import tables
from hsops.plugins.ovn.simulator.database import Database, Delta
from hsops.simulator.machines import Machine
from hsops.simulator.world import World

STANDBYS = 3
"""Chassis that may hold a gateway port."""
_SPACE = uuid.UUID("6f1c1d2e-0b3a-4c55-9d8e-0a1b2c3d4e5f")


def _id(*words: str) -> str:
    return str(uuid.uuid5(_SPACE, "/".join(words)))


class Content:
    """Both databases. `refresh` brings them to the world's present."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.north = Database(tables.NORTHBOUND, tables.NORTH)
        self.south = Database(tables.SOUTHBOUND, tables.SOUTH)
        self._gateways: dict[str, str] = {}
        """Name of a gateway port to its row in the northbound database."""
        self._seen: dict[str, tuple[object, ...]] = {}
        """What the ports of each server were last made from."""
        self._chassis()
        self._networks()
        self.refresh()
        self.north.watch(self._decided)

    def refresh(self) -> None:
        """Ports follow their servers, chassis confirm while they live, gateway ports go where they may."""
        now = int(self._world.clock.now() * 1000)
        down = self._world.fleet.down
        for machine in self._machines():
            if machine.name not in down:
                self.south.put("Chassis_Private", _id("private", machine.name), nb_cfg=1, nb_cfg_timestamp=now)
            else:
                self.south.put("Chassis_Private", _id("private", machine.name), nb_cfg=-9)
        self._ports()
        for name in self._gateways:
            self._elect(name)

    # -- parts

    def _machines(self) -> list[Machine]:
        return [*self._world.fleet.of("control"), *self._world.fleet.of("compute")]

    def _chassis(self) -> None:
        self.north.put("NB_Global", _id("global"), nb_cfg=1)
        for machine in self._machines():
            name, encap = machine.name, _id("encap", machine.name)
            self.south.put("Encap", encap, chassis_name=name, type="geneve", ip=machine.address)
            options = {"ovn-cms-options": "enable-chassis-as-gw"} if machine.role == "control" else {}
            self.south.put(
                "Chassis", _id("chassis", name), name=name, hostname=name, encaps=frozenset({encap}),
                other_config={**options, "ovn-version": "23.03.1"},
            )  # fmt: skip
            self.south.put("Chassis_Private", _id("private", name), name=name, nb_cfg=1)

    def _networks(self) -> None:
        external = next(network for network in self._world.network.networks.values() if network.external)
        self.north.put("Logical_Switch", external.id, name=f"neutron-{external.id}", external_ids=_named(external.name))
        self._switch_port(external.id, "provnet", "localnet", options={"network_name": "physnet1"})
        for number, network in enumerate(self._world.network.networks.values()):
            if not network.external:
                ids = _named(network.name)
                self.north.put("Logical_Switch", network.id, name=f"neutron-{network.id}", external_ids=ids)
                self._router(network.id, network.name.removesuffix("-net"), number)

    def _router(self, network: str, name: str, number: int) -> None:
        router, inside, outside = _id("router", network), _id("inside", network), _id("outside", network)
        port = f"lrp-{outside}"
        members = [
            self._candidate(port, machine.name, STANDBYS - place) for place, machine in enumerate(self._homes(number))
        ]
        self.north.put("Logical_Router_Port", inside, name=f"lrp-{inside}", networks=frozenset({"172.16.0.1/12"}))
        self.north.put(
            "Logical_Router_Port", outside, name=port, gateway_chassis=frozenset(members),
            networks=frozenset({f"203.0.113.{number % 250 + 2}/24"}),
        )  # fmt: skip
        self.north.put(
            "Logical_Router", router, name=f"neutron-{router}", ports=frozenset({inside, outside}), enabled=True,
            nat=frozenset({_id("nat", network)}), external_ids={"neutron:router_name": f"{name}-router"},
        )  # fmt: skip
        self._switch_port(network, f"to-{inside}", "router", options={"router-port": f"lrp-{inside}"})
        self._gateways[port] = outside
        self.south.put("Port_Binding", _id("binding", port), logical_port=f"cr-{port}", type="chassisredirect")

    def _homes(self, number: int) -> list[Machine]:
        """The candidates of a gateway port, the first another one for every router."""
        control = [*self._world.fleet.of("control")] or self._machines()
        turn = number % len(control)
        return [*control[turn:], *control[:turn]][:STANDBYS]

    def _candidate(self, port: str, machine: str, priority: int) -> str:
        id_ = _id("candidate", port, machine)
        self.north.put("Gateway_Chassis", id_, chassis_name=machine, priority=priority)
        return id_

    def _switch_port(self, switch: str, name: str, type_: str, **values: object) -> None:
        id_ = _id("port", name)
        self.north.put("Logical_Switch_Port", id_, name=name, type=type_, **values)
        members = self.north.rows["Logical_Switch"][switch]["ports"] | {id_}
        self.north.put("Logical_Switch", switch, ports=members)

    def _ports(self) -> None:
        """A port for every server, bound where it runs."""
        servers = self._world.compute.servers
        fresh: dict[str, set[str]] = {}
        for server in servers.values():
            state = (server.status, server.host, server.name, server.host in self._world.fleet.down)
            if self._seen.get(server.id) == state:
                continue
            id_ = _id("vif", server.id)
            if server.id not in self._seen:
                fresh.setdefault(server.network, set()).add(id_)
            self._seen[server.id] = state
            bound = _id("chassis", server.host) if server.host and server.status in ("ACTIVE", "PAUSED") else None
            ids = {"neutron:port_name": f"{server.name}-port", "neutron:project_id": server.project}
            up = bound is not None and server.host not in self._world.fleet.down
            self.north.put("Logical_Switch_Port", id_, name=id_, up=up, external_ids=ids)
            self.south.put("Port_Binding", _id("binding", id_), logical_port=id_, chassis=bound, up=bound is not None)
        for network, members in fresh.items():
            before = self.north.rows["Logical_Switch"][network]["ports"]
            self.north.put("Logical_Switch", network, ports=before | members)
        self._forget([server for server in self._seen if server not in servers])

    def _forget(self, gone: list[str]) -> None:
        """Ports of servers that are gone."""
        for server in gone:
            id_ = _id("vif", server)
            del self._seen[server]
            for network, row in list(self.north.rows["Logical_Switch"].items()):
                if id_ in row["ports"]:
                    self.north.put("Logical_Switch", network, ports=row["ports"] - {id_})
            self.north.drop("Logical_Switch_Port", id_)
            self.south.drop("Port_Binding", _id("binding", id_))

    def _decided(self, deltas: object) -> None:
        """A priority was changed: the ports go where they should now be."""
        if any(isinstance(delta, Delta) and delta.table == "Gateway_Chassis" for delta in deltas):  # type: ignore[attr-defined] # a sequence
            for name in self._gateways:
                self._elect(name)

    def _elect(self, name: str) -> None:
        """BFD finds the dead; the highest priority of the living holds the port."""
        port = self.north.rows["Logical_Router_Port"][self._gateways[name]]
        known = self.north.rows["Gateway_Chassis"]
        members = [known[id_] for id_ in port["gateway_chassis"] if id_ in known]
        alive = [row for row in members if row["chassis_name"] not in self._world.fleet.down]
        best = max(alive, key=lambda row: (row["priority"], row["chassis_name"]), default=None)
        chassis = _id("chassis", best["chassis_name"]) if best else None
        self.south.put("Port_Binding", _id("binding", name), chassis=chassis)


def _named(name: str) -> dict[str, str]:
    return {"neutron:network_name": name}
