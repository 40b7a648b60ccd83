"""What is done to one machine through its BMC."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hsops.api import Action, Danger, TimedOut, Unsupported
from hsops.plugins.redfish.kinds import Machine

if TYPE_CHECKING:
    from hsops.plugins.redfish.client import Redfish

RUN = "hsops.plugins.redfish.actions:"
FOLLOWS = 60.0
"""Seconds in which the power state must follow an order; a graceful shutdown gets longer."""
GRACE = 300.0


def _curl(method: str, machine: Machine, path: str, body: str) -> Sequence[str]:
    """The same with curl; who one is stands in a file (``user = …``), never on a command line."""
    url = f"https://{machine.bmc}{path}"
    return (
        "curl",
        "-sS",
        "-X",
        method,
        "-K",
        "bmc-login.conf",
        "-H",
        "Content-Type: application/json",
        "-d",
        body,
        url,
    )


def _reset_command(kind: str) -> Callable[[Any, Mapping[str, Any]], Sequence[str]]:
    body = f'{{"ResetType":"{kind}"}}'
    return lambda machine, _: _curl("POST", machine, _reset_path(machine), body)


def _reset_path(machine: Machine) -> str:
    return machine.reset_path or f"{machine.path}/Actions/ComputerSystem.Reset"


def _allowed(kind: str, *powers: str) -> Callable[[Any], str]:
    def enabled(machine: Machine) -> str:
        if machine.trouble:
            return "its BMC does not answer"
        if machine.resets and kind not in machine.resets:
            return f"this BMC does not offer {kind}"
        return "" if machine.power in powers else f"it is {machine.word}"

    return enabled


async def _order(connection: Redfish, row: Machine, kind: str, wanted: str, patience: float) -> str:
    """Look, order, and wait until the power state follows: a 204 proves nothing."""
    machine = await connection.machine(row.name)
    if wanted and machine.power == wanted:
        return f"{row.name} is {wanted.lower()} already"
    if machine.resets and kind not in machine.resets:
        raise Unsupported(f"this BMC does not offer {kind}", thing=row.name, hint=", ".join(machine.resets))
    bmc = connection.bmcs[machine.bmc]
    await bmc.post(_reset_path(machine), {"ResetType": kind})
    if not wanted:
        return f"{kind} is ordered for {row.name}"
    try:
        async with asyncio.timeout(patience):
            while (await connection.machine(row.name)).power != wanted:  # noqa: ASYNC110 - the BMC tells of no event
                await asyncio.sleep(1.0)
    except TimeoutError:
        text = f"{kind} was accepted, but it is not {wanted.lower()} after {patience:g} s"
        raise TimedOut(text, thing=row.name, hint="look at its console") from None
    return f"{row.name} is {wanted.lower()}"


async def power_on(connection: Redfish, machine: Machine, _: Mapping[str, Any]) -> str:
    """On."""
    return await _order(connection, machine, "On", "On", FOLLOWS)


async def shut_down(connection: Redfish, machine: Machine, _: Mapping[str, Any]) -> str:
    """Asks the operating system to shut down."""
    return await _order(connection, machine, "GracefulShutdown", "Off", GRACE)


async def force_off(connection: Redfish, machine: Machine, _: Mapping[str, Any]) -> str:
    """Cuts the power."""
    return await _order(connection, machine, "ForceOff", "Off", FOLLOWS)


async def restart(connection: Redfish, machine: Machine, _: Mapping[str, Any]) -> str:
    """Asks the operating system to restart; `host.reboot` proves that it did."""
    return await _order(connection, machine, "GracefulRestart", "", FOLLOWS)


async def boot_once(connection: Redfish, machine: Machine, _: Mapping[str, Any]) -> str:
    """Network boot at the next start only."""
    now = await connection.machine(machine.name)
    boot = {"BootSourceOverrideTarget": "Pxe", "BootSourceOverrideEnabled": "Once"}
    await connection.bmcs[now.bmc].patch(now.path, {"Boot": boot})
    return f"{machine.name} boots from the network once"


async def identify(connection: Redfish, machine: Machine, _: Mapping[str, Any]) -> str:
    """The LED that shows where it is: on, or off when it is lit."""
    now = await connection.machine(machine.name)
    wanted = "Off" if now.led == "Lit" else "Lit"
    await connection.bmcs[now.bmc].patch(now.path, {"IndicatorLED": wanted})
    return f"the LED of {machine.name} is {wanted.lower()}"


def _answers(machine: Machine) -> str:
    return "its BMC does not answer" if machine.trouble else ""


_KINDS = (Machine.KIND,)
ACTIONS = (
    Action(
        name="power.on", title="power on", kinds=_KINDS, danger=Danger.DISRUPTIVE, run=RUN + "power_on",
        command=_reset_command("On"), enabled=_allowed("On", "Off"), undo="shut it down",
    ),
    Action(
        name="power.shutdown", title="shut down", kinds=_KINDS, danger=Danger.DESTRUCTIVE, run=RUN + "shut_down",
        command=_reset_command("GracefulShutdown"), enabled=_allowed("GracefulShutdown", "On"), undo="power it on",
    ),
    Action(
        name="power.off", title="cut the power", kinds=_KINDS, danger=Danger.DESTRUCTIVE, run=RUN + "force_off",
        command=_reset_command("ForceOff"), enabled=_allowed("ForceOff", "On"),
        undo="power it on; what was not written is lost",
    ),
    Action(
        name="power.restart", title="restart", kinds=_KINDS, danger=Danger.DESTRUCTIVE, run=RUN + "restart",
        command=_reset_command("GracefulRestart"), enabled=_allowed("GracefulRestart", "On"),
    ),
    Action(
        name="boot.network", title="boot from the network once", kinds=_KINDS, danger=Danger.DISRUPTIVE,
        run=RUN + "boot_once", enabled=_answers,
        command=lambda machine, _: _curl(
            "PATCH", machine, machine.path,
            '{"Boot":{"BootSourceOverrideTarget":"Pxe","BootSourceOverrideEnabled":"Once"}}',
        ),
    ),
    Action(
        name="led.identify", title="identify LED on or off", kinds=_KINDS, danger=Danger.SAFE, run=RUN + "identify",
        enabled=_answers,
        command=lambda machine, _: _curl(
            "PATCH", machine, machine.path, f'{{"IndicatorLED":"{"Off" if machine.led == "Lit" else "Lit"}"}}'
        ),
    ),
)  # fmt: skip
