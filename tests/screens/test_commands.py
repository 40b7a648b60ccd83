"""The ``:`` line: what it means, what it offers, what it says when it is not understood."""

from __future__ import annotations

from pathlib import Path

import pytest

from hsops.errors import UserError
from hsops.registry import Registry
from hsops.screens import commands
from hsops.screens.commands import Command, Completer
from hsops.screens.history import KEPT, History
from hsops.screens.place import OVERVIEW, Place, View
from tests.screens.cloud import NOVA, WATCH

REGISTRY = Registry((NOVA, WATCH))
SITES = ("fra1", "ams2")


def parse(text: str) -> Command | None:
    return commands.parse(text, commands.Known(REGISTRY, SITES))


def place(text: str) -> Place:
    command = parse(text)
    assert command is not None
    assert command.place is not None
    return command.place


@pytest.mark.parametrize("name", ["server", "servers", "vm", "sv", "nova.server", ":vm", " VM "])
def test_a_kind_by_any_of_its_names(name: str) -> None:
    assert place(name) == Place(View.PANEL, kind="nova.server")


@pytest.mark.parametrize(
    ("text", "query", "site"),
    [
        ("vm /web.*[0-9] x", "web.*[0-9] x", ""),
        ("vm host=cmp-001,state=up", "-l host=cmp-001,state=up", ""),
        ("vm @ams2", "", "ams2"),
        ("vm @all", "", ""),
        ("vm @ams2 /!db", "!db", "ams2"),
        ("vm @ams2 a=b", "-l a=b", "ams2"),
    ],
)
def test_the_three_forms_and_the_site(text: str, query: str, site: str) -> None:
    assert place(text) == Place(View.PANEL, kind="nova.server", query=query, site=site)


def test_words() -> None:
    assert parse("") is None
    assert parse("  ") is None
    assert parse("q") == Command("q")
    assert parse("quit") == Command("q")
    assert parse("unlock 15m kernel upgrade") == Command("unlock", "15m kernel upgrade")
    assert place("home") == OVERVIEW
    assert place("runs 3f2a") == Place(View.RUN, name="3f2a")
    assert place("wf hypervisor.drain") == Place(View.FORM, name="hypervisor.drain")
    assert place("workflows").view is View.WORKFLOWS


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("vm @mars", "there are fra1, ams2"),
        ("vm nonsense", "not understood"),
        ("sourc", "did you mean :sources?"),
        ("wf no.such", "no.such"),
    ],
)
def test_what_is_not_understood_says_what_to_type(text: str, says: str) -> None:
    with pytest.raises(UserError) as caught:
        parse(text)
    assert says in str(caught.value)


COMPLETER = Completer(
    kinds=REGISTRY.kinds,
    sites=SITES,
    themes=lambda: ("dark", "light"),
    workflows=lambda: ("hypervisor.drain",),
    things=lambda start: [f"impact:{start}"],
)


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("hyp", "hypervisors"),
        ("s", "servers"),
        ("theme l", "theme light"),
        ("wf ", "wf hypervisor.drain"),
        ("vm @a", "vm @ams2"),
        ("save m", "save md"),
        ("unlock ", "unlock 15m "),
    ],
)
def test_completion_offers_whole_lines(typed: str, first: str) -> None:
    assert COMPLETER(typed)[0] == first


def test_every_word_is_offered_and_helped() -> None:
    offered = set(COMPLETER(""))
    for word in commands.WORDS:
        assert word.help
        assert len(word.name) == 1 or word.name in offered


def test_history_walks_like_a_shell_and_survives(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "commands"
    history = History(path)
    for text in ("vm", "hv", "vm", "", "osd"):
        history.add(text)
    assert history.lines == ["hv", "vm", "osd"]
    assert [history.older(), history.older(), history.older(), history.older()] == ["osd", "vm", "hv", None]
    assert [history.newer(), history.newer(), history.newer()] == ["vm", "osd", ""]
    assert path.stat().st_mode & 0o777 == 0o600
    assert History(path).lines == history.lines


def test_history_is_bounded_and_a_bad_file_costs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "commands"
    path.write_bytes(b"\xff\xfe")
    history = History(path)
    assert history.lines == []
    for number in range(KEPT + 10):
        history.add(str(number))
    assert len(History(path).lines) == KEPT


def test_a_home_that_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    history = History(tmp_path / "file" / "commands")
    history.add("vm")
    assert history.lines == ["vm"]
