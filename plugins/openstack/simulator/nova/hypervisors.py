"""Hypervisors by microversion: numbers before 2.53, no sizes from 2.88."""

from __future__ import annotations

import json
import uuid
from typing import Any

from hsops.plugins.openstack.simulator.nova.part import Part, since
from hsops.plugins.openstack.simulator.service import Call, Refusal, Route
from hsops.simulator.cloudvalues import Hypervisor

CPU = {
    "arch": "x86_64",
    "model": "EPYC-Rome",
    "vendor": "AMD",
    "features": ["pge", "avx", "clflush"],
    "topology": {"cores": 32, "threads": 2, "sockets": 1},
}


class Hypervisors(Part):
    """List, details, one, statistics."""

    def routes(self) -> list[Route]:
        """All reads of hypervisors."""
        return [
            Route("GET", "/v2.1/os-hypervisors", self._list),
            Route("GET", "/v2.1/os-hypervisors/detail", self._detail),
            Route("GET", "/v2.1/os-hypervisors/statistics", self._statistics),
            Route("GET", "/v2.1/os-hypervisors/{id}", self._show),
            Route("GET", "/v2.1/os-hypervisors/{id}/servers", self._servers),
        ]

    def _list(self, call: Call) -> Any:
        call.admin("os_compute_api:os-hypervisors:list")
        return self._page(call, detail=False)

    def _detail(self, call: Call) -> Any:
        call.admin("os_compute_api:os-hypervisors:list-detail")
        return self._page(call, detail=True)

    def _page(self, call: Call, *, detail: bool) -> Any:
        pattern = call.query.get("hypervisor_hostname_pattern")
        rows = [h for h in self.compute.hypervisors.values() if pattern is None or pattern in h.host]
        if pattern is not None and not rows:
            raise Refusal(404, f"No hypervisor matching '{pattern}' could be found.")
        more = False
        if since(call.version, 33):
            rows, more = self.page(call, rows)
        links = self.next_link(call, "hypervisors", rows[-1].id, more=more) if rows else {}
        with_servers = call.query.get("with_servers", "").lower() in ("1", "true")
        made = [self._row(call, h, detail=detail, with_servers=with_servers) for h in rows]
        return {"hypervisors": made, **links}

    def _row(self, call: Call, hypervisor: Hypervisor, *, detail: bool, with_servers: bool) -> dict[str, Any]:
        service = hypervisor.service
        modern = since(call.version, 53)
        found: dict[str, Any] = {
            "id": hypervisor.id if modern else hypervisor.number,
            "hypervisor_hostname": hypervisor.host,
            "state": "up" if self.compute.service_up(service) else "down",
            "status": "enabled" if service.enabled else "disabled",
        }
        if detail:
            about = {"id": service.id if modern else service.number, "host": service.host}
            found |= {
                "hypervisor_type": "QEMU",
                "hypervisor_version": 7002000,
                "host_ip": hypervisor.address,
                "service": {**about, "disabled_reason": service.reason},
            }
            found |= {"uptime": self._uptime(hypervisor)} if since(call.version, 88) else self._sizes(call, hypervisor)
        here = list(self.compute.by_host.get(hypervisor.host, {}).values())
        if with_servers and here:
            found["servers"] = [{"uuid": server.id, "name": server.name} for server in here]
        return found

    def _uptime(self, hypervisor: Hypervisor) -> str | None:
        if hypervisor.host in self.world.fleet.down:
            return None
        up = int(self.cloud.now - self.world.fleet[hypervisor.host].changed) if self._booted(hypervisor) else 40 * 86400
        clock = f"{up // 3600 % 24:2d}:{up // 60 % 60:02d}"
        return f" 12:00:00 up {up // 86400} days, {clock},  0 users,  load average: 1.20, 1.10, 1.05\n"

    def _booted(self, hypervisor: Hypervisor) -> bool:
        return self.world.fleet[hypervisor.host].changed > 0

    def _sizes(self, call: Call, hypervisor: Hypervisor) -> dict[str, Any]:
        h = hypervisor
        return {
            "vcpus": h.vcpus,
            "memory_mb": h.memory,
            "local_gb": h.disk,
            "vcpus_used": h.vcpus_used,
            "memory_mb_used": h.memory_used + h.memory_reserved,
            "local_gb_used": h.disk_used,
            "free_ram_mb": h.memory - h.memory_used - h.memory_reserved,
            "free_disk_gb": h.disk - h.disk_used,
            "current_workload": 0,
            "running_vms": len(self.compute.by_host.get(h.host, {})),
            "disk_available_least": h.disk - h.disk_used,
            "cpu_info": CPU if since(call.version, 28) else json.dumps(CPU),
        }

    def _find(self, call: Call) -> Hypervisor:
        wanted = call["id"]
        if since(call.version, 53):
            try:
                uuid.UUID(wanted)
            except ValueError as error:
                raise Refusal(400, f"Invalid uuid {wanted}") from error
        for hypervisor in self.compute.hypervisors.values():
            if wanted in (hypervisor.id, str(hypervisor.number)):
                return hypervisor
        raise Refusal(404, f"Hypervisor with ID '{wanted}' could not be found.")

    def _show(self, call: Call) -> Any:
        call.admin("os_compute_api:os-hypervisors:show")
        with_servers = call.query.get("with_servers", "").lower() in ("1", "true")
        return {"hypervisor": self._row(call, self._find(call), detail=True, with_servers=with_servers)}

    def _servers(self, call: Call) -> Any:
        call.admin("os_compute_api:os-hypervisors:servers")
        if since(call.version, 53):
            raise Refusal(405, "")
        found = [h for h in self.compute.hypervisors.values() if call["id"] in h.host]
        return {"hypervisors": [self._row(call, h, detail=False, with_servers=True) for h in found]}

    def _statistics(self, call: Call) -> Any:
        call.admin("os_compute_api:os-hypervisors:statistics")
        if since(call.version, 88):
            raise Refusal(405, "")
        sums: dict[str, Any] = {"count": len(self.compute.hypervisors)}
        for hypervisor in self.compute.hypervisors.values():
            for name, value in self._sizes(call, hypervisor).items():
                if name != "cpu_info":
                    sums[name] = sums.get(name, 0) + value
        return {"hypervisor_statistics": sums}
