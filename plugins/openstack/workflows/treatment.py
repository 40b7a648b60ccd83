"""How each server can leave its host, and where a person has to choose.

What nova tells of a server decides. What it does not tell (shared storage, CPU models of the other hosts, a driver
that refuses) shows when the migration is refused: then the item fails and the operator decides.
"""

from __future__ import annotations

from dataclasses import dataclass

from hsops.plugins.openstack.kinds.server import Server

LIVE, COLD, OFFLOAD, LEAVE = "live", "cold", "offload", "leave"


@dataclass(frozen=True, slots=True)
class Device:
    """A network port that is a piece of the host's hardware."""

    kind: str


@dataclass(frozen=True, slots=True)
class Treatment:
    """Options in order, the default (empty: a person must choose) and why there is a choice; no `why`, no question."""

    options: tuple[str, ...]
    default: str
    why: str = ""


_BY_STATUS = {
    "PAUSED": Treatment((LIVE, LEAVE), LIVE, "it is paused: live migration may fail"),
    "SHUTOFF": Treatment((COLD, LEAVE), COLD, "it is off: it moves by cold migration, which is confirmed at once"),
    "SHELVED": Treatment((LEAVE, OFFLOAD), LEAVE, "it is shelved: offloading frees the host, its snapshot stays"),
    "SUSPENDED": Treatment((LEAVE,), LEAVE, "it is suspended and cannot move: resume it first"),
    "RESCUE": Treatment((LEAVE,), LEAVE, "it is in rescue and cannot move: unrescue it first"),
    "VERIFY_RESIZE": Treatment((LEAVE,), LEAVE, "its resize waits to be confirmed or reverted"),
    "SOFT_DELETED": Treatment((LEAVE,), LEAVE, "it is deleted and waits for its reclaim"),
    "ERROR": Treatment((LEAVE,), LEAVE, "it is in ERROR: nova does not move it before its state is reset"),
}


_PLAIN = Treatment((LIVE,), LIVE)


def treatment(server: Server, group: tuple[str, int] | None, device: Device | None) -> Treatment:
    """Ways for one server. `group`: policy and number of members of its server group."""
    if server.status == "ACTIVE":
        return _running(server, group or ("", 0), device)
    other = Treatment((LEAVE,), LEAVE, f"it is {server.status} and cannot move now")
    return _BY_STATUS.get(server.status, other)


def _running(server: Server, group: tuple[str, int], device: Device | None) -> Treatment:
    fixed, bound = _fixed(server, device), _bound(server)
    policy, members = group
    if fixed:
        return Treatment((COLD, LIVE, LEAVE), "", f"{fixed}: live migration mostly fails, cold migration restarts it")
    if policy == "affinity" and members > 1:
        why = "its server group keeps it on the host of the others: the scheduler may refuse"
        return Treatment((LIVE, COLD, LEAVE), "", why)
    if policy == "anti-affinity" and members > 1:
        bound = bound or f"it has anti-affinity to {members - 1} others"
    return Treatment((LIVE, COLD, LEAVE), LIVE, f"{bound}: fewer hosts can take it") if bound else _PLAIN


def _fixed(server: Server, device: Device | None) -> str:
    """What ties a running server to this very machine."""
    specs = server.flavor.extra_specs
    if device is not None:
        return f"it has a port of the kind {device.kind} (SR-IOV)"
    for name in specs:
        resource = name.partition(":")[2] if name.startswith("resources") else ""
        if "pci_passthrough:alias" in name:
            return f"it has a PCI device ({specs[name]})"
        if resource in ("VGPU", "PGPU", "PCI_DEVICE"):
            return f"it has a {resource}"
        if name.startswith("hw:tpm_"):
            return "it has a virtual TPM"
        if name == "hw:mem_encryption" and specs[name].lower() in ("true", "yes", "1", "on"):
            return "its memory is encrypted"
    return ""


def _bound(server: Server) -> str:
    """What narrows the choice of hosts."""
    specs = server.flavor.extra_specs
    parts = []
    if specs.get("hw:cpu_policy") in ("dedicated", "mixed") or specs.get("resources:PCPU"):
        parts.append("pinned CPUs")
    if specs.get("hw:mem_page_size", "small") not in ("small", "any"):
        parts.append("huge pages")
    if specs.get("hw:numa_nodes"):
        parts.append("a NUMA layout")
    return "it has " + " and ".join(parts) if parts else ""
