"""The lab's own machinery, on small processes instead of servers."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.lab import env, installer, process, publish, system
from tests.lab.cli import main
from tests.lab.command import run
from tests.lab.errors import LabError, Unready
from tests.lab.place import Place, place
from tests.lab.system import System
from tests.lab.systems import SYSTEMS
from tests.lab.waiting import wait_until


@pytest.fixture
def where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setenv("HSOPS_LAB_ROOT", str(tmp_path))
    return place("ssh")


def make(where: Place, up: Callable[[Place], None], *, made_from: tuple[Path, ...] = ()) -> System:
    return System(where.system, (), up, check=lambda _: "", describe=lambda _: {}, made_from=made_from)


def sleeper(where: Place) -> None:
    process.start(where, "sleeper", ["sleep", "600"])


def test_a_process_is_started_once_and_stopped_by_its_id(where: Place) -> None:
    assert process.start(where, "one", ["sleep", "600"])
    assert not process.start(where, "one", ["sleep", "600"])
    pid = process.recorded(where)["one"].pid
    process.stop(where, ["one"])
    assert process.recorded(where) == {}
    assert process.born(pid) is None


def test_a_process_that_will_not_end_is_killed_with_its_children(where: Place) -> None:
    stubborn = 'trap "" TERM; sleep 600 & echo ready; while :; do wait; done'
    process.start(where, "stubborn", ["sh", "-c", stubborn])
    wait_until(lambda: "ready" in where.log("stubborn").read_text(), "the trap")
    family = process.family([process.recorded(where)["stubborn"].pid])
    process.stop(where, ["stubborn"], grace=0.2)
    wait_until(lambda: [pid for pid in family if process.born(pid)] == [], "the end of the children")


def test_an_id_used_again_by_another_process_is_not_ours(where: Place) -> None:
    sleeper(where)
    ours = process.recorded(where)["sleeper"]
    (where.run / "sleeper.pid").write_text(f"{ours.pid} {ours.born - 1}\n")
    try:
        assert not process.alive(where, "sleeper")
        process.stop(where, ["sleeper"])
        assert process.born(ours.pid) == ours.born
    finally:
        os.kill(ours.pid, signal.SIGKILL)


def test_what_a_program_said_before_it_ended_is_in_the_error(where: Place) -> None:
    process.start(where, "brief", ["sh", "-c", "echo no such option >&2; exit 3"])
    wait_until(lambda: not process.alive(where, "brief"), "the end")
    with pytest.raises(LabError, match="no such option"):
        process.must_live(where, "brief")


def test_a_command_that_fails_or_hangs_says_which(where: Place) -> None:
    with pytest.raises(LabError, match=r"`sh -c 'echo why >&2; exit 2'` ended with 2: why"):
        run(["sh", "-c", "echo why >&2; exit 2"])
    with pytest.raises(LabError, match="did not end"):
        run(["sleep", "600"], seconds=0.1)
    with pytest.raises(LabError, match=r"not installed.*tests.lab install"):
        run(["no-such-program-anywhere"])


def test_a_wait_in_vain_says_what_was_amiss() -> None:
    def broken() -> bool:
        raise Unready("two of three")

    with pytest.raises(Unready, match=r"waiting for quorum \(two of three\)"):
        wait_until(broken, "quorum", seconds=0.1, pause=0.01)


def test_a_start_that_fails_is_tried_again_with_its_remains_removed_before_the_last_time(where: Place) -> None:
    seen: list[bool] = []

    def up(here: Place) -> None:
        seen.append((here.folder / "remains").exists())
        (here.folder / "remains").touch()
        sleeper(here)
        if len(seen) < system.ATTEMPTS:
            raise LabError("not this time")

    one = make(where, up)
    system.up(one)
    assert seen == [False, True, False]
    assert system.state(one).word == "up"
    system.down(one)


def test_a_start_that_never_works_fails_and_leaves_nothing_marked_ready(where: Place) -> None:
    def up(here: Place) -> None:
        raise LabError("never")

    one = make(where, up)
    with pytest.raises(LabError, match="never"):
        system.up(one)
    assert not system.ready(one)


def test_a_system_made_by_another_version_is_made_anew(where: Place, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe"
    recipe.write_text("one")
    one = make(where, sleeper, made_from=(recipe,))
    system.up(one)
    first = process.recorded(where)["sleeper"]
    system.up(one)
    assert process.recorded(where)["sleeper"] == first
    recipe.write_text("two")
    system.up(one)
    assert process.recorded(where)["sleeper"] != first
    assert not first.alive
    system.down(one, purge=True)
    assert not where.folder.exists()


def test_a_system_that_lost_a_process_is_degraded_and_says_which(where: Place) -> None:
    def up(here: Place) -> None:
        sleeper(here)
        process.start(here, "other", ["sleep", "600"])

    one = make(where, up)
    system.up(one)
    process.kill(where, "other")
    found = system.state(one)
    assert (found.word, found.ended) == ("degraded", ["other"])
    system.up(one)
    assert system.state(one).word == "up"
    system.down(one)


def test_a_step_is_done_once_and_again_when_it_broke_off(where: Place) -> None:
    where.make()
    with pytest.raises(LabError):
        _break_off(where)
    with system.once(where, "step") as todo:
        assert todo
    with system.once(where, "step") as todo:
        assert not todo


def _break_off(where: Place) -> None:
    with system.once(where, "step") as todo:
        assert todo
        raise LabError("broke off")


def test_the_site_file_is_yaml_with_a_system_for_each_plugin() -> None:
    systems = {
        "openstack": {"cloud": "lab", "config_file": "/x/clouds.yaml"},
        "ceph": {"conf": "/x/ceph.conf", "keyring": "/x/key: ring"},
        "ssh": {"host": "127.0.0.1", "port": 1, "user": "u", "key": "/k", "known_hosts": "/h"},
        "prometheus": {"url": "http://p", "alertmanager_url": "http://a"},
    }
    site = yaml.safe_load(publish.site_yaml(systems))
    assert (site["site"], site["tier"]) == ("lab", "lab")
    assert [one["plugin"] for one in site["systems"]] == ["openstack", "ceph", "prometheus", "alertmanager"]
    assert site["systems"][1]["keyring"] == "/x/key: ring"
    assert yaml.safe_load(publish.site_yaml({}))["systems"] == []


def test_without_a_lab_every_system_has_a_reason(where: Place) -> None:
    found = env.load()
    with pytest.raises(env.Absent, match="make lab"):
        _ = found.ceph
    assert set(found.reasons) == set(SYSTEMS)


def test_services_may_not_start_while_packages_are_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = tmp_path / "policy-rc.d"
    monkeypatch.setattr(installer, "POLICY", policy)
    monkeypatch.setattr(installer, "_ASIDE", tmp_path / "aside")
    with installer.services_forbidden():
        assert subprocess.run([policy], check=False).returncode == 101
    assert not policy.exists()
    policy.write_text("what the machine's owner wants")
    with pytest.raises(LabError), installer.services_forbidden():
        raise LabError("apt failed")
    assert policy.read_text() == "what the machine's owner wants"


def test_packages_of_one_system_are_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["packages", "ssh"]) == 0
    assert capsys.readouterr().out.split() == ["openssh-client", "openssh-server", "passwd"]
    assert main(["packages", "nonsense"]) == 1
    assert "there are prometheus, ssh" in capsys.readouterr().err
