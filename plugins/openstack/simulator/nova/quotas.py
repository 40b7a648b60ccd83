"""Quotas, limits and usage of projects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hsops.plugins.openstack.simulator.nova.part import Part, since
from hsops.plugins.openstack.simulator.service import Answer, Call, Refusal, Route
from hsops.plugins.openstack.simulator.times import micro, parse
from hsops.simulator.cloudvalues import Project, Server

DEFAULTS: Mapping[str, int] = {
    "cores": 200, "injected_file_content_bytes": 10240, "injected_file_path_bytes": 255, "injected_files": 5,
    "instances": 100, "key_pairs": 100, "metadata_items": 128, "ram": 512000, "server_group_members": 10,
    "server_groups": 10,
}  # fmt: skip
FILES = ("injected_file_content_bytes", "injected_file_path_bytes", "injected_files")


def limits_of(project: Project) -> dict[str, int]:
    """The limits of a project: the defaults and what was set for it."""
    return {name: project.quota.get(name, value) for name, value in DEFAULTS.items()}


class Quotas(Part):
    """os-quota-sets, limits, os-simple-tenant-usage."""

    def routes(self) -> list[Route]:
        """Reads and the setting of quotas."""
        one = "/v2.1/os-quota-sets/{id}"
        return [
            Route("GET", one, self._show),
            Route("GET", one + "/defaults", self._defaults),
            Route("GET", one + "/detail", self._detail),
            Route("PUT", one, self._update),
            Route("DELETE", one, self._reset),
            Route("GET", "/v2.1/limits", self._limits),
            Route("GET", "/v2.1/os-simple-tenant-usage", self._usages),
            Route("GET", "/v2.1/os-simple-tenant-usage/{id}", self._usage),
        ]

    def _project(self, call: Call, rule: str) -> Project:
        own = call.caller.project
        if own is None or own.id != call["id"]:
            call.admin(f"os_compute_api:os-quota-sets:{rule}")
        project = self.compute.projects.get(call["id"])
        if project is None:
            raise Refusal(400, f"Project ID {call['id']} is not a valid project.")
        return project

    def _used(self, project: Project) -> dict[str, int]:
        servers = self.compute.by_project.get(project.id, {}).values()
        return {
            "instances": len(servers),
            "cores": sum(server.flavor.vcpus for server in servers),
            "ram": sum(server.flavor.ram for server in servers),
        }

    @staticmethod
    def _visible(call: Call, values: Mapping[str, Any]) -> dict[str, Any]:
        """Injected files are gone from 2.57 on."""
        return {name: value for name, value in values.items() if name not in FILES or not since(call.version, 57)}

    def _show(self, call: Call) -> Any:
        project = self._project(call, "show")
        return {"quota_set": {"id": project.id, **self._visible(call, limits_of(project))}}

    def _defaults(self, call: Call) -> Any:
        return {"quota_set": {"id": call["id"], **self._visible(call, DEFAULTS)}}

    def _detail(self, call: Call) -> Any:
        project = self._project(call, "detail")
        used = self._used(project)
        rows = {
            name: {"limit": limit, "in_use": used.get(name, 0), "reserved": 0}
            for name, limit in limits_of(project).items()
        }
        return {"quota_set": {"id": project.id, **self._visible(call, rows)}}

    def _update(self, call: Call) -> Any:
        call.admin("os_compute_api:os-quota-sets:update")
        project, wanted = self._project(call, "update"), dict(call.part("quota_set"))
        forced, used = wanted.pop("force", False), self._used(project)
        for name, limit in wanted.items():
            if name in used and 0 <= int(limit) < used[name] and not forced:
                text = f"Quota limit {limit} for {name} must be greater than or equal to already used and reserved "
                raise Refusal(400, f"{text}{used[name]}.")
        project.quota = project.quota | {name: int(limit) for name, limit in wanted.items() if name in DEFAULTS}
        return {"quota_set": self._visible(call, limits_of(project))}

    def _reset(self, call: Call) -> Answer:
        call.admin("os_compute_api:os-quota-sets:delete")
        self._project(call, "delete").quota = {}
        return Answer(202)

    def _limits(self, call: Call) -> Any:
        project = call.caller.project
        wanted = call.query.get("tenant_id")
        if wanted:
            call.admin("os_compute_api:limits:other_project")
            project = self.compute.projects.get(wanted)
        if project is None:
            raise Refusal(404, "Project not found.")
        limits, used = limits_of(project), self._used(project)
        absolute = {
            "maxTotalInstances": limits["instances"],
            "maxTotalCores": limits["cores"],
            "maxTotalRAMSize": limits["ram"],
            "maxServerMeta": limits["metadata_items"],
            "maxTotalKeypairs": limits["key_pairs"],
            "maxServerGroups": limits["server_groups"],
            "maxServerGroupMembers": limits["server_group_members"],
            "totalRAMUsed": used["ram"],
            "totalCoresUsed": used["cores"],
            "totalInstancesUsed": used["instances"],
            "totalServerGroupsUsed": 0,
        }
        return {"limits": {"rate": [], "absolute": absolute | self._older(call, limits)}}

    @staticmethod
    def _older(call: Call, limits: Mapping[str, int]) -> dict[str, int]:
        found: dict[str, int] = {}
        if not since(call.version, 36):
            found |= {"maxTotalFloatingIps": -1, "maxSecurityGroups": -1, "maxSecurityGroupRules": -1}
            found |= {"totalFloatingIpsUsed": 0, "totalSecurityGroupsUsed": 0}
        if not since(call.version, 39):
            found["maxImageMeta"] = limits["metadata_items"]
        if not since(call.version, 57):
            found |= {"maxPersonality": limits["injected_files"]}
            found |= {"maxPersonalitySize": limits["injected_file_content_bytes"]}
        return found

    # -- usage -----------------------------------------------------------------------------------------------------
    def _period(self, call: Call) -> tuple[float, float]:
        now = self.cloud.now
        start, end = call.query.get("start"), call.query.get("end")
        return parse(start) if start else now - 28 * 86400.0, min(now, parse(end)) if end else now

    def _sums(self, call: Call, project: str) -> dict[str, Any]:
        start, stop = self._period(call)
        sums = {"total_local_gb_usage": 0.0, "total_vcpus_usage": 0.0, "total_memory_mb_usage": 0.0, "total_hours": 0.0}
        for server in self.compute.by_project.get(project, {}).values():
            hours = max(0.0, stop - max(start, server.launched or stop)) / 3600
            sums["total_local_gb_usage"] += hours * server.flavor.disk
            sums["total_vcpus_usage"] += hours * server.flavor.vcpus
            sums["total_memory_mb_usage"] += hours * server.flavor.ram
            sums["total_hours"] += hours
        return {"tenant_id": project, **sums, "start": micro(start), "stop": micro(stop)}

    def _usages(self, call: Call) -> Any:
        call.admin("os_compute_api:os-simple-tenant-usage:list")
        return {"tenant_usages": [self._sums(call, p) for p, servers in self.compute.by_project.items() if servers]}

    def _usage(self, call: Call) -> Any:
        servers = list(self.compute.by_project.get(call["id"], {}).values())
        if not servers:
            return {"tenant_usage": {}}
        start, stop = self._period(call)
        rows = [self._server_usage(server, start, stop) for server in servers]
        return {"tenant_usage": {**self._sums(call, call["id"]), "server_usages": rows}}

    @staticmethod
    def _server_usage(server: Server, start: float, stop: float) -> dict[str, Any]:
        since_ = server.launched or server.created
        return {
            "hours": max(0.0, stop - max(start, since_)) / 3600,
            "flavor": server.flavor.name,
            "instance_id": server.id,
            "name": server.name,
            "tenant_id": server.project,
            "memory_mb": server.flavor.ram,
            "local_gb": server.flavor.disk,
            "vcpus": server.flavor.vcpus,
            "started_at": micro(since_),
            "ended_at": None,
            "state": server.vm_state,
            "uptime": int(stop - since_),
        }
