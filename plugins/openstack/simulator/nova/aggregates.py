"""Host aggregates."""

from __future__ import annotations

from typing import Any

from hsops.plugins.openstack.simulator.nova.part import Part, since
from hsops.plugins.openstack.simulator.service import Answer, Call, Refusal, Route
from hsops.plugins.openstack.simulator.times import micro
from hsops.simulator.cloudvalues import Aggregate


class Aggregates(Part):
    """List, one, create, delete, hosts and metadata."""

    def routes(self) -> list[Route]:
        """All of os-aggregates."""
        return [
            Route("GET", "/v2.1/os-aggregates", self._list),
            Route("POST", "/v2.1/os-aggregates", self._create),
            Route("GET", "/v2.1/os-aggregates/{id}", self._show),
            Route("DELETE", "/v2.1/os-aggregates/{id}", self._delete),
            Route("POST", "/v2.1/os-aggregates/{id}/action", self._action),
        ]

    def _row(self, call: Call, aggregate: Aggregate) -> dict[str, Any]:
        found: dict[str, Any] = {
            "id": aggregate.id,
            "name": aggregate.name,
            "hosts": aggregate.hosts,
            "metadata": aggregate.metadata,
            "created_at": micro(aggregate.created),
            "updated_at": micro(aggregate.updated),
            "deleted_at": None,
            "deleted": False,
            "availability_zone": aggregate.zone,
        }
        return found | ({"uuid": aggregate.uuid} if since(call.version, 41) else {})

    def _find(self, call: Call) -> Aggregate:
        number = call["id"]
        aggregate = self.compute.aggregates.get(int(number)) if number.isdigit() else None
        if aggregate is None:
            raise Refusal(404, f"Aggregate {number} could not be found.")
        return aggregate

    def _list(self, call: Call) -> Any:
        call.admin("os_compute_api:os-aggregates:index")
        return {"aggregates": [self._row(call, a) for a in self.compute.aggregates.values()]}

    def _show(self, call: Call) -> Any:
        call.admin("os_compute_api:os-aggregates:show")
        return {"aggregate": self._row(call, self._find(call))}

    def _create(self, call: Call) -> Any:
        call.admin("os_compute_api:os-aggregates:create")
        wanted = call.part("aggregate")
        name, zone = str(wanted.get("name")), wanted.get("availability_zone")
        if any(a.name == name for a in self.compute.aggregates.values()):
            raise Refusal(409, f"Aggregate {name} already exists.")
        aggregate = Aggregate(
            id=max(self.compute.aggregates, default=0) + 1,
            uuid=self.compute.names.uuid(),
            name=name,
            created=self.cloud.now,
            zone=zone,
            hosts=[],
            metadata={"availability_zone": zone} if zone else {},
        )
        self.compute.aggregates[aggregate.id] = aggregate
        row = self._row(call, aggregate)
        return {"aggregate": {name: row[name] for name in row if name not in ("hosts", "metadata")}}

    def _delete(self, call: Call) -> Answer:
        call.admin("os_compute_api:os-aggregates:delete")
        aggregate = self._find(call)
        if aggregate.hosts:
            raise Refusal(400, f"Cannot remove aggregate {aggregate.id}. Reason: Host aggregate is not empty.")
        del self.compute.aggregates[aggregate.id]
        return Answer(200)

    def _action(self, call: Call) -> Any:
        call.admin("os_compute_api:os-aggregates:set_metadata")
        aggregate = self._find(call)
        name, arguments = next(iter((call.body or {"": {}}).items()))
        if name in ("add_host", "remove_host"):
            self._host(aggregate, name, str(arguments.get("host")))
        elif name == "set_metadata":
            for key, value in arguments["metadata"].items():
                aggregate.metadata.pop(key, None)
                if value is not None:
                    aggregate.metadata[key] = value
            aggregate.zone = aggregate.metadata.get("availability_zone")
            aggregate.updated = self.cloud.now
        else:
            raise Refusal(400, f"There is no such action: {name}")
        return {"aggregate": self._row(call, aggregate)}

    def _host(self, aggregate: Aggregate, verb: str, host: str) -> None:
        if host not in self.compute.hypervisors:
            raise Refusal(404, f"Compute host {host} could not be found.")
        if verb == "add_host":
            if host in aggregate.hosts:
                raise Refusal(409, f"Aggregate {aggregate.id} already has host {host}.")
            aggregate.hosts.append(host)
        elif host in aggregate.hosts:
            aggregate.hosts.remove(host)
        else:
            raise Refusal(404, f"Aggregate {aggregate.id} has no host {host}.")
        if aggregate.zone:
            self.compute.hypervisors[host].service.zone = aggregate.zone if verb == "add_host" else "nova"
