"""How the kinds are shown, and what Enter opens."""

from __future__ import annotations

from hsops.api import Drill, Panel
from hsops.plugins.openstack.kinds.aggregate import Aggregate
from hsops.plugins.openstack.kinds.hypervisor import Hypervisor
from hsops.plugins.openstack.kinds.migration import Migration
from hsops.plugins.openstack.kinds.project import Project
from hsops.plugins.openstack.kinds.server import Server
from hsops.plugins.openstack.kinds.service import Service


def _runs(hypervisor: Hypervisor, server: Server) -> bool:
    return server.node == hypervisor.hypervisor_hostname or (server.node is None and server.host == hypervisor.host)


def _drives(service: Service, hypervisor: Hypervisor) -> bool:
    return hypervisor.host == service.host


def _holds(aggregate: Aggregate, hypervisor: Hypervisor) -> bool:
    return hypervisor.host in aggregate.hosts


def _owns(project: Project, server: Server) -> bool:
    return server.tenant_id == project.id


def _moved(server: Server, migration: Migration) -> bool:
    return migration.server == server.id


PANELS = (
    Panel(kind=Hypervisor.KIND, drill=Drill(kind=Server.KIND, match=_runs)),
    Panel(kind=Server.KIND, drill=Drill(kind=Migration.KIND, match=_moved)),
    Panel(kind=Service.KIND, drill=Drill(kind=Hypervisor.KIND, match=_drives)),
    Panel(kind=Migration.KIND, sort="-began"),
    Panel(kind=Aggregate.KIND, sort="name", drill=Drill(kind=Hypervisor.KIND, match=_holds)),
    Panel(kind=Project.KIND, drill=Drill(kind=Server.KIND, match=_owns)),
    Panel(kind="openstack.flavor", sort="name"),
)
