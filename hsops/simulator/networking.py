"""Networks, agents and quotas of the network service."""

from __future__ import annotations

import msgspec

from hsops.simulator.compute import Compute
from hsops.simulator.machines import Fleet
from hsops.simulator.names import Names


class Network(msgspec.Struct):
    """A network with its one subnet."""

    id: str
    name: str
    project: str
    subnet: str
    cidr: str
    created: float
    shared: bool = False
    external: bool = False
    segment: int = 1


class Agent(msgspec.Struct):
    """A neutron agent on a host; it is alive while its machine is up."""

    id: str
    kind: str
    """``Open vSwitch agent``, ``DHCP agent``, …"""
    binary: str
    topic: str
    host: str
    enabled: bool = True


CENTRAL_AGENTS = (
    ("L3 agent", "neutron-l3-agent", "l3_agent"),
    ("DHCP agent", "neutron-dhcp-agent", "dhcp_agent"),
    ("Metadata agent", "neutron-metadata-agent", "N/A"),
)


class Networking:
    """Networks of all projects and the agents on all machines."""

    def __init__(self, compute: Compute, fleet: Fleet, names: Names) -> None:
        self.fleet = fleet
        self.networks: dict[str, Network] = {}
        self.agents: dict[str, Agent] = {}
        now = compute.clock.now() - 400 * 86400.0
        for index, project in enumerate(compute.projects.values()):
            external = index == 0
            network = Network(
                id=names.uuid(),
                name="public" if external else f"{project.name}-net",
                project=project.id,
                subnet=names.uuid(),
                cidr="203.0.113.0/24" if external else "172.16.0.0/12",
                created=now,
                shared=external,
                external=external,
                segment=index + 1,
            )
            self.networks[network.id] = network
        by_project = {network.project: network.id for network in self.networks.values()}
        for server in compute.servers.values():
            server.network = by_project[server.project]
        self._agents(fleet, names)

    def _agents(self, fleet: Fleet, names: Names) -> None:
        for machine in [*fleet.of("control"), *fleet.of("compute")]:
            kinds = [("Open vSwitch agent", "neutron-openvswitch-agent", "N/A")]
            if machine.role == "control":
                kinds += CENTRAL_AGENTS
            for kind, binary, topic in kinds:
                agent = Agent(id=names.uuid(), kind=kind, binary=binary, topic=topic, host=machine.name)
                self.agents[agent.id] = agent

    def alive(self, agent: Agent) -> bool:
        """Whether the agent reports."""
        return agent.host not in self.fleet.down
