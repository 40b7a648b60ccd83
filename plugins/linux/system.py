"""The hosts' own operating systems, for the workflows that upgrade and reboot them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from hsops.api import CheckResult, HsopsError, Item, Json, Outcome, Progress, Run
from hsops.plugins.linux import commands, packages, rebooting

if TYPE_CHECKING:
    from hsops.plugins.linux.client import Fleet


def fleet_of(run: Run) -> Fleet:
    """The connection; to be called inside a closure."""
    fleet: Fleet = run.system("linux")
    return fleet


async def may(run: Run, host: str) -> CheckResult:
    """Whether the login user may do what root may, without a password."""
    ended = await fleet_of(run).run(host, ["true"], root=True)
    said = ended.err.strip().splitlines()
    text = f"{host}: {said[-1] if said else 'no rights of root'}" if ended.status else f"rights of root on {host}"
    hint = "let the login user run commands by `sudo -n`" if ended.status else ""
    return CheckResult(name=f"root@{host}", ok=not ended.status, text=text, hint=hint)


class LinuxHosts:
    """Implements `hsops.api.HostSystem`."""

    async def identity(self, run: Run, host: str) -> Mapping[str, str]:
        """Empty for a host that the site file does not name, or that does not answer."""

        async def look() -> dict[str, Any]:
            try:
                facts = await fleet_of(run).facts(host)
            except HsopsError:
                return {}
            known = {"boot_id": facts.boot_id, "machine_id": facts.machine_id, "hostname": facts.hostname}
            return {**known, "kernel": facts.kernel, "pending": facts.pending}

        return await run.read(f"identity@{host}", look)

    async def updates(self, run: Run, host: str) -> Sequence[str]:
        """By the lists that the host has now. Checks the right to install them, too."""
        await run.check(f"root@{host}", partial(may, run, host))

        async def look() -> list[Any]:
            return list((await fleet_of(run).facts(host, slow=True)).updates or ())

        return await run.read(f"updates@{host}", look)

    async def upgrade(self, run: Run, hosts: Sequence[str]) -> Mapping[str, Outcome]:
        """All of them at the same time."""
        items = [await self._package_item(run, host) for host in hosts]

        async def install(item: Item, progress: Progress) -> Outcome:
            return await packages.install(fleet_of(run), item.key, run.id, item.data["command"], progress)

        return await run.each("packages", items, install, limit=len(items), text="everything pending is installed")

    async def _package_item(self, run: Run, host: str) -> Item:
        async def look() -> list[Any]:
            return packages.command_of(await fleet_of(run).facts(host, slow=True))

        argv = await run.read(f"package manager@{host}", look)
        return Item(key=host, title=host, command=commands.over_ssh(host, argv), data={"command": argv})

    async def reboot(self, run: Run, hosts: Sequence[str], *, kernel: str = "") -> Mapping[str, Outcome]:
        """All of them at the same time. Backing out waits until they are back."""
        items = [await self._reboot_item(run, host) for host in hosts]

        async def act(item: Item, progress: Progress) -> Outcome:
            return await rebooting.reboot(fleet_of(run), item.key, item.data["before"], kernel, progress)

        async def undo(item: Item) -> Json:
            return await rebooting.wait_back(fleet_of(run), item.key)

        text = "off the network, back, another boot id, the kernel wanted, nothing new failed"
        return await run.each("reboot", items, act, limit=len(items), text=text, undo=undo)

    async def _reboot_item(self, run: Run, host: str) -> Item:
        async def look() -> dict[str, Any]:
            return await rebooting.before(fleet_of(run), host)

        told = await run.read(f"before@{host}", look)
        return Item(key=host, title=host, command=commands.over_ssh(host, rebooting.SHOWN), data={"before": told})


HOST_SYSTEM = LinuxHosts()
