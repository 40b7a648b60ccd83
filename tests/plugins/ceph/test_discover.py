"""Clusters found on this machine."""

from __future__ import annotations

from pathlib import Path

from hsops.plugins.ceph.discover import arguments, discover


def test_nothing_there(tmp_path: Path) -> None:
    assert discover({}, tmp_path, tmp_path / "etc") == []


def test_etc_ceph(tmp_path: Path) -> None:
    (tmp_path / "ceph.conf").write_text("[global]\n")
    (tmp_path / "ceph.client.admin.keyring").write_text("")
    (found,) = discover({}, tmp_path / "home", tmp_path)
    assert found.system == {"plugin": "ceph", "conf": str(tmp_path / "ceph.conf")}
    assert found.origin == str(tmp_path / "ceph.conf")


def test_the_environment_comes_first_and_nothing_comes_twice(tmp_path: Path) -> None:
    conf = tmp_path / "ceph.conf"
    conf.write_text("")
    env = {"CEPH_CONF": str(conf), "CEPH_ARGS": "--id ops --keyring=/k"}
    (found,) = discover(env, tmp_path, tmp_path)
    assert found.origin == "CEPH_CONF"
    assert found.system == {"plugin": "ceph", "conf": str(conf), "keyring": "/k", "client": "client.ops"}


def test_ceph_args_are_read_like_a_command_line() -> None:
    assert arguments("-c '/a b/c.conf' -n client.x --cluster=dc2 --no-such") == {
        "conf": "/a b/c.conf", "client": "client.x", "cluster": "dc2",
    }  # fmt: skip
    assert arguments("-c 'unclosed") == {}
    assert arguments("--conf") == {}
