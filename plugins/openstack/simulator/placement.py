"""Placement 1.0 to 1.39: providers, inventories, usages, allocations."""

from __future__ import annotations

import email.utils
from collections.abc import Iterable, Mapping
from typing import Any

from aiohttp import web

from hsops.plugins.openstack.simulator.service import (
    REASONS,
    Call,
    Refusal,
    Route,
    Service,
    Version,
    json_response,
    new_request_id,
)
from hsops.simulator.cloudvalues import Flavor, Hypervisor

TRAITS = (
    "COMPUTE_NODE", "COMPUTE_VOLUME_MULTI_ATTACH", "COMPUTE_VOLUME_EXTEND", "COMPUTE_NET_ATTACH_INTERFACE",
    "COMPUTE_TRUSTED_CERTS", "COMPUTE_IMAGE_TYPE_RAW", "COMPUTE_IMAGE_TYPE_QCOW2", "HW_CPU_X86_AVX",
)  # fmt: skip
CLASSES = ("VCPU", "MEMORY_MB", "DISK_GB", "PCI_DEVICE")
KNOWN = ("name", "uuid", "member_of", "resources", "in_tree", "required")


def resources(flavor: Flavor) -> dict[str, int]:
    """What a flavor takes."""
    return {"VCPU": flavor.vcpus, "MEMORY_MB": flavor.ram, "DISK_GB": flavor.disk}


