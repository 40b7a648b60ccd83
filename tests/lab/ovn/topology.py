"""A tenant's network with a machine on every chassis, and a router to the outside."""

from __future__ import annotations

from tests.lab.ovn import central, chassis
from tests.lab.place import Place

GATEWAY = "r1-ext"
"""The router's port to the outside; the first chassis holds it, the others stand by."""
_PORTS = """
ls-add tenant -- lr-add r1 -- lrp-add r1 r1-tenant 00:00:00:00:ff:01 10.0.0.1/24
-- lsp-add tenant tenant-r1 -- lsp-set-type tenant-r1 router -- lsp-set-addresses tenant-r1 router
-- lsp-set-options tenant-r1 router-port=r1-tenant
-- ls-add ext -- lsp-add ext ln-ext -- lsp-set-type ln-ext localnet -- lsp-set-addresses ln-ext unknown
-- lsp-set-options ln-ext network_name=phys
-- lrp-add r1 r1-ext 00:00:00:00:ff:02 172.16.0.1/24 -- lsp-add ext ext-r1 -- lsp-set-type ext-r1 router
-- lsp-set-addresses ext-r1 router -- lsp-set-options ext-r1 router-port=r1-ext
-- lr-nat-add r1 snat 172.16.0.1 10.0.0.0/24 -- lr-route-add r1 0.0.0.0/0 172.16.0.254
-- lb-add web 172.16.0.80:80 10.0.0.11:8080,10.0.0.12:8080 tcp -- lr-lb-add r1 web
"""


def machine(number: int) -> str:
    """Name of a machine's port."""
    return f"vm{number}"


def make(place: Place) -> None:
    """Make all of it."""
    central.nbctl(place, *_PORTS.split())
    for number, host in enumerate(chassis.HOSTS, 1):
        name = machine(number)
        central.nbctl(
            place, "lrp-set-gateway-chassis", GATEWAY, host, str(40 - 10 * number), "--", "lsp-add", "tenant", name,
            "--", "lsp-set-addresses", name, f"00:00:00:00:00:0{number} 10.0.0.1{number}",
        )  # fmt: skip
        chassis.vsctl(
            place, host, "add-port", "br-int", f"vif{number}", "--", "set", "Interface", f"vif{number}", "type=dummy",
            f"external-ids:iface-id={name}",
        )  # fmt: skip


def gateway_host(place: Place) -> str:
    """Host name of the chassis that holds the gateway port; empty when none does."""
    found = central.sbctl(place, "--bare", "--columns=chassis", "find", "Port_Binding", f"logical_port=cr-{GATEWAY}")
    row = found.strip()
    return central.sbctl(place, "--bare", "--columns=hostname", "list", "Chassis", row).strip() if row else ""


def ports_up(place: Place) -> int:
    """Machines' ports that are up."""
    found = central.nbctl(place, "--bare", "--columns=name", "find", "Logical_Switch_Port", "up=true", 'type=""')
    return len(found.split())
