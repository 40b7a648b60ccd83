"""Fields of forms and the order of the catalogue: values, no screen."""

from __future__ import annotations

import pytest

from hsops.plugin import Input, Workflow
from hsops.registry import Registry
from hsops.screens import fields
from hsops.screens.purposes import NO_FIT, ORDER, fit_of, grouped, matching, purpose
from tests.screens.cloud import NOW, Hypervisor

DRAIN = Workflow(name="hypervisor.drain", title="empty a hypervisor", summary="", run="")
HOST = Input(name="host", title="hypervisor", type="ref", kind="nova.hypervisor", required=True)
ROWS = [Hypervisor("cmp-001"), Hypervisor("cmp-002", state="down")]


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        (HOST, "", "hypervisor is needed: choose one of those below"),
        (HOST, "cmp-001", ""),
        (Input(name="n", title="at a time", type="int"), "many", "at a time: 'many' is not a whole number"),
        (Input(name="n", title="at a time", type="int"), "", ""),
        (Input(name="on", title="fenced", type="bool"), "perhaps", "fenced: 'perhaps' is neither yes nor no"),
        (Input(name="how", title="how", type="choice", choices=("a", "b")), "c", "how: 'c' is none of a, b"),
        (Input(name="for", title="for", type="duration"), "soon", "such as 90s, 15m, 2h or 1h30m"),
    ],
)
def test_what_is_wrong_is_a_sentence(field: Input, typed: str, sentence: str) -> None:
    said = fields.fault(field, typed, DRAIN)
    assert said == sentence or (sentence and said.endswith(sentence))


def test_a_name_that_nobody_has_is_doubted_and_not_refused() -> None:
    rows = lambda field: ROWS  # noqa: E731 - the rows of any field
    assert "no cmp-01 is known now; did you mean cmp-001?" in fields.doubt(HOST, "cmp-01", rows)
    assert fields.doubt(HOST, "cmp-002", rows) == ""
    assert fields.doubt(HOST, "anything", lambda field: []) == "", "when nothing is known, nothing is strange"
    assert fields.fault(HOST, "cmp-01", DRAIN) == ""


def test_durations_are_read_back() -> None:
    length = Input(name="silence", title="silence", type="duration")
    assert fields.understood(length, "1h30m", NOW) == "1h30m is 1 hour 30 minutes: begun now, until 11:11Z"
    assert fields.understood(length, "90", NOW).startswith("90 is 1 minute 30 seconds")
    assert fields.understood(length, "0", NOW) == ""
    assert fields.understood(length, "soon", NOW) == ""
    assert fields.understood(HOST, "1h", NOW) == ""


def test_the_well_ones_come_first() -> None:
    found = [name for name, _ in fields.candidates(HOST, lambda field: list(reversed(ROWS)))]
    assert found == ["cmp-001", "cmp-002"]
    assert [name for name, _ in fields.candidates(Input(name="b", title="b", type="bool"), lambda field: [])] == [
        "yes",
        "no",
    ]


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("hypervisor.drain", ORDER[0]),
        ("ceph.maintenance.enter", ORDER[0]),
        ("osd.replace", ORDER[0]),
        ("hosts.upgrade", ORDER[1]),
        ("ceph.balance", ORDER[2]),
        ("silence.maintenance", ORDER[3]),
        ("maintenance.silence", ORDER[3]),
        ("project.onboard", ORDER[4]),
    ],
)
def test_a_name_tells_the_purpose(name: str, wanted: str) -> None:
    assert purpose(Workflow(name=name, title="", summary="", run="")) == wanted


def test_every_bundled_workflow_has_a_place() -> None:
    workflows = Registry.load().workflows
    assert sum(len(members) for _, members in grouped(workflows)) == len(workflows)


def test_search_is_fuzzy_and_the_best_come_first() -> None:
    workflows = [
        Workflow(name=name, title="", summary="", run="") for name in ("rack.drain", "hypervisor.drain", "osd.return")
    ]
    assert [one.name for one in matching(workflows, "drain")] == ["rack.drain", "hypervisor.drain"]
    assert [one.name for one in matching(workflows, "hvdr")] == ["hypervisor.drain"]
    assert [one.name for one in matching(workflows, "osdret")] == ["osd.return"]
    assert matching(workflows, "zzz") == []
    assert fit_of("", "anything") == 0
    assert fit_of("ba", "ab") == NO_FIT