class Placement(Service):
    """Every hypervisor is a resource provider with the same id."""

    type = "placement"
    oldest, newest = (1, 0), (1, 39)

    def routes(self) -> list[Route]:
        """Reads."""
        one = "/resource_providers/{id}"
        return [
            Route("GET", "/", self._versions, public=True),
            Route("GET", "/resource_providers", self._providers),
            Route("GET", one, lambda call: self._row(call, self._find(call))),
            Route("GET", one + "/inventories", self._inventories),
            Route("GET", one + "/usages", self._provider_usages),
            Route("GET", one + "/allocations", self._provider_allocations),
            Route("GET", one + "/aggregates", self._aggregates),
            Route("GET", one + "/traits", self._traits),
            Route("GET", "/allocations/{id}", self._allocations),
            Route("GET", "/usages", self._usages),
            Route("GET", "/resource_classes", self._classes),
            Route("GET", "/traits", self._all_traits),
            Route("GET", "/allocation_candidates", self._candidates),
        ]

    # -- shape -----------------------------------------------------------------------------------------------------
    def error(self, request: web.Request, status: int, message: str) -> web.Response:
        """``{"errors": [{"status", "title", "detail", "request_id"}]}``"""
        prefix = {
            403: "Access was denied to this resource.\n\n ",
            404: "The resource could not be found.\n\n ",
            400: "The server could not comply with the request since it is either malformed or otherwise incorrect."
            "\n\n ",
        }.get(status, "")
        error: dict[str, Any] = {"status": status, "title": REASONS.get(status, "Error"), "detail": prefix + message}
        error["request_id"] = new_request_id()
        if status == 400:
            error["code"] = "placement.undefined_code"
        if status == 406:
            error |= {"max_version": "1.39", "min_version": "1.0"}
        return json_response(status, {"errors": [error]})

    def missing(self, request: web.Request) -> web.Response:
        """A path that does not exist."""
        return self.error(request, 404, "  ")

    def denied(self, rule: str) -> str:
        """Text of a 403."""
        return f"Policy does not allow {rule} to be performed.  "

    def unacceptable(self, text: str) -> str:
        """Text of the 406."""
        return f"Invalid microversion: Unacceptable version header: {text}"

    def version_headers(self, version: Version) -> Mapping[str, str]:
        """The echo, and from 1.15 on what caches want."""
        found = {"openstack-api-version": f"placement {version[0]}.{version[1]}", "vary": "openstack-api-version"}
        if version >= (1, 15):
            found["Last-Modified"] = email.utils.formatdate(self.cloud.now, usegmt=True)
            found["Cache-Control"] = "no-cache"
        return found

    def _versions(self, call: Call) -> dict[str, Any]:
        row = {"id": "v1.0", "max_version": "1.39", "min_version": "1.0", "status": "CURRENT"}
        return {"versions": [{**row, "links": [{"rel": "self", "href": ""}]}]}

    # -- providers -------------------------------------------------------------------------------------------------
    def _row(self, call: Call, hypervisor: Hypervisor) -> dict[str, Any]:
        call.admin("placement:resource_providers:list")
        path = f"/resource_providers/{hypervisor.id}"
        parts = ["inventories", "usages"]
        parts += ["aggregates"] if call.version >= (1, 1) else []
        parts += ["traits"] if call.version >= (1, 6) else []
        parts += ["allocations"] if call.version >= (1, 11) else []
        links = [{"rel": "self", "href": path}] + [{"rel": part, "href": f"{path}/{part}"} for part in parts]
        found: dict[str, Any] = {"uuid": hypervisor.id, "name": hypervisor.host, "generation": hypervisor.generation}
        found["links"] = links
        if call.version >= (1, 14):
            found |= {"parent_provider_uuid": None, "root_provider_uuid": hypervisor.id}
        return found

    def _find(self, call: Call) -> Hypervisor:
        call.admin("placement:resource_providers:show")
        for hypervisor in self.cloud.compute.hypervisors.values():
            if hypervisor.id == call["id"]:
                return hypervisor
        raise Refusal(404, f"No resource provider with uuid {call['id']} found  ")

    def _providers(self, call: Call) -> dict[str, Any]:
        call.admin("placement:resource_providers:list")
        for name in call.query:
            if name not in KNOWN:
                text = f"Invalid query string parameters: Additional properties are not allowed ('{name}' was "
                raise Refusal(400, text + "unexpected)")
        rows = self._filtered(call, self.cloud.compute.hypervisors.values())
        return {"resource_providers": [self._row(call, h) for h in rows]}

    def _filtered(self, call: Call, rows: Iterable[Hypervisor]) -> list[Hypervisor]:
        query = call.query
        found = [
            h
            for h in rows
            if query.get("name", h.host) == h.host
            and query.get("uuid", h.id) == h.id
            and query.get("in_tree", h.id) == h.id
        ]
        if "resources" in query:
            found = [h for h in found if _fits(h, _amounts(query["resources"]))]
        for text in query.getall("member_of", ()):
            wanted = set(text.removeprefix("in:").split(","))
            inside = {host for a in self.cloud.compute.aggregates.values() if a.uuid in wanted for host in a.hosts}
            found = [h for h in found if h.host in inside]
        return found

    def _inventories(self, call: Call) -> dict[str, Any]:
        hypervisor = self._find(call)
        return {"resource_provider_generation": hypervisor.generation, "inventories": inventory(hypervisor)}

    def _provider_usages(self, call: Call) -> dict[str, Any]:
        hypervisor = self._find(call)
        return {"resource_provider_generation": hypervisor.generation, "usages": used(hypervisor)}

    def _provider_allocations(self, call: Call) -> dict[str, Any]:
        hypervisor = self._find(call)
        rows = {
            consumer: self._held(call, flavor)
            for consumer, flavor in self.cloud.compute.allocations.get(hypervisor.host, {}).items()
        }
        return {"allocations": rows, "resource_provider_generation": hypervisor.generation}

    @staticmethod
    def _held(call: Call, flavor: Flavor) -> dict[str, Any]:
        found: dict[str, Any] = {"resources": resources(flavor)}
        return found | ({"consumer_generation": 1} if call.version >= (1, 28) else {})

    def _aggregates(self, call: Call) -> dict[str, Any]:
        hypervisor = self._find(call)
        found = [a.uuid for a in self.cloud.compute.aggregates.values() if hypervisor.host in a.hosts]
        if call.version < (1, 19):
            return {"aggregates": found}
        return {"aggregates": found, "resource_provider_generation": hypervisor.generation}

    def _traits(self, call: Call) -> dict[str, Any]:
        return {"traits": list(TRAITS), "resource_provider_generation": self._find(call).generation}

    # -- consumers -------------------------------------------------------------------------------------------------
    def _allocations(self, call: Call) -> dict[str, Any]:
        call.admin("placement:allocations:list")
        consumer, compute = call["id"], self.cloud.compute
        rows: dict[str, Any] = {}
        for host, held in compute.allocations.items():
            if consumer in held:
                row: dict[str, Any] = {"resources": resources(held[consumer])}
                row["generation"] = compute.hypervisors[host].generation
                rows[compute.hypervisors[host].id] = row
        found: dict[str, Any] = {"allocations": rows}
        owner = compute.servers.get(consumer) or next(
            (m for m in compute.migrations.values() if m.uuid == consumer), None
        )
        if rows and owner is not None and call.version >= (1, 12):
            found |= {"project_id": owner.project, "user_id": owner.user}
            found |= {"consumer_generation": 1} if call.version >= (1, 28) else {}
            found |= {"consumer_type": "unknown"} if call.version >= (1, 38) else {}
        return found

    def _usages(self, call: Call) -> dict[str, Any]:
        if call.version < (1, 9):
            raise Refusal(404, "  ")
        call.admin("placement:usages")
        servers = self.cloud.compute.by_project.get(call.query.get("project_id", ""), {}).values()
        sums = dict.fromkeys(CLASSES[:3], 0) if servers else {}
        for server in servers:
            for name, amount in resources(server.flavor).items():
                sums[name] += amount
        if call.version < (1, 38):
            return {"usages": sums}
        return {"usages": {"unknown": {"consumer_count": len(servers), **sums}} if servers else {}}

    # -- the rest --------------------------------------------------------------------------------------------------
    def _classes(self, call: Call) -> dict[str, Any]:
        rows = [{"name": n, "links": [{"rel": "self", "href": f"/resource_classes/{n}"}]} for n in CLASSES]
        return {"resource_classes": rows}

    def _all_traits(self, call: Call) -> dict[str, Any]:
        text = call.query.get("name", "")
        if text.startswith("in:"):
            return {"traits": [t for t in TRAITS if t in text[3:].split(",")]}
        return {"traits": [t for t in TRAITS if t.startswith(text.removeprefix("startswith:"))]}

    def _candidates(self, call: Call) -> dict[str, Any]:
        call.admin("placement:allocation_candidates:list")
        amounts = _amounts(call.query.get("resources", ""))
        rows = self._filtered(call, self.cloud.compute.hypervisors.values())
        rows = [h for h in rows if _fits(h, amounts)][: call.number("limit", 1000)]
        requests = [{"allocations": {h.id: {"resources": amounts}}, "mappings": {"": [h.id]}} for h in rows]
        summaries = {h.id: self._summary(h) for h in rows}
        return {"allocation_requests": requests, "provider_summaries": summaries}

    @staticmethod
    def _summary(hypervisor: Hypervisor) -> dict[str, Any]:
        amounts = {n: {"capacity": c, "used": used(hypervisor)[n]} for n, c in capacity(hypervisor).items()}
        tree = {"parent_provider_uuid": None, "root_provider_uuid": hypervisor.id}
        return {"resources": amounts, "traits": list(TRAITS), **tree}


