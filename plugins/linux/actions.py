"""Single calls on one host."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hsops.api import Action, BadAnswer, Conflict, Danger, Input, Unreachable, UserError
from hsops.plugins.linux.commands import over_ssh
from hsops.plugins.linux.host import Host

if TYPE_CHECKING:
    from hsops.plugins.linux.client import Fleet

HERE = "hsops.plugins.linux.actions:"
_UNIT = re.compile(r"[A-Za-z0-9@._:\\-]{1,255}")
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def _if_there(host: Host) -> str:
    return f"it does not answer: {host.trouble}" if host.trouble else ""


def _restart(host: Host, values: Mapping[str, Any]) -> Sequence[str]:
    return over_ssh(host.name, ["systemctl", "restart", str(values.get("unit") or "UNIT")])


def _reboot(host: Host, _: Mapping[str, Any]) -> Sequence[str]:
    return over_ssh(host.name, ["systemctl", "reboot"])


async def restart(fleet: Fleet, host: Host, values: Mapping[str, Any]) -> str:
    """Restart a unit and say how it is then."""
    unit = str(values.get("unit") or "")
    if not _UNIT.fullmatch(unit) or unit.startswith("-"):
        raise UserError(f"{unit!r} is not the name of a unit", hint="nova-compute.service")
    await fleet.must(host.name, ["systemctl", "restart", unit], root=True)
    state = (await fleet.run(host.name, ["systemctl", "is-active", unit])).out.strip()
    return f"{unit} on {host.name} was restarted and is {state or 'in an unknown state'}"


async def reboot(fleet: Fleet, host: Host, _: Mapping[str, Any]) -> str:
    """Tell it to reboot, at once, without a drain and without proof: `host.reboot` and `hosts.upgrade` do better."""
    from hsops.plugins.linux.rebooting import COMMAND  # noqa: PLC0415 - late: manifests stay light

    await refuse_own(fleet, host.name)
    with contextlib.suppress(Unreachable, BadAnswer):  # the answer goes down with the host
        await fleet.must(host.name, COMMAND, root=True)
    await fleet.login(host.name).drop()
    return f"{host.name} was told to reboot"


async def refuse_own(fleet: Fleet, host: str) -> None:
    """Raises Conflict when the host is the machine that hsops runs on."""
    if await is_own(fleet, host):
        raise Conflict("hsops itself runs there", system=fleet.system, thing=host, hint="do it from another machine")


async def is_own(fleet: Fleet, host: str) -> bool:
    """Whether its running kernel is the one that this process runs on."""
    facts = await fleet.facts(host)
    return bool(facts.boot_id) and facts.boot_id == _BOOT_ID.read_text(encoding="ascii").strip()  # noqa: ASYNC240 - 37 bytes of /proc


ACTIONS = (
    Action(
        name="service.restart",
        title="restart a service",
        kinds=(Host.KIND,),
        danger=Danger.DISRUPTIVE,
        run=HERE + "restart",
        command=_restart,
        inputs=(Input(name="unit", title="unit", required=True, help="nova-compute.service"),),
        undo="there is none: it runs with what it finds now",
        enabled=_if_there,
    ),
    Action(
        name="host.reset",
        title="reboot at once",
        kinds=(Host.KIND,),
        danger=Danger.DISRUPTIVE,
        run=HERE + "reboot",
        command=_reboot,
        undo="there is none",
        enabled=_if_there,
    ),
)
