"""Masakari v1: one failover segment with all hypervisors."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from hsops.plugins.openstack.simulator.cloud import MASAKARI, Cloud
from hsops.plugins.openstack.simulator.service import Call, Refusal, Route, Service, json_response
from hsops.plugins.openstack.simulator.times import micro
from hsops.simulator.names import Names

_FAULTS = {400: "badRequest", 403: "forbidden", 404: "itemNotFound", 409: "conflictingRequest"}


class Masakari(Service):
    """Segments and their hosts; notifications and recoveries do not happen here."""

    type = MASAKARI

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        names = Names(cloud.world.seed + 2)
        self._segment = names.uuid()
        self._ids = {names.uuid(): host for host in cloud.compute.hypervisors}
        self._born = cloud.now

    def routes(self) -> list[Route]:
        """Reads, and the maintenance of a host."""
        hosts = "/v1/segments/{segment}/hosts"
        return [
            Route("GET", "/v1/segments", self._segments),
            Route("GET", hosts, self._hosts),
            Route("GET", hosts + "/{id}", lambda call: {"host": self._row(call, self._known(call))}),
            Route("PUT", hosts + "/{id}", self._update),
        ]

    def error(self, request: web.Request, status: int, message: str) -> web.Response:
        """``{"itemNotFound": {"code": 404, "message": …}}``"""
        return json_response(status, {_FAULTS.get(status, "masakariFault"): {"code": status, "message": message}})

    def _one(self) -> dict[str, Any]:
        return {
            "id": 1,
            "uuid": self._segment,
            "name": "all",
            "description": None,
            "service_type": "compute",
            "recovery_method": "auto",
            "created_at": micro(self._born),
            "updated_at": None,
        }

    def _segments(self, call: Call) -> Any:
        call.admin("os_masakari_api:segments:index")
        return {"segments": [self._one()]}

    def _hosts(self, call: Call) -> Any:
        call.admin("os_masakari_api:os-hosts:index")
        self._in_segment(call)
        return {"hosts": [self._row(call, id_) for id_ in self._ids]}

    def _row(self, call: Call, id_: str) -> dict[str, Any]:
        call.admin("os_masakari_api:os-hosts:detail")
        name = self._ids[id_]
        return {
            "id": 1 + list(self._ids).index(id_),
            "uuid": id_,
            "name": name,
            "type": "COMPUTE",
            "control_attributes": "SSH",
            "reserved": False,
            "on_maintenance": name in self.cloud.on_maintenance,
            "failover_segment_id": self._segment,
            "failover_segment": self._one(),
            "created_at": micro(self._born),
            "updated_at": None,
        }

    def _update(self, call: Call) -> Any:
        call.admin("os_masakari_api:os-hosts:update")
        id_, wanted = self._known(call), call.part("host")
        if "on_maintenance" in wanted:
            change = self.cloud.on_maintenance.add if wanted["on_maintenance"] else self.cloud.on_maintenance.discard
            change(self._ids[id_])
        return {"host": self._row(call, id_)}

    def _known(self, call: Call) -> str:
        self._in_segment(call)
        if call["id"] not in self._ids:
            raise Refusal(404, f"No host with id {call['id']}.")
        return call["id"]

    def _in_segment(self, call: Call) -> None:
        if call["segment"] != self._segment:
            raise Refusal(404, f"No failover segment with id {call['segment']}.")