def inventory(hypervisor: Hypervisor) -> dict[str, dict[str, Any]]:
    """What a provider has, with reserves and allocation ratios."""
    sizes = {
        "VCPU": (hypervisor.vcpus, 0, hypervisor.vcpu_ratio),
        "MEMORY_MB": (hypervisor.memory, hypervisor.memory_reserved, hypervisor.memory_ratio),
        "DISK_GB": (hypervisor.disk, 0, hypervisor.disk_ratio),
    }
    return {
        name: {
            "total": total,
            "reserved": reserved,
            "min_unit": 1,
            "max_unit": total,
            "step_size": 1,
            "allocation_ratio": ratio,
        }
        for name, (total, reserved, ratio) in sizes.items()
    }


def capacity(hypervisor: Hypervisor) -> dict[str, int]:
    """(total - reserved) x ratio."""
    return {
        name: int((row["total"] - row["reserved"]) * row["allocation_ratio"])
        for name, row in inventory(hypervisor).items()
    }


def used(hypervisor: Hypervisor) -> dict[str, int]:
    """What is taken."""
    return {"VCPU": hypervisor.vcpus_used, "MEMORY_MB": hypervisor.memory_used, "DISK_GB": hypervisor.disk_used}


def _amounts(text: str) -> dict[str, int]:
    """``VCPU:1,MEMORY_MB:64`` Raises Refusal."""
    amounts: dict[str, int] = {}
    for item in filter(None, text.split(",")):
        name, _, number = item.partition(":")
        if not number.isdigit():
            raise Refusal(
                400, f"Badly formed resources parameter. Expected resources query string parameter, got {text}"
            )
        amounts[name] = int(number)
    return amounts


def _fits(hypervisor: Hypervisor, amounts: Mapping[str, int]) -> bool:
    room, taken = capacity(hypervisor), used(hypervisor)
    return all(taken.get(name, 0) + amount <= room.get(name, 0) for name, amount in amounts.items())
