"""`hsops get`: which rows, in which order, in which form."""

from __future__ import annotations

import csv
import io
import json

import pytest
import yaml

from tests.cli.conftest import Toy


def test_a_table_worst_first(toy: Toy) -> None:
    got = toy.run("get", "box")
    assert got.code == 0
    assert got.err == ""
    lines = got.out.splitlines()
    assert lines[0].split() == ["NAME", "STATE", "LOAD", "MEMORY", "SINCE"]
    assert [line.split()[0] for line in lines[1:]] == ["web-2", "web-10", "web-1"]
    assert "✗ down" in lines[1]
    assert "██░░░░░░  25 %" in lines[1]
    assert "2.0 GiB" in lines[1]
    assert lines[2].split()[-1] == "-", "what is not known is no zero"


def test_wide_and_no_headers(toy: Toy) -> None:
    assert "NETS" in toy.run("get", "box", "-o", "wide").out
    assert len(toy.run("get", "box", "--no-headers").out.splitlines()) == 3


def test_json_is_the_contract(toy: Toy) -> None:
    data = toy.run("get", "box", "-o", "json").json
    assert (data["apiVersion"], data["kind"], len(data["items"])) == ("hsops/v1", "List", 3)
    assert data["items"][2] == {
        "apiVersion": "hsops/v1",
        "kind": "toy.box",
        "metadata": {"name": "web-1", "id": "b1", "site": "fra1", "system": "toy", "labels": {"env": "prod"}},
        "status": {
            "health": "ok", "name": "web-1", "state": "up", "load": 0.5, "memory": 2**30,
            "since": "2026-01-01T00:00:00Z", "nets": ["a", "b"],
        },
    }  # fmt: skip
    assert data["items"][1]["status"]["load"] is None


def test_one_thing_by_name_is_an_object(toy: Toy) -> None:
    for asked in (("box", "web-1"), ("box/b1",), ("bx", "b1")):
        assert toy.run("get", *asked, "-o", "json").json["metadata"]["id"] == "b1"
    assert toy.run("get", "box", "web-1", "b2", "-o", "json").json["kind"] == "List"


def test_yaml_and_name(toy: Toy) -> None:
    data = yaml.safe_load(toy.run("get", "box", "-o", "yaml").out)
    assert data == toy.run("get", "box", "-o", "json").json
    assert toy.run("get", "job", "-o", "name").out.splitlines() == ["toy.job/j1", "toy.job/j2", "toy.job/j3"]


def test_csv_has_the_names_of_the_columns(toy: Toy) -> None:
    rows = list(csv.DictReader(io.StringIO(toy.run("get", "box", "-o", "csv").out)))
    assert list(rows[0]) == ["name", "state", "load", "memory", "since", "nets"]
    assert rows[2]["memory"] == str(2**30)
    assert rows[2]["nets"] == "a, b"
    assert rows[1]["load"] == ""


def test_the_openstack_clients_way(toy: Toy) -> None:
    assert toy.run("get", "box", "-f", "value", "-c", "ID", "-c", "Name").out.splitlines()[0] == "b2 web-2"
    assert toy.run("get", "box", "-f", "json", "-c", "name").json[0] == {"name": "web-2"}
    assert toy.run("get", "box", "-f", "csv", "-c", "name", "-c", "memory").out.splitlines()[:2] == [
        '"name","memory"', f'"web-2",{2**31}',
    ]  # fmt: skip
    plain = toy.run("get", "box", "-f", "csv", "-c", "name", "--quote", "minimal").out
    assert plain.splitlines()[0] == "name"
    assert toy.run("get", "box", "-f", "value", "-c", "id", "--sort-column", "memory").out.split() == [
        "b1",
        "b2",
        "b10",
    ]


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (("-l", "env=prod"), ["b1"]), (("-l", "env"), ["b2", "b1"]), (("-l", "!env"), ["b10"]),
        (("-l", "env in (prod,lab),state=up"), ["b1"]), (("--filter", "down|slow"), ["b2", "b10"]),
        (("--filter", "!web-1"), ["b2"]), (("--filter", "-f w10"), ["b10"]), (("--filter", "-l env=lab"), ["b2"]),
        (("--sort-by", "name"), ["b1", "b10", "b2"]), (("--sort-by=-memory",), ["b2", "b1", "b10"]),
        (("--sort-by", "load"), ["b2", "b1", "b10"]), (("--sort-by", "health"), ["b2", "b10", "b1"]),
        (("b10", "web-1"), ["b10", "b1"]), (("-l", "env=none"), []),
    ],
)  # fmt: skip
def test_which_rows_in_which_order(toy: Toy, options: tuple[str, ...], names: list[str]) -> None:
    got = toy.run("get", "box", *options, "-f", "value", "-c", "id")
    assert got.out.split() == names
    assert got.code == 0


