"""Nova's own services and availability zones."""

from __future__ import annotations

from typing import Any

from hsops.plugins.openstack.simulator.nova.part import Part, since, strict
from hsops.plugins.openstack.simulator.service import Call, Refusal, Route
from hsops.plugins.openstack.simulator.times import micro
from hsops.simulator.cloudvalues import Service


class Services(Part):
    """List, disable, enable, force down; the zones that follow from the aggregates."""

    def routes(self) -> list[Route]:
        """Services and zones."""
        return [
            Route("GET", "/v2.1/os-services", self._list),
            Route("PUT", "/v2.1/os-services/{id}", self._update),
            Route("GET", "/v2.1/os-availability-zone", self._zones),
            Route("GET", "/v2.1/os-availability-zone/detail", self._zones_detail),
        ]

    def _row(self, call: Call, service: Service) -> dict[str, Any]:
        found: dict[str, Any] = {
            "binary": service.binary,
            "host": service.host,
            "id": service.id if since(call.version, 53) else service.number,
            "zone": service.zone,
            "status": "enabled" if service.enabled else "disabled",
            "state": "up" if self.compute.service_up(service) else "down",
            "updated_at": micro(self.compute.seen(service)),
            "disabled_reason": service.reason,
        }
        return found | ({"forced_down": service.forced_down} if since(call.version, 11) else {})

    def _list(self, call: Call) -> Any:
        call.admin("os_compute_api:os-services:list")
        strict(call, ("host", "binary"))
        host, binary = call.query.get("host"), call.query.get("binary")
        rows = [
            self._row(call, service)
            for service in self.compute.services.values()
            if (host is None or service.host == host) and (binary is None or service.binary == binary)
        ]
        return {"services": rows}

    def _update(self, call: Call) -> Any:
        call.admin("os_compute_api:os-services:update")
        service = self._by_id(call)
        wanted = call.body if isinstance(call.body, dict) else {}
        if "status" in wanted:
            service.enabled = wanted["status"] == "enabled"
            service.reason = None if service.enabled else wanted.get("disabled_reason")
        if "forced_down" in wanted:
            service.forced_down = bool(wanted["forced_down"])
        service.version += 1
        return {"service": self._row(call, service)}

    def _by_id(self, call: Call) -> Service:
        service = self.compute.services.get(call["id"])
        if service is None:
            raise Refusal(404, f"Service {call['id']} could not be found.")
        return service

    # -- zones -----------------------------------------------------------------------------------------------------
    def _computes(self) -> dict[str, list[Service]]:
        zones: dict[str, list[Service]] = {}
        for service in self.compute.services.values():
            if service.binary == "nova-compute":
                zones.setdefault(service.zone, []).append(service)
        return zones

    def _zones(self, call: Call) -> Any:
        rows = [{"zoneName": z, "zoneState": {"available": True}, "hosts": None} for z in self._computes()]
        return {"availabilityZoneInfo": rows}

    def _zones_detail(self, call: Call) -> Any:
        call.admin("os_compute_api:os-availability-zone:detail")
        internal = [s for s in self.compute.services.values() if s.zone == "internal"]
        rows = []
        for zone, services in {"internal": internal, **self._computes()}.items():
            hosts: dict[str, dict[str, Any]] = {}
            for service in services:
                state = {"available": service.enabled, "active": self.compute.service_up(service)}
                state["updated_at"] = micro(self.compute.seen(service))  # type: ignore[assignment] # JSON of mixed types
                hosts.setdefault(service.host, {})[service.binary] = state
            rows.append({"zoneName": zone, "zoneState": {"available": True}, "hosts": hosts})
        return {"availabilityZoneInfo": rows}
