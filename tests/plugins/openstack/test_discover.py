"""What `site init` finds on a machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from hsops.plugins.openstack.discover import discover

TWO = "clouds: {fra1: {auth: {auth_url: http://a}}, ams1: {auth: {auth_url: http://b}}}\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own, and a working folder without a clouds.yaml."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return tmp_path


def write(path: Path, text: str) -> Path:
    """A file with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_the_users_clouds_with_the_chosen_one_first(home: Path) -> None:
    path = write(home / ".config/openstack/clouds.yaml", TWO)
    found = discover({"OS_CLOUD": "fra1"}, home)
    assert [one.system for one in found] == [
        {"plugin": "openstack", "cloud": "fra1"},
        {"plugin": "openstack", "cloud": "ams1"},
    ]
    assert found[0].origin == str(path)


def test_a_file_that_only_a_variable_names_is_named_in_the_site_file(home: Path) -> None:
    write(home / ".config/openstack/clouds.yaml", TWO)
    named = write(home / "elsewhere.yaml", "clouds: {lab: {}}")
    found = discover({"OS_CLIENT_CONFIG_FILE": str(named)}, home)
    assert [one.system for one in found] == [{"plugin": "openstack", "cloud": "lab", "config_file": str(named)}]


def test_the_working_folder_comes_before_the_home(home: Path) -> None:
    write(home / ".config/openstack/clouds.yaml", TWO)
    write(home / "work/clouds.yml", "clouds: {here: {}}")
    assert [one.system["cloud"] for one in discover({}, home)] == ["here"]


@pytest.mark.parametrize("text", ["", "clouds: [", "- a\n- b\n", "clouds: 7", "\x00", "clouds: {}"])
def test_a_file_that_makes_no_sense_is_passed_over(home: Path, text: str) -> None:
    write(home / "work/clouds.yaml", text)
    write(home / ".config/openstack/clouds.yaml", "clouds: {good: {}}")
    assert [one.system["cloud"] for one in discover({}, home)] == ["good"]


def test_variables_become_references_and_never_values(home: Path) -> None:
    env = {
        "OS_AUTH_URL": "https://k:5000/v3", "OS_USERNAME": "ops", "OS_PASSWORD": "hunter2", "OS_PROJECT_NAME": "admin",
        "OS_USER_DOMAIN_NAME": "Default", "OS_REGION_NAME": "fra1", "OS_CACERT": "/etc/ca.pem",
    }  # fmt: skip
    (found,) = discover(env, home)
    assert found.system == {
        "plugin": "openstack", "auth_url": "https://k:5000/v3", "username": "ops", "password": {"env": "OS_PASSWORD"},
        "project": "admin", "user_domain": "Default", "region": "fra1", "ca": "/etc/ca.pem",
    }  # fmt: skip
    assert "hunter2" not in str(found)


def test_application_credentials(home: Path) -> None:
    env = {"OS_AUTH_URL": "https://k/v3", "OS_APPLICATION_CREDENTIAL_ID": "i", "OS_APPLICATION_CREDENTIAL_SECRET": "s"}
    (found,) = discover(env, home)
    assert found.system["application_credential_secret"] == {"env": "OS_APPLICATION_CREDENTIAL_SECRET"}
    assert "username" not in found.system


def test_nothing_found(home: Path) -> None:
    assert list(discover({}, home)) == []
