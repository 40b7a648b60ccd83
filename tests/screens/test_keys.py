"""The key map file, and the defaults: every key can be changed, no two meet, nothing dangerous lies under a habit."""

from __future__ import annotations

import importlib
import itertools
import pkgutil
from pathlib import Path

import pytest
from textual.binding import Binding

import hsops.screens
from hsops.app import HsopsApp
from hsops.errors import ConfigInvalid
from hsops.plugin import Danger
from hsops.registry import Registry
from hsops.screens.dialog import Dialog
from hsops.screens.keymap import all_keys, offered_keys, read_keymap
from hsops.screens.keys import RESERVED, _meet, key_name, normal
from hsops.screens.view import View
from hsops.screens.widgets.lines import LinesView
from hsops.screens.widgets.prompt import Prompt
from hsops.screens.widgets.table import PanelTable
from tests.screens.cloud import NOVA, WATCH
from tests.screens.console import console

TOY = Registry((NOVA, WATCH))


def read(folder: Path, text: str) -> dict[str, str]:
    (folder / "keys.yaml").write_text(text)
    return read_keymap(folder, TOY, HsopsApp.BINDINGS)


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("ctrl-r", "ctrl+r"),
        ("ctrl+r", "ctrl+r"),
        ("?", "question_mark"),
        ("G", "G"),
        ("shift-g", "G"),
        ("shift-left", "shift+left"),
        ("pgdn", "pagedown"),
        ("esc", "escape"),
        ("f5", "f5"),
        ("space", "space"),
        ("ctrl-space", "ctrl+@"),
        ("-", "minus"),
        ("ctrl-\\", "ctrl+backslash"),
        ("hyper-x", ""),
        ("nokey", ""),
        ("\x1b", ""),
        ("", ""),
    ],
)
def test_keys_are_written_as_people_say_them(written: str, key: str) -> None:
    assert normal(written) == key


@pytest.mark.parametrize(
    ("key", "name"),
    [("slash", "/"), ("ctrl+r", "ctrl-r"), ("escape", "esc"), ("question_mark", "?"), ("G", "G"), ("pagedown", "pgdn")],
)
def test_keys_are_shown_as_people_say_them(key: str, name: str) -> None:
    assert key_name(key) == name


def test_every_shown_key_can_be_written() -> None:
    for one in all_keys(TOY, HsopsApp.BINDINGS):
        for key in one.keys:
            assert normal(key_name(key)) == key, one.id


def test_no_two_defaults_meet() -> None:
    clashes = set()
    for one, other in itertools.combinations(all_keys(TOY, HsopsApp.BINDINGS), 2):
        shared = set(one.keys) & set(other.keys)
        if one.id != other.id and shared and _meet(one.where, other.where) and "prompt" not in (one.where, other.where):
            clashes.add(frozenset((one.id, other.id)))
    leaving = ["panel.leave", "form.back", "dialog.leave", "runs.leave", "catalogue.leave"]
    saving = ["plan.save", "report.save"]
    wanted = {frozenset(("view.back", one)) for one in leaving} | {frozenset(("app.save", one)) for one in saving}
    wanted.add(frozenset(("lines.next", "run.other")))  # a run has two parts: Tab goes to the other one
    assert clashes == wanted, "only Esc and ctrl-s mean the same thing in each view's own way"


@pytest.mark.parametrize("registry", [TOY, Registry.load()], ids=["toy", "bundled"])
def test_nothing_dangerous_lies_under_a_habit(registry: Registry) -> None:
    dangers = {f"action.{a.name}": a.danger for p in registry.plugins.values() for a in p.actions}
    dangers |= {f"workflow.{w.name}": w.danger for w in registry.workflows}
    for one in offered_keys(registry):
        if dangers[one.id] > Danger.SAFE:
            assert not RESERVED & set(one.keys), one.id


