"""One call on one object, each with the `openstack` command that does the same, each followed by a read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hsops.api import Action, Danger, Input
from hsops.plugins.openstack import commands, compute
from hsops.plugins.openstack.kinds.hypervisor import Hypervisor
from hsops.plugins.openstack.kinds.migration import Migration
from hsops.plugins.openstack.kinds.server import Server
from hsops.plugins.openstack.kinds.service import Service

if TYPE_CHECKING:
    from hsops.plugins.openstack.client import OpenStack

_HERE = "hsops.plugins.openstack.actions"
REASON = Input(name="reason", title="why", required=True, help="everybody who lists the services sees it")
TO = Input(name="to", title="to host", type="ref", kind=Hypervisor.KIND, help="empty: the scheduler chooses")


def _needs_status(*wanted: str) -> Any:
    def why_not(server: Server) -> str:
        if server.task:
            return f"it is busy: {server.task}"
        return "" if server.status in wanted else f"it is {server.status}, not {' or '.join(wanted)}"

    return why_not


def _reason(values: Mapping[str, Any]) -> str:
    return str(values.get("reason") or "")


async def disable(cloud: OpenStack, row: Service, values: Mapping[str, Any]) -> str:
    """No new servers on this host."""
    await compute.disable(cloud, row, _reason(values))
    after = await compute.service(cloud, row.host, row.binary)
    return f"{row.title()} is {after.status}: {after.disabled_reason or 'no reason'}"


async def enable(cloud: OpenStack, row: Service, _: Mapping[str, Any]) -> str:
    """The scheduler may use it again."""
    await compute.enable(cloud, row)
    return f"{row.title()} is {(await compute.service(cloud, row.host, row.binary)).status}"


async def start(cloud: OpenStack, row: Server, _: Mapping[str, Any]) -> str:
    """Start a stopped server."""
    return await _act(cloud, row, {"os-start": None}, "starts")


async def stop(cloud: OpenStack, row: Server, _: Mapping[str, Any]) -> str:
    """Shut a server down."""
    return await _act(cloud, row, {"os-stop": None}, "stops")


async def _act(cloud: OpenStack, row: Server, action: object, verb: str) -> str:
    await compute.act(cloud, row.id, action)
    after = await compute.server(cloud, row.id)
    return f"{row.title()} {verb}: {after.status}" + (f", {after.task}" if after.task else "")


async def live_migrate(cloud: OpenStack, row: Server, values: Mapping[str, Any]) -> str:
    """Begin to move a running server."""
    await compute.live_migrate(cloud, row.id, str(values.get("to") or ""))
    after = await compute.server(cloud, row.id)
    return f"{row.title()} leaves {row.host}: {after.status}"


async def abort(cloud: OpenStack, row: Migration, _: Mapping[str, Any]) -> str:
    """End a live migration; the server stays."""
    await compute.abort_migration(cloud, row.server, row.id)
    return f"the migration of {row.title()} ends; it stays on {row.source_compute}"


async def force_complete(cloud: OpenStack, row: Migration, _: Mapping[str, Any]) -> str:
    """Let a live migration come to its end: the server pauses for it."""
    await compute.force_complete(cloud, row.server, row.id)
    return f"the migration of {row.title()} is forced to its end; the server pauses meanwhile"


def _runs_live(row: Migration) -> str:
    if row.migration_type != "live-migration":
        return "only a live migration can be ended so"
    return "" if row.under_way else f"it is over: {row.status}"


def _can_disable(row: Service) -> str:
    return "" if row.status == "enabled" else f"it is {row.status} already: {row.disabled_reason or 'no reason'}"


def _can_enable(row: Service) -> str:
    return "" if row.status == "disabled" else "it is enabled already"


def _to(values: Mapping[str, Any]) -> str:
    return str(values.get("to") or "")


def _abort_command(row: Migration, _: Mapping[str, Any]) -> Sequence[str]:
    return commands.abort(row.server, row.id)


def _service_disable_command(row: Service, values: Mapping[str, Any]) -> Sequence[str]:
    argv = list(commands.disable(row.host, _reason(values)))
    return [*argv[:-1], row.binary]


ACTIONS = (
    Action(
        name="service.disable",
        title="disable: no new servers here",
        kinds=(Service.KIND,),
        danger=Danger.DISRUPTIVE,
        run=f"{_HERE}:disable",
        command=_service_disable_command,
        key="D",
        inputs=(REASON,),
        undo="service.enable",
        enabled=_can_disable,
    ),
    Action(
        name="service.enable",
        title="enable",
        kinds=(Service.KIND,),
        danger=Danger.SAFE,
        run=f"{_HERE}:enable",
        command=lambda row, _: commands.enable(row.host, row.binary),
        key="E",
        undo="service.disable",
        enabled=_can_enable,
    ),
    Action(
        name="server.start",
        title="start",
        kinds=(Server.KIND,),
        danger=Danger.SAFE,
        run=f"{_HERE}:start",
        command=lambda row, _: commands.start(row.id),
        undo="server.stop",
        enabled=_needs_status("SHUTOFF"),
    ),
    Action(
        name="server.stop",
        title="shut down",
        kinds=(Server.KIND,),
        danger=Danger.DESTRUCTIVE,
        run=f"{_HERE}:stop",
        command=lambda row, _: commands.stop(row.id),
        undo="server.start",
        enabled=_needs_status("ACTIVE"),
    ),
    Action(
        name="server.live-migrate",
        title="move to another host while it runs",
        kinds=(Server.KIND,),
        danger=Danger.DISRUPTIVE,
        run=f"{_HERE}:live_migrate",
        command=lambda row, values: commands.live_migrate(row.id, _to(values)),
        key="m",
        inputs=(TO,),
        undo="move it back",
        enabled=_needs_status("ACTIVE", "PAUSED"),
    ),
    Action(
        name="migration.abort",
        title="abort this live migration",
        kinds=(Migration.KIND,),
        danger=Danger.DISRUPTIVE,
        run=f"{_HERE}:abort",
        command=_abort_command,
        undo="migrate again",
        enabled=_runs_live,
    ),
    Action(
        name="migration.force-complete",
        title="force this live migration to its end",
        kinds=(Migration.KIND,),
        danger=Danger.DISRUPTIVE,
        run=f"{_HERE}:force_complete",
        command=lambda row, _: commands.force_complete(row.server, row.id),
        enabled=_runs_live,
    ),
)
