"""Nobody saws off the branch: a run never takes out the machine that it runs on."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hsops.api import CheckResult, Run, Unsupported

CHECK = "bastion.elsewhere"
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_MACHINE_ID = Path("/etc/machine-id")


@dataclass(frozen=True, slots=True)
class Machine:
    """What tells one machine from another. Empty: not known."""

    boot_id: str
    """Of the running kernel: equal for a machine and the containers on it, different for everything else."""
    machine_id: str
    hostname: str


def here() -> Machine:
    """The machine that this process runs on."""
    return Machine(_text(_BOOT_ID), _text(_MACHINE_ID), socket.gethostname())


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""


async def elsewhere(run: Run, hosts: Sequence[str]) -> bool:
    """The named check over all targets. Gives whether it holds."""
    found = {host: await _identity(run, host) for host in hosts}
    return await run.check(CHECK, partial(_look, found))


async def still_elsewhere(run: Run, host: str) -> None:
    """The same as a proof right before the host goes down: another bastion may have taken the run over."""
    await run.verify(CHECK, partial(_look, {host: await _identity(run, host)}))


async def _identity(run: Run, host: str) -> Mapping[str, str]:
    try:
        system = run.host_system()
    except Unsupported:
        return {}
    return await system.identity(run, host)


async def _look(found: Mapping[str, Mapping[str, str]]) -> CheckResult:
    me = here()
    own = [f"{host} ({why})" for host, known in found.items() if (why := await likeness(me, host, known))]
    well = f"hsops runs on {me.hostname}, which is none of them"
    text = f"{', '.join(own)}: hsops itself runs there" if own else well
    hint = "start it on another bastion, or leave the host out" if own else ""
    return CheckResult(name=CHECK, ok=not own, text=text, hint=hint)


async def likeness(me: Machine, host: str, known: Mapping[str, str]) -> str:
    """Why the host is this machine; empty when it is another one.

    Boot ids decide when both are known. Else one likeness of the rest is enough: a wrong refusal costs a forced check.
    """
    boot_id = known.get("boot_id", "")
    if boot_id and me.boot_id:
        return "its boot id is this machine's" if boot_id == me.boot_id else ""
    if me.machine_id and known.get("machine_id") == me.machine_id:
        return "its machine id is this machine's"
    names = {_short(host), _short(known.get("hostname", host))}
    if _short(me.hostname) in names:
        return "its name is this machine's"
    address = await _own_address(host)
    return f"its address {address} is this machine's" if address else ""


def _short(name: str) -> str:
    return name.partition(".")[0].lower()


async def _own_address(host: str) -> str:
    """An address of the name that this machine has. Loopback says nothing: tunnels and labs live there."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError):
        return ""
    for family, _, _, _, address in found:
        if not ipaddress.ip_address(str(address[0]).partition("%")[0]).is_loopback and _is_local(family, address):
            return str(address[0])
    return ""


def _is_local(family: int, address: tuple[object, ...]) -> bool:
    """Only an address of this machine can be bound. Port 0: nothing is taken."""
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((address[0], 0, *address[2:]))
    except OSError:
        return False
    return True
