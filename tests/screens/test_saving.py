"""Saving and copying exactly what is on the screen."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from hsops.errors import UserError
from hsops.screens import clipboard
from hsops.screens.saving import as_csv, as_json, as_markdown, save
from hsops.screens.sheet import Sheet
from tests.screens.cloud import NOW
from tests.screens.console import console

SHEET = Sheet("servers of a/b", ["NAME", "N"], [['web, "1"', "2"], ["=cmd()", "-3 %"], ["a|b<c>", "✓"]])


def test_csv_round_trips_and_disarms_formulas() -> None:
    rows = list(csv.reader(as_csv(SHEET).splitlines()))
    assert rows == [["NAME", "N"], ['web, "1"', "2"], ["'=cmd()", "-3 %"], ["a|b<c>", "✓"]]


def test_json_is_a_list_of_objects() -> None:
    assert json.loads(as_json(SHEET))[1] == {"NAME": "=cmd()", "N": "-3 %"}


def test_markdown_keeps_cells_apart() -> None:
    assert as_markdown(SHEET).splitlines()[-1] == "| a\\|b\\<c\\> | ✓ |"


def test_files_are_private_and_never_overwritten(tmp_path: Path) -> None:
    first = save(SHEET, "csv", tmp_path, NOW)
    second = save(SHEET, "csv", tmp_path, NOW)
    assert first.name == "servers-of-a-b-20260131T094122Z.csv"
    assert second.name == "servers-of-a-b-20260131T094122Z-2.csv"
    assert {path.stat().st_mode & 0o777 for path in (first, second)} == {0o600}
    assert first.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("form", ["", "xls", "../csv"])
def test_other_formats_are_refused(tmp_path: Path, form: str) -> None:
    with pytest.raises(UserError, match="csv, json, md"):
        save(SHEET, form, tmp_path, NOW)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="HSOPS_STATE_DIR"):
        save(SHEET, "csv", tmp_path / "file", NOW)
    with pytest.raises(UserError, match="HSOPS_STATE_DIR"):
        save(SHEET, "csv", None, NOW)


def test_the_clipboard_takes_no_more_than_terminals_do() -> None:
    limit = clipboard.LONGEST // 4 * 3
    assert clipboard.checked("x" * limit) == "x" * limit
    with pytest.raises(UserError, match="ctrl-s"):
        clipboard.checked("x" * (limit + 3))
    with pytest.raises(UserError, match="nothing"):
        clipboard.checked("")
    assert clipboard.checked("\ud800") == "?", "a lone surrogate cannot be sent"


@pytest.mark.asyncio
@pytest.mark.parametrize("form", ["csv", "json", "md"])
async def test_ctrl_s_saves_the_rows_of_the_screen(tmp_path: Path, form: str) -> None:
    async with console(state_dir=tmp_path, size=(100, 20)) as c:
        await c.command("vm /web")
        await c.see("(11 hidden)")
        await c.press("ctrl+s", "ctrl+u")
        await c.type(form)
        await c.press("enter")
        await c.until(lambda: "3 rows in" in c.said(), "the path")
        (path,) = (tmp_path / "screens").iterdir()
        text = path.read_text()
        assert path.suffix == f".{form}"
        assert "web-7" in text
        assert "db-1" not in text
        if form == "csv":
            rows = list(csv.reader(text.splitlines()))
            assert rows[0] == ["NAME", "STATUS", "HOST", "RAM", "ID", "NOTES"]
            assert [row[0] for row in rows[1:]] == c.names(), "in the order of the screen"


@pytest.mark.asyncio
async def test_a_page_is_saved_as_lines(tmp_path: Path) -> None:
    async with console(state_dir=tmp_path) as c:
        await c.command("save md")
        await c.until(lambda: "rows in" in c.said(), "the path")
        (path,) = (tmp_path / "screens").iterdir()
        assert "12 hypervisors" in path.read_text()
