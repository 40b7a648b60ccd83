"""Against real OpenSSH servers that can be rebooted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from hsops.api import AuthFailed, BadAnswer, Health, Unreachable, UserError
from hsops.plugins.linux import PLUGIN, actions, packages, rebooting
from hsops.plugins.linux.client import Fleet, connect
from hsops.plugins.linux.login import SESSIONS
from hsops.plugins.linux.options import LinuxOptions
from hsops.testing import check_live, connected
from tests.lab import linux
from tests.lab.env import Linux
from tests.lab.linux import faults
from tests.lab.place import place
from tests.plugins.replay import ToyContext

pytestmark = [pytest.mark.lab, pytest.mark.asyncio, pytest.mark.timeout(300)]


def settings(found: Linux, **more: Any) -> dict[str, Any]:
    """As in a site file."""
    return {
        "hosts": list(found.hosts), "user": found.user, "key": str(found.key), "known_hosts": str(found.known_hosts),
        "down_within": 20.0, "up_within": 60.0, **more,
    }  # fmt: skip


@asynccontextmanager
async def fleet(found: Linux, **more: Any) -> AsyncIterator[Fleet]:
    """An open connection."""
    context = ToyContext(system="linux", timeout=15.0)
    async with connected(PLUGIN, settings(found, **more), context) as connection:
        yield connection


def silent(text: str, *, fraction: float | None = None, left: float | None = None) -> None:
    """Nobody watches."""


async def test_the_contract_holds(lab_linux: Linux) -> None:
    async with fleet(lab_linux) as connection:
        rows = await check_live(PLUGIN, connection)
        hosts: dict[str, Any] = {row.key(): row for row in rows["linux.host"]}
        assert set(hosts) == set(lab_linux.names)
        assert (await connection.health()).health is Health.OK
        for name, row in hosts.items():
            assert row.facts.boot_id == faults.boot_id(name)
            assert row.facts.hostname == name
            said = linux.login(place("linux"), name, "cat /proc/sys/kernel/osrelease").split()[-1]
            assert row.facts.kernel == said


async def test_a_host_that_is_away_is_one_row_and_not_the_end(lab_linux: Linux) -> None:
    hosts = [*lab_linux.hosts, {"name": "gone", "address": "127.0.0.1", "port": 1}]
    async with fleet(lab_linux, hosts=hosts) as connection:
        rows = {row.name: row for row in await connection.rows()}
        assert "refuses connections on port 1" in rows["gone"].trouble
        assert rows["gone"].health() is Health.CRITICAL
        assert not rows[lab_linux.names[0]].trouble


async def test_an_unknown_and_a_changed_host_key_say_what_to_do(lab_linux: Linux, tmp_path: Path) -> None:
    first, second, third = lab_linux.known_hosts.read_text().splitlines()
    changed, unknown = tmp_path / "changed", tmp_path / "unknown"
    changed.write_text(f"{first.split()[0]} {' '.join(second.split()[1:])}\n{second}\n{third}\n")
    unknown.write_text(f"{second}\n{third}\n")
    for file, what, hint in (
        (changed, "HAS CHANGED", f"ssh-keygen -f {changed} -R '[127.0.0.1]:"),
        (unknown, "is not known", "ssh-keyscan -p"),
    ):
        async with fleet(lab_linux, known_hosts=str(file)) as connection:
            with pytest.raises(AuthFailed) as caught:
                await connection.facts(lab_linux.names[0])
            assert what in caught.value.what
            assert hint in caught.value.hint
            row = (await connection.rows())[0]
            assert row.refused
            assert row.health() is Health.WARN


async def test_a_wrong_login_is_asked_about(lab_linux: Linux, tmp_path: Path) -> None:
    async with fleet(lab_linux, user="nobody") as connection:
        with pytest.raises(AuthFailed, match="refuses the login"):
            await connection.facts(lab_linux.names[0])


async def test_many_commands_at_once_keep_to_maxsessions(lab_linux: Linux) -> None:
    async with fleet(lab_linux) as connection:
        name = lab_linux.names[0]
        ends = await asyncio.gather(*(connection.run(name, ["echo", f"n{number}"]) for number in range(SESSIONS * 10)))
    assert [ended.out.strip() for ended in ends] == [f"n{number}" for number in range(SESSIONS * 10)]


async def test_arguments_and_status_arrive_as_they_are_behind_a_talking_shell(lab_linux: Linux) -> None:
    name = lab_linux.names[1]  # its .bashrc says welcome
    assert "Welcome" in linux.login(place("linux"), name, "true")
    async with fleet(lab_linux) as connection:
        hostile = "a'b\"c $(id) `id` \\ ; ünï"
        ended = await connection.run(name, ["printf", "%s", hostile])
        assert ended.out == hostile
        assert (await connection.run(name, ["sh", "-c", "exit 7"])).status == 7
        assert (await connection.run(name, ["no-such-program"])).status == 127
        with pytest.raises(UserError, match="ended with 1"):
            await connection.must(name, ["false"], root=True)


async def test_a_shell_that_runs_nothing_is_told(lab_linux: Linux) -> None:
    async with fleet(lab_linux) as connection:
        with pytest.raises((BadAnswer, Unreachable)):
            await connection.run(lab_linux.names[0], ["sh", "-c", "kill -9 $PPID"])


async def test_restarting_a_service(lab_linux: Linux) -> None:
    async with fleet(lab_linux) as connection:
        row = (await connection.rows())[0]
        text = await actions.restart(connection, row, {"unit": "nova-compute.service"})
        assert "is active" in text
        with pytest.raises(UserError, match="not the name of a unit"):
            await actions.restart(connection, row, {"unit": "x; reboot"})


async def test_a_reboot_is_proven(lab_linux_mended: Linux) -> None:
    name = lab_linux_mended.names[0]
    async with fleet(lab_linux_mended) as connection:
        told = await rebooting.before(connection, name)
        outcome = await rebooting.reboot(connection, name, told, "", silent)
        assert outcome.status == "done", outcome.text
        assert faults.boot_id(name) != told["boot_id"]
        boots = faults.boots(name)
        again = await rebooting.reboot(connection, name, told, "", silent)
        assert again.status == "done", "it has rebooted already: nothing happens again"
        assert faults.boots(name) == boots


@pytest.mark.parametrize(
    ("fault", "text", "why"),
    [
        ("same-boot-id", "", "it did not really reboot"),
        ("ignores-reboot", "", "did not go down within"),
        ("stays-down", "", "is not back after"),
        ("unit-fails", "broken.service", "units failed that had not before: broken.service"),
    ],
)
async def test_what_is_no_reboot_does_not_pass(lab_linux_mended: Linux, fault: str, text: str, why: str) -> None:
    name = lab_linux_mended.names[2]
    faults.inject(name, fault, text)
    async with fleet(lab_linux_mended, down_within=6.0, up_within=25.0) as connection:
        told = await rebooting.before(connection, name)
        outcome = await rebooting.reboot(connection, name, told, "", silent)
    assert outcome.status == "failed"
    assert why in outcome.text


async def test_packages_are_installed_once_whoever_asks(lab_linux_mended: Linux) -> None:
    name = lab_linux_mended.names[0]
    async with fleet(lab_linux_mended) as connection:
        facts = await connection.facts(name, slow=True)
        assert facts.updates is not None
        assert [line.split()[0] for line in facts.updates] == ["libc6", f"linux-image-{linux.NEXT_KERNEL}"]
        command = packages.command_of(facts)
        first = asyncio.create_task(packages.install(connection, name, "r1", command, silent))
        await asyncio.sleep(0.2)
        first.cancel()  # the one who began it dies
        await asyncio.gather(first, return_exceptions=True)
        outcome = await packages.install(connection, name, "r1", command, silent)
        assert outcome.status == "done", outcome.text
        assert faults.installations(name) == (1, 1)
        facts = await connection.facts(name, slow=True)
    assert facts.updates == ()
    assert facts.pending == f"kernel {linux.NEXT_KERNEL} is installed, {linux.KERNEL} runs"


async def test_an_installation_that_failed_says_so_and_can_be_tried_again(lab_linux_mended: Linux) -> None:
    name = lab_linux_mended.names[0]
    faults.inject(name, "apt-fails")
    async with fleet(lab_linux_mended) as connection:
        command = packages.command_of(await connection.facts(name, slow=True))
        outcome = await packages.install(connection, name, "r2", command, silent)
        assert outcome.status == "failed"
        assert "dpkg returned an error code" in outcome.text
        faults.heal(name)
        assert (await packages.install(connection, name, "r2", command, silent)).status == "done"


async def test_no_host_is_no_fleet() -> None:
    with pytest.raises(Exception, match="names no host"):
        await connect(LinuxOptions(hosts=()), ToyContext())
