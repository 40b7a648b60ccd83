"""`status`, `doctor`, `describe`, `impact`, `info` and the catalogues."""

from __future__ import annotations

import pytest
import yaml

from tests.cli.conftest import BOXES, Toy


def box(state: str) -> list[dict[str, object]]:
    return [dict(BOXES[0], state=state)]


@pytest.mark.parametrize(("state", "code"), [("up", 0), ("out", 0), ("slow", 1), ("down", 1)])
def test_the_exit_code_is_the_health(toy: Toy, state: str, code: int) -> None:
    toy.world(boxes=box(state))
    got = toy.run("status")
    assert got.code == code
    assert "1 compute foundation  toy" in got.out
    assert "the file can be read · 1 boxes" in got.out


@pytest.mark.parametrize(("fault", "code"), [("unreachable", 9), ("auth", 8), ("forbidden", 8), ("bad", 1)])
def test_what_cannot_be_seen(toy: Toy, fault: str, code: int) -> None:
    toy.site("ber1", "berlin.json")
    toy.world("berlin.json", boxes=box("down"))
    toy.world(fail=fault)
    got = toy.run("status", "-o", "json")
    assert got.code == code
    states = {item["metadata"]["site"]: item["status"] for item in got.json["items"]}
    assert states["ber1"]["health"] == "critical"
    assert states["fra1"]["health"] == "unknown"
    assert states["fra1"]["error"] == f"it says {fault}"
    assert toy.run("status", "--quick").code == code


def test_a_hidden_kind_is_unknown_not_well(toy: Toy) -> None:
    toy.world(boxes=box("up"), fail_jobs="forbidden")
    got = toy.run("status")
    assert got.code == 8
    assert "? unknown" in got.out
    assert "toy.job does not permit it" in got.out


def test_doctor_says_what_to_do(toy: Toy) -> None:
    got = toy.run("doctor")
    assert got.code == 0
    assert "reachable, 1.0, the file can be read, 2 of 2 kinds" in got.out
    toy.world(fail="auth")
    got = toy.run("doctor")
    assert got.code == 8
    assert "does not accept the credentials: it says auth" in got.out
    assert "log in again" in got.out
    toy.world(fail_jobs="forbidden")
    findings = toy.run("doctor", "-o", "json").json["items"]
    assert [one["status"]["health"] for one in findings if one["status"]["subject"] == "toy"] == ["ok", "warn"]
    toy.world()
    toy.site("ber1", "none.json")
    got = toy.run("doctor")
    assert got.code == 7, "one is well, one is not"
    assert "the plugin failed: FileNotFoundError" in got.out


def test_describe(toy: Toy) -> None:
    got = toy.run("describe", "box", "web-1")
    assert got.code == 0
    lines = got.out.splitlines()
    assert lines[0] == "box web-1   ✓ ok"
    assert "  memory  1.0 GiB" in lines
    assert any("(2026-01-01T00:00:00Z)" in line for line in lines)
    assert "  labels  env=prod" in lines
    assert "  is              host/h1" in lines
    assert "  is needed by    toy.job/j1" in lines
    assert "  memory: 1073741824" in lines, "the raw object"
    data = toy.run("describe", "box/b1", "-o", "json").json
    assert data["raw"]["host"] == "h1"
    assert {edge["ref"] for edge in data["related"]} == {"host/h1", "toy.job/j1", "toy.job/j2"}
    both = yaml.safe_load(toy.run("describe", "box", "b1", "b2", "-o", "yaml", "--no-raw", "--no-related").out)
    assert [item["raw"] for item in both["items"]] == [None, None]


def test_describe_what_is_not_there_or_not_one(toy: Toy) -> None:
    got = toy.run("describe", "box", "nope")
    assert (got.code, got.out) == (1, "")
    assert "there is no box nope" in got.err
    toy.world(boxes=[{"id": "1", "name": "twin"}, {"id": "2", "name": "twin"}])
    got = toy.run("describe", "box", "twin")
    assert got.code == 2
    assert "use an id: 1 (fra1), 2 (fra1)" in got.err


def test_impact(toy: Toy) -> None:
    data = toy.run("impact", "host/h1", "-o", "json").json["items"]
    assert [(item["metadata"]["id"], item["status"]["distance"]) for item in data] == [("b1", 1), ("j1", 2), ("j2", 2)]
    assert data[1]["status"]["path"] == ["host/h1", "toy.box/b1", "toy.job/j1"]
    assert "host/h1 < toy.box/b1 < toy.job/j1" in toy.run("impact", "host/h1").out
    names = toy.run("impact", "box/web-1", "-o", "name").out.split()
    assert set(names) == {"host/h1", "toy.job/j1", "toy.job/j2"}
    nothing = toy.run("impact", "host/h99")
    assert (nothing.code, nothing.out) == (0, "")
    assert "nobody has told of host/h99" in nothing.err


def test_info_tells_every_path_and_who_won(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HSOPS_STATE_DIR", "/elsewhere")
    monkeypatch.setenv("HSOPS_SITE", "fra1")
    facts = {one["metadata"]["name"]: one["status"] for one in toy.run("info", "-o", "json").json["items"]}
    assert facts["state"] == {"value": "/elsewhere", "origin": "environment HSOPS_STATE_DIR"}
    assert facts["config"]["value"] == str(toy.config)
    assert facts["site"]["origin"] == "environment HSOPS_SITE"
    assert facts["site file"]["value"] == str(toy.file)
    flagged = {
        one["metadata"]["name"]: one["status"]
        for one in toy.run("info", "--site", "x.yaml", "-o", "json").json["items"]
    }
    assert flagged["site"] == {"value": "x.yaml", "origin": "flag --site"}
    assert "ORIGIN" in toy.run("info", "--origin").out
    assert "ORIGIN" not in toy.run("info").out


def test_info_helps_where_things_are_broken(toy: Toy) -> None:
    (toy.config / "settings.yaml").write_text("site: [\n")
    got = toy.run("info")
    assert got.code == 0
    assert "settings.yaml:2" in got.out
    (toy.config / "settings.yaml").write_text("site: nowhere\n")
    assert "there is no site nowhere" in toy.run("info").out


def test_catalogues(toy: Toy) -> None:
    kinds = {one["metadata"]["name"]: one["status"] for one in toy.run("kinds", "-o", "json").json["items"]}
    assert kinds["toy.box"]["aliases"] == ["box", "bx"]
    assert "memory" in kinds["toy.box"]["columns"]
    assert "plugin/toy" in toy.run("plugins", "-o", "name").out.split()
    assert "box.empty" in toy.run("workflows", "-f", "value", "-c", "name").out.split()


def test_version_and_help(toy: Toy) -> None:
    assert toy.run("--version").out.startswith("hsops ")
    for arguments in (("--help",), ("get", "-h"), ("runs", "--help"), ("run", "--help")):
        got = toy.run(*arguments)
        assert (got.code, got.err) == (0, "")
        assert got.out.startswith("Usage: hsops")