def test_jsonpath_and_custom_columns(toy: Toy) -> None:
    template = '{range .items[?(@.status.health!="ok")]}{.metadata.name}{"\\t"}{.status.state}{"\\n"}{end}'
    assert toy.run("get", "box", "-o", f"jsonpath={template}").out == "web-2\tdown\nweb-10\tslow\n\n"
    assert toy.run("get", "box", "b1", "-o", "jsonpath={.metadata.labels.env}").out == "prod\n"
    lines = toy.run("get", "box", "-o", "custom-columns=WHO:.metadata.name,ENV:.metadata.labels.env").out.splitlines()
    assert [line.split() for line in lines] == [
        ["WHO", "ENV"],
        ["web-2", "lab"],
        ["web-10", "<none>"],
        ["web-1", "prod"],
    ]


def test_several_kinds(toy: Toy) -> None:
    assert len(toy.run("get", "box,job", "-o", "json").json["items"]) == 6
    assert "\n\nNAME  BOX\n" in toy.run("get", "box,job").out


def test_several_sites(toy: Toy) -> None:
    toy.site("ber1", "berlin.json")
    toy.world("berlin.json", boxes=[{"id": "x1"}])
    got = toy.run("get", "box")
    assert got.out.splitlines()[0].split()[:2] == ["NAME", "SITE"]
    assert {line.split()[1] for line in got.out.splitlines()[1:]} == {"fra1", "ber1"}
    assert toy.run("get", "box", "--site", "ber1", "-o", "name").out == "toy.box/x1\n"
    assert len(toy.run("get", "box", "-A", "-o", "json").json["items"]) == 4
    toy.site("wrong", "world.json").write_text("site: 3\n")
    assert toy.run("get", "box", "-A").code == 2


def test_names_nobody_has(toy: Toy) -> None:
    got = toy.run("get", "box", "b1", "nope", "-f", "value", "-c", "id")
    assert (got.code, got.out) == (1, "b1\n")
    assert "there is no box nope" in got.err
    empty = toy.run("get", "box", "--filter", "zzz")
    assert (empty.code, empty.out) == (0, "")
    assert "no boxes match" in empty.err
    toy.world(boxes=[])
    assert "there are no boxes" in toy.run("get", "box").err
    assert toy.run("get", "box", "-o", "json").json["items"] == []


def test_narrow_terminals_lose_columns_and_say_so(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "36")
    got = toy.run("get", "box")
    assert got.out.splitlines()[0].split() == ["NAME", "STATE", "LOAD"]
    assert "not shown for lack of room: memory, since" in got.err
    assert all(len(line) <= 36 for line in got.out.splitlines())


def test_colour_only_when_wanted(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b" not in toy.run("get", "box").out
    monkeypatch.setenv("CLICOLOR_FORCE", "1")
    assert "\x1b[31;1m✗ down" in toy.run("get", "box").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in toy.run("get", "box").out


def test_hostile_names_drive_no_terminal(toy: Toy) -> None:
    evil = "\x1b]0;owned\x07\x1b[31m[bold]x[/bold]\u202egnp.exe\x9b2J\r\nnext"
    toy.world(boxes=[{"id": "e1", "name": evil, "tags": {"k": "\x1b[2J"}}, {"id": "e2", "name": "x" * 1_000_000}])
    for form in ("table", "wide", "csv", "value", "name", "custom-columns=N:.metadata.name", "jsonpath={..name}"):
        out = toy.run("get", "box", "e1", "-o", form).out
        assert "[bold]x[/bold]" in out or form == "name"
        assert all(char.isprintable() or char == "\n" for char in out), form
    raw = toy.run("get", "box", "e1", "-o", "json").out
    assert json.loads(raw)["metadata"]["name"] == evil, "a program gets the name itself"
    assert all(char.isprintable() or char == "\n" for char in raw)
    text = toy.run("get", "box", "e1", "-o", "yaml").out
    assert yaml.safe_load(text)["metadata"]["name"] == evil
    assert all(char.isprintable() or char == "\n" for char in text)
    assert max(map(len, toy.run("get", "box").out.splitlines())) < 2000
    assert "\x1b" not in toy.run("describe", "box", "e1").out
