"""Missing secrets, wrong passwords, wrong keys, tokens that end in the middle: told once, never hammered."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from hsops.live.state import SourceStatus
from hsops.session import Session
from hsops.simulator.site import SimulatedSite
from tests.bad_days.place import all_live, asked_until, kinds_of, none_live, opened, others, site_file

pytestmark = pytest.mark.asyncio

MISSING: dict[str, tuple[dict[str, Any], str]] = {
    "no variable": ({"env": "HSOPS_TEST_NO_SUCH_SECRET"}, "HSOPS_TEST_NO_SUCH_SECRET is not set"),
    "no file": ({"file": "no-such-secret"}, "cannot be read: No such file or directory"),
    "no program": ({"command": ["./no-such-program"]}, "cannot be run"),
    "a program that fails": ({"command": ["sh", "-c", "echo locked >&2; exit 3"]}, "ended with 3: locked"),
    "an empty answer": ({"command": ["true"]}, "gives nothing"),
}


async def only_auth_fails(session: Session, system: str) -> list[str]:
    """The system's sources ask for a person, the others are live; gives the messages."""
    states = await session.refresh(kinds_of(session, system))
    assert {state.status for state in states} == {SourceStatus.AUTH}, states
    assert all(state.hint and state.exit_code == 8 for state in states)
    assert all_live(await session.refresh(others(session, system))), "nothing else stops"
    return [state.error for state in states]


@pytest.mark.parametrize("secret", MISSING)
async def test_a_missing_secret_is_named_and_nothing_else_stops(
    site: SimulatedSite, tmp_path: Path, secret: str
) -> None:
    reference, words = MISSING[secret]
    async with opened(site_file(site.file, tmp_path, prometheus={"token": reference})) as session:
        messages = await only_auth_fails(session, "prometheus")
        assert all(words in message for message in messages), messages


async def test_a_secret_that_comes_later_is_read_at_the_next_refresh(site: SimulatedSite, tmp_path: Path) -> None:
    file = site_file(site.file, tmp_path, alertmanager={"token": {"file": "token"}})
    async with opened(file) as session:
        await only_auth_fails(session, "alertmanager")
        (tmp_path / "token").touch(mode=0o600)
        (tmp_path / "token").write_text("secret-of-the-test\n")
        assert all_live(await session.refresh(kinds_of(session, "alertmanager")))


async def test_a_wrong_password_is_said_and_is_in_no_message(
    site: SimulatedSite, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clouds = (site.folder / "clouds.yaml").read_text()
    wrong = [line.split(":")[0] + ": not-the-password" if "password:" in line else line for line in clouds.split("\n")]
    (tmp_path / "clouds.yaml").write_text("\n".join(wrong))
    (tmp_path / "clouds.yaml").chmod(0o600)
    caplog.set_level("DEBUG", logger="hsops")
    async with opened(site_file(site.file, tmp_path, openstack={"config_file": "clouds.yaml"})) as session:
        messages = await only_auth_fails(session, "openstack")
        assert all("401" in message for message in messages)
        assert not any("not-the-password" in text for text in (*messages, caplog.text))
        status = next(status for status in await session.probe() if status.system == "openstack")
        assert (status.status, status.exit_code) == (SourceStatus.AUTH, 8)


async def test_a_key_that_the_host_does_not_know(site: SimulatedSite, tmp_path: Path) -> None:
    import asyncssh

    key = tmp_path / "another_key"
    key.touch(mode=0o600)
    key.write_bytes(asyncssh.generate_private_key("ssh-ed25519").export_private_key())
    async with opened(site_file(site.file, tmp_path, ceph={"ssh": {**ssh_of(site), "key": str(key)}})) as session:
        await only_auth_fails(session, "ceph")


async def test_a_host_key_that_is_not_the_known_one(site: SimulatedSite, tmp_path: Path) -> None:
    """Somebody else answers: no login is tried, the message names the file and does not offer to trust it."""
    import asyncssh

    ssh = ssh_of(site)
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
    (tmp_path / "known_hosts").write_text(f"[{ssh['host']}]:{ssh['port']} {other}\n")
    settings = {"ssh": {**ssh, "known_hosts": str(tmp_path / "known_hosts")}}
    async with opened(site_file(site.file, tmp_path, ceph=settings)) as session:
        messages = await only_auth_fails(session, "ceph")
        assert all("host key" in message.lower() for message in messages), messages


def ssh_of(site: SimulatedSite) -> dict[str, Any]:
    """The ssh settings of the site file's Ceph."""
    import yaml

    systems = yaml.safe_load(site.file.read_text())["systems"]
    found: dict[str, Any] = next(system["ssh"] for system in systems if system["plugin"] == "ceph")
    return found


async def test_a_token_that_ends_in_the_middle_is_replaced_unseen(site: SimulatedSite, tmp_path: Path) -> None:
    """One request after the other: a refused token leads to one new login and the same answer."""
    async with opened(site_file(site.file, tmp_path)) as session:
        kinds = kinds_of(session, "openstack")
        await asked_until(session, kinds, all_live)
        site.inject("api.expired", "openstack")
        for kind in kinds:
            states = await session.refresh([kind])
            assert all_live(states), states
            site.heal()
            site.inject("api.expired", "openstack")


async def test_a_token_that_ends_under_many_requests_is_replaced_unseen(site: SimulatedSite, tmp_path: Path) -> None:
    """All sources at once, and the new login takes a moment: none of them may call it a wrong password."""
    async with opened(site_file(site.file, tmp_path)) as session:
        kinds = kinds_of(session, "openstack")
        await asked_until(session, kinds, all_live)
        site.inject("api.expired", "openstack")
        site.inject("api.slow", "openstack/identity", path="/auth/tokens", seconds=0.5)
        states = await session.refresh(kinds)
        assert all_live(states), states


async def test_login_that_is_refused_in_the_middle_keeps_the_rows(site: SimulatedSite, tmp_path: Path) -> None:
    """The password is changed while we run: rows stand, a person is asked, the old password is not sent on and on."""
    async with opened(site_file(site.file, tmp_path)) as session:
        kinds = kinds_of(session, "openstack")
        await asked_until(session, kinds, all_live)
        rows = {kind: len(session.store.rows(kind)) for kind in kinds}
        site.inject("api.expired", "openstack")
        site.inject("api.error", "openstack/identity", path="/auth/tokens", status=401)
        states = await asked_until(session, kinds, none_live)
        assert {state.status for state in states} == {SourceStatus.AUTH}
        assert {kind: len(session.store.rows(kind)) for kind in kinds} == rows
        assert all_live(await session.refresh(others(session, "openstack")))
        site.heal()
        await asked_until(session, kinds, all_live)


async def test_the_secret_of_a_slow_program_holds_up_nobody_else(site: SimulatedSite, tmp_path: Path) -> None:
    waiting = tmp_path / "waiting"
    os.mkfifo(waiting)
    reference = {"command": ["cat", str(waiting)]}
    async with opened(site_file(site.file, tmp_path, prometheus={"token": reference})) as session:
        slow = asyncio.create_task(session.refresh(kinds_of(session, "prometheus")))
        assert all_live(await session.refresh(others(session, "prometheus")))
        assert not slow.done()
        await asyncio.to_thread(waiting.write_text, "secret\n")
        slow.cancel()
        await asyncio.gather(slow, return_exceptions=True)
