"""Differences are applied as ovsdb-server means them: held to a recording of one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hsops.plugins.ovn import tables
from hsops.plugins.ovn.ovsdb.replica import RowUpdate, Table
from hsops.plugins.ovn.simulator.database import difference, written

RECORDING = Path(__file__).parent / "recordings" / "update2_differences.jsonl"
LINES = [json.loads(line) for line in RECORDING.read_text().splitlines()]
OTHER = {"other_config": tables.NORTH["Logical_Switch"]["external_ids"]}
NORTH = {**tables.NORTH, "Logical_Switch": {**tables.NORTH["Logical_Switch"], **OTHER}}
EXPECTED: dict[str, dict[str, Any]] = {
    "ovn-nbctl ls-add diff1": {"diff1": set()},
    "ovn-nbctl lsp-add diff1 p2": {"diff1": {"p1", "p2"}},
    "ovn-nbctl lsp-set-addresses p1 unknown router": {"addresses": {"unknown", "router"}},
    "ovn-nbctl set Logical_Switch diff1 external_ids:a=3": {"ids": {"a": "3", "b": "2"}},
    "ovn-nbctl remove Logical_Switch diff1 external_ids b": {"ids": {"a": "3"}},
    "ovn-nbctl set Logical_Switch diff1 external_ids:a=4 external_ids:c=5": {"ids": {"a": "4", "c": "5"}},
    "ovn-nbctl clear Logical_Switch diff1 external_ids": {"ids": {}},
    "ovn-nbctl lsp-set-enabled p1 disabled": {"enabled": False},
    "ovn-nbctl clear Logical_Switch_Port p1 enabled": {"enabled": None},
    "ovn-nbctl lsp-del p1": {"diff1": {"p2"}},
    "ovn-nbctl ls-del diff1": {"gone": True},
}


def _apply(tables: dict[str, Table], updates: dict[str, dict[str, Any]]) -> None:
    for name, rows in updates.items():
        for uuid, update in rows.items():
            known = {key: value for key, value in update.items() if key != "delete"}
            tables[name].apply(uuid, RowUpdate(**known))


def _named(table: Table, name: str) -> Any:
    return next((row for row in table.rows.values() if row["name"] == name), None)


def test_every_recorded_difference_leads_to_what_was_done() -> None:
    tables = {name: Table(NORTH[name]) for name in ("Logical_Switch", "Logical_Switch_Port")}
    seen: set[str] = set()
    note = ""
    for line in LINES:
        note = line.get("note", note)
        message = line.get("message", {})
        if line.get("from") != "server":
            continue
        _apply(tables, message["result"] if "result" in message else message["params"][1])
        wanted = EXPECTED.get(note, {})
        seen |= {note} if wanted else set()
        ports = {uuid: row["name"] for uuid, row in tables["Logical_Switch_Port"].rows.items()}
        switch, port = _named(tables["Logical_Switch"], "diff1"), _named(tables["Logical_Switch_Port"], "p1")
        if "diff1" in wanted:
            assert {ports[uuid] for uuid in switch["ports"]} == wanted["diff1"], note
        if "ids" in wanted:
            assert switch["external_ids"] == wanted["ids"], note
        for column in ("addresses", "enabled"):
            if column in wanted:
                assert port[column] == wanted[column], note
        if "gone" in wanted:
            assert switch is None
            assert "p2" not in ports.values()
    assert seen == set(EXPECTED)


def test_columns_that_were_left_out_have_their_default() -> None:
    table = Table(NORTH["Logical_Switch_Port"])
    _, row = table.apply("u", RowUpdate(insert={"name": "p"}))
    empty: dict[str, Any] = {
        "type": "",
        "addresses": frozenset(),
        "up": None,
        "enabled": None,
        "options": {},
        "external_ids": {},
    }
    assert row == {"name": "p", **empty}
    _, bare = table.apply("v", RowUpdate(insert={}))
    assert bare is not None, "a row whose every column has its default is a row"


@pytest.mark.parametrize(
    ("column", "old", "new"),
    [
        ("addresses", {"a", "b"}, {"b", "c"}),
        ("addresses", set(), {"a"}),
        ("options", {"a": "1", "b": "2"}, {"a": "1", "c": "3"}),
        ("options", {"a": "1"}, {"a": "2"}),
        ("options", {"a": "1"}, {}),
        ("up", None, True),
        ("up", True, None),
        ("name", "x", "y"),
    ],
)
def test_the_face_and_the_client_agree_on_differences(column: str, old: Any, new: Any) -> None:
    type_ = NORTH["Logical_Switch_Port"][column]
    old, new = (frozenset(one) if isinstance(one, set) else one for one in (old, new))
    table = Table(NORTH["Logical_Switch_Port"])
    table.apply("u", RowUpdate(insert={column: written(type_, old)} if old is not None else {}))
    _, row = table.apply("u", RowUpdate(modify={column: difference(type_, old, new)}))
    assert row is not None
    assert row[column] == new