def test_every_key_of_every_screen_can_be_mapped() -> None:
    for module in pkgutil.walk_packages(hsops.screens.__path__, "hsops.screens."):
        importlib.import_module(module.name)
    mapped = {one.id for one in all_keys(TOY, HsopsApp.BINDINGS)}
    classes = {View, Dialog, LinesView, PanelTable, Prompt, HsopsApp, *_below(View), *_below(Dialog)}
    assert len(classes) > 15
    for found in classes:
        for binding in Binding.make_bindings(found.__dict__.get("BINDINGS", [])):
            assert binding.id in mapped, (found.__name__, binding.key)


def _below(base: type) -> set[type]:
    return {found for one in base.__subclasses__() for found in (one, *_below(one))}


def test_without_a_file_nothing_changes(tmp_path: Path) -> None:
    assert read_keymap(tmp_path, TOY, HsopsApp.BINDINGS) == {}
    assert read(tmp_path, "# nothing yet\n") == {}


def test_keys_are_mapped(tmp_path: Path) -> None:
    found = read(tmp_path, "app.command: ';'\ntable.page_down: [pgdn, ctrl-d]\naction.server.delete: ctrl-x\n")
    assert found == {
        "app.command": "semicolon",
        "table.page_down": "pagedown,ctrl+d",
        "action.server.delete": "ctrl+x",
    }


def test_two_keys_may_change_places(tmp_path: Path) -> None:
    assert read(tmp_path, "panel.detail: x\npanel.impact: d\n") == {"panel.detail": "x", "panel.impact": "d"}


def test_the_same_key_in_views_that_never_meet_is_no_conflict(tmp_path: Path) -> None:
    assert read(tmp_path, "workflow.hypervisor.drain: b\n") == {"workflow.hypervisor.drain": "b"}


def test_all_problems_are_told_with_their_lines(tmp_path: Path) -> None:
    text = (
        "app.comand: ';'\n"  # 1: no such id
        "app.help: hyper-q\n"  # 2: no such key
        "panel.detail: x\n"  # 3: taken by panel.impact
        "table.select: enter\n"  # 4: fine
        "table.select: o\n"  # 5: twice
        "app.save: ctrl-r\n"  # 6: taken by app.refresh
        "action.server.delete: d\n"  # 7: taken by panel.detail? no, that moved to x: taken by nothing
    )
    with pytest.raises(ConfigInvalid) as caught:
        read(tmp_path, text)
    told = {(problem.line, problem.what) for problem in caught.value.problems}
    assert told == {
        (1, "nothing is called app.comand"),
        (2, "app.help: no such key: 'hyper-q'"),
        (3, "panel.detail: x is taken by panel.impact"),
        (5, "table.select stands here twice"),
        (6, "app.save: ctrl-r is taken by app.refresh"),
    }
    assert "did you mean app.command?" in str(caught.value)
    assert f"{tmp_path / 'keys.yaml'}:1:" in str(caught.value)


@pytest.mark.parametrize("text", ["- a\n- b\n", "app.command: [\n", "just text"])
def test_what_is_no_mapping_is_refused_with_its_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        read(tmp_path, text)
    assert caught.value.problems[0].line >= 1


def test_views_meet_when_one_lies_in_the_other() -> None:
    assert _meet("everywhere", "panel")
    assert _meet("panel", "panel/nova.server")
    assert not _meet("panel/nova.server", "panel/nova.hypervisor")
    assert not _meet("page", "panel")


@pytest.mark.asyncio
async def test_a_mapped_key_works_and_the_old_one_does_not() -> None:
    keymap = {"app.command": "semicolon", "action.server.delete": "ctrl+x", "sort.host": "H"}
    async with console(keymap=keymap) as c:
        await c.press("semicolon")
        await c.type("vm")
        await c.press("enter")
        await c.see("servers  fra1 lab", "ctrl-x delete")
        await c.press("colon")
        assert c.app.view is not None
        assert not c.app.view.query("Prompt")
        await c.press("question_mark")
        await c.see("ctrl-x")


def test_no_key_of_a_bundled_plugin_is_lost() -> None:
    registry = Registry.load()
    lost = set()
    for one, other in itertools.product(offered_keys(registry), all_keys(registry, HsopsApp.BINDINGS)):
        if one.id != other.id and set(one.keys) & set(other.keys) and _meet(one.where, other.where):
            lost.add((one.id, other.id))
    assert lost == set()
