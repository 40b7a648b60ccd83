"""The filter grammar of `/` and --filter, the selector grammar of -l, and patterns that cannot hang."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hsops.api import Column, Resource, State, UserError
from hsops.filter import compile_filter, compile_selector
from hsops.model import Health
from hsops.pattern import compile_pattern
from hsops.selector import parse_selector


class Vm(Resource):
    KIND: ClassVar[str] = "toy.vm"
    id: str
    name: str
    state: str = "up"
    tags: dict[str, str] = msgspec.field(default_factory=dict)

    def key(self) -> str:
        return self.id

    def title(self) -> str:
        return self.name

    def labels(self) -> Mapping[str, str]:
        return self.tags


COLUMNS = (
    Column("name", "NAME", lambda vm: vm.name),
    Column("state", "STATE", lambda vm: State(Health.OK, vm.state)),
    Column("rack", "RACK", lambda vm: None),
    Column("nets", "NETS", lambda vm: ("net-a", "net-b")),
)
WEB = Vm(id="1", name="web-7", tags={"env": "prod", "tier": "front"})
DB = Vm(id="2", name="db-2", state="down", tags={"env": "lab"})
EVIL = Vm(id="3", name="\x1b[31m(((a+)+$ -l x=y !")


def kept(text: str) -> list[str]:
    match = compile_filter(text, COLUMNS)
    return [vm.id for vm in (WEB, DB, EVIL) if match(vm)]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("", ["1", "2", "3"]), ("web", ["1"]), ("WEB", ["1"]), ("^db", ["2"]), ("down$", ["2"]), ("w.*7", ["1"]),
        ("net-b", ["1", "2", "3"]), ("!web", ["2", "3"]), ("! web ", ["2", "3"]), ("!", ["1", "2", "3"]),
        ("-l env=prod", ["1"]), ("-l env", ["1", "2"]), ("-l state=down", ["2"]), ("-f w7", ["1"]), ("-f d2", ["2"]),
        ("web|db", ["1", "2"]), (r"\x1b", ["3"]), ("^3$", ["3"]),
    ],
)  # fmt: skip
def test_the_grammar(text: str, ids: list[str]) -> None:
    assert kept(text) == ids


@pytest.mark.parametrize("text", ["(", "[", "*", "!(", "-l", "-l =", "-l a=b,", "-x y", "a" * 300])
def test_what_is_not_understood_is_told(text: str) -> None:
    with pytest.raises(UserError):
        compile_filter(text, COLUMNS)


@given(st.text(max_size=40))
def test_a_filter_answers_or_is_refused(text: str) -> None:
    try:
        match = compile_filter(text, COLUMNS)
    except UserError:
        return
    assert {match(vm) for vm in (WEB, DB, EVIL)} <= {True, False}


@given(st.text(min_size=1, max_size=20).filter(lambda text: text.strip() == text and text[0] not in "!-"))
def test_inverse_is_the_rest(text: str) -> None:
    try:
        plain, inverse = compile_filter(text, COLUMNS), compile_filter("!" + text, COLUMNS)
    except UserError:
        return
    assert all(plain(vm) is not inverse(vm) for vm in (WEB, DB, EVIL))


@given(st.text("abcxyz-", max_size=30), st.data())
def test_fuzzy_finds_every_subsequence(name: str, data: st.DataObject) -> None:
    vm = Vm(id="id", name=name)
    chosen = data.draw(st.lists(st.integers(0, max(0, len(name) - 1)), unique=True)) if name else []
    letters = "".join(name[index] for index in sorted(chosen))
    assert compile_filter(f"-f {letters}", COLUMNS)(vm)


@given(st.from_regex(r"[a-z0-9.*+?|()\[\]\\^$-]{1,15}", fullmatch=True), st.text("ab.-0", max_size=12))
def test_an_accepted_pattern_means_what_python_means(pattern: str, text: str) -> None:
    try:
        found = compile_pattern(pattern)
    except UserError:
        return
    assert found.found_in(text) == (re.search(pattern, text, re.IGNORECASE) is not None)


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+$", "(a*)*b", "(a|a)*b", "(a|ab)*c", r"(\w+\s?)+$", "(.*)*x", "((a{1,9})+)+", "(a?){40}b",
     "a*a*a*a*b", ".*.*.*.*x", r"(a)\1", "(?=a+)a", "(?<=a)b", "([a-z]+)*1", "a?" * 30 + "a" * 30,
     "(x+x+)+y", "(?:a+){20}b"],
)  # fmt: skip
def test_patterns_that_could_hang_are_refused(pattern: str) -> None:
    with pytest.raises(UserError):
        compile_pattern(pattern)


@pytest.mark.parametrize(
    "pattern",
    ["web", "web-[0-9]+", "cmp-0.*up", "^osd\\.1[0-9]$", "(foo|bar)+", "a.*b.*c", r"(\d{1,3}\.){3}\d{1,3}",
     "colou?rs?", "(web|db)-\\d+",
     "x*", "(ab)*c", "(?:prod|lab)-.*-[0-9]+", "[^a]*b"],
)  # fmt: skip
def test_usual_patterns_are_accepted_and_end_on_hostile_text(pattern: str) -> None:
    found = compile_pattern(pattern)
    for text in ("a" * 100_000, "ab" * 50_000, "0.1-" * 30_000, "abc" * 1000, "-" * 5000):
        assert found.found_in(text) in (True, False), "it ends; the time-out of the tests tells when not"


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("env=prod", ["1"]), ("env==prod", ["1"]), ("env!=prod", ["2", "3"]), ("env", ["1", "2"]), ("!env", ["3"]),
        ("env in (prod, lab)", ["1", "2"]), ("env notin (prod)", ["2", "3"]), ("env=prod,tier=front", ["1"]),
        ("env=prod, tier!=front", []), (" env = lab ", ["2"]), ("state in (down)", ["2"]), ("rack", []),
        ("env=", []), ("no-such", []),
    ],
)  # fmt: skip
def test_selectors(text: str, ids: list[str]) -> None:
    match = compile_selector(text, COLUMNS)
    assert [vm.id for vm in (WEB, DB, EVIL) if match(vm)] == ids


@pytest.mark.parametrize("text", ["", ",", "=b", "a in", "a in b", "a in (b", "a=b,,c=d", "a b", "(", "x" * 2000])
def test_bad_selectors(text: str) -> None:
    with pytest.raises(UserError):
        parse_selector(text)


WORD = st.from_regex(r"[a-z][a-z0-9./_-]{0,8}", fullmatch=True).filter(lambda word: word not in ("in", "notin"))


@given(st.dictionaries(WORD, WORD, min_size=1, max_size=4))
def test_a_selector_of_equalities_finds_exactly_its_row(labels: dict[str, str]) -> None:
    text = ",".join(f"{key}={value}" for key, value in labels.items())
    terms = parse_selector(text)
    assert all(term.holds(labels.get) for term in terms)
    assert not all(term.holds({}.get) for term in terms)
    assert all(term.negated != term._replace(negated=True).negated for term in terms)
