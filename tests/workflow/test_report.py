"""The report of a run: complete, from the store only, and no name in it can become markup."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from hsops.errors import plain
from hsops.simulator.names import HOSTILE_NAMES
from hsops.workflow.report import Report, make_report
from hsops.workflow.report.gather import report_of
from hsops.workflow.report.markdown import escape, fenced
from hsops.workflow.report.moves import places
from hsops.workflow.report.values import Trace
from hsops.workflow.values import ApprovalInfo, Event, RunInfo, RunStatus, StepInfo, StepStatus
from tests.workflow import toy
from tests.workflow.conftest import opener
from tests.workflow.test_evidence import Place, place, recorded
from tests.workflow.test_failures import submit, waiting

__all__ = ["place"]

GOLDEN = Path(__file__).parent / "report.md"
LEFT_OUT = StepStatus.SKIPPED
BEGIN = datetime(2026, 1, 31, 22, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


def step(key: str, kind: str, began: float, ended: float | None, **more: Any) -> StepInfo:
    status = more.pop("status", StepStatus.DONE)
    return StepInfo(
        key=key, kind=kind, name=more.pop("name", key), status=status, attempts=more.pop("attempts", 1),
        started=at(began), ended=None if ended is None else at(ended), **more,
    )  # fmt: skip


def event(seconds: float, kind: str, **more: Any) -> Event:
    return Event(run="k3v9x2ab", at=at(seconds), kind=kind, **more)


def a_drain(name: str = "web-1") -> Report:
    """A night's work with everything in it, on a server of that name."""
    info = RunInfo(
        id="k3v9x2ab", workflow="hypervisor.drain", title="drain a hypervisor", site="fra1", target="host/cmp-1",
        status=RunStatus.DONE, author="ann@bastion-1", created=at(0), version="hsops-1",
        values={"host": "cmp-1", "reason": "kernel upgrade", "parallel": 1, "to": ""}, started=at(300), ended=at(1500),
        touches={"servers": 3, "tenants": 2}, skipped=1, tier="prod", window="night until 2026-02-01T03:00:00Z",
        approval=ApprovalInfo(
            by="bob@bastion-2", at=at(290), verdict="approved", reason="CAB 4711", digest="ab12cd34", signed=True,
            identity="bob@example.com",
        ),
    )  # fmt: skip
    move = ("openstack", "server", "migrate", "--live-migration", "--wait", name)
    steps = [
        step("headroom", "check", 300, 301, text="no room for db-1"),
        step("silence", "step", 301, 302, title="silence alerts of cmp-1", text="a1b2", command=("amtool", "add")),
        step("disable", "step", 302, 303, title="disable nova-compute", command=("openstack", "compute", "service")),
        step("move/s1", "item", 303, 483, name="move", item="s1", title=name, text="on cmp-2", command=move),
        step("move/s2", "item", 303, 333, name="move", item="s2", title="db-1", text="on cmp-3, ACTIVE", attempts=2),
        step("move/s3", "item", 483, 490, name="move", item="s3", title="old", text="no host", status=LEFT_OUT),
        step("after the host", "gate", 490, 700, text="waived: alerts.new (known, harmless)"),
        step("empty", "wait", 700, 760, text="0 left"),
        step("proof", "verify", 760, 761, text="nothing runs there"),
        step("undo mark", "undo", 761, 762, title="take the mark away", status=StepStatus.FAILED, text="refused"),
    ]  # fmt: skip
    asked = {"choices": {"s3": "leave"}, "force": {"headroom": "db-1 is ours"}}
    events = [
        event(0, "run", status="submitted", text="by ann@bastion-1", data=asked),
        event(1, "run", status="awaiting-approval", text="needs the approval of a second person"),
        event(1, "approval", status="asked", text="a signature of a second person"),
        event(290, "approval", status="approved", text="by bob@bastion-2, signed: CAB 4711"),
        event(300, "run", status="running"),
        event(301, "check", key="headroom", status="forced", text="no room for db-1", data={"forced": "db-1 is ours"}),
        event(301, "step", key="silence", status="running", command=("amtool", "add")),
        event(303, "step", key="move/s1", status="running", command=move),
        event(310, "question", key="move/s2", status="failed", text="NoValidHost"),
        event(310, "run", status="waiting", text="db-1: NoValidHost"),
        event(320, "decision", key="move/s2", status="retry", text="by bob@bastion-2"),
        event(320, "run", status="running"),
        event(490, "step", key="move/s3", status="skipped", text="no host"),
        event(500, "gate", key="after the host", status="red", text="alerts.new: InstanceDown cmp-2",
              data={"alerts.new": "InstanceDown cmp-2"}),
        event(500, "alert", status="watched", text="what alerts is kept here"),
        event(500, "alert", status="firing", text="alerts.new: InstanceDown cmp-2",
              data={"gate": "alerts.new", "text": "InstanceDown cmp-2"}),
        event(650, "alert", status="quiet", text="alerts.new: quiet again",
              data={"gate": "alerts.new", "text": "quiet again"}),
        event(680, "waiver", key="after the host", status="waived", text="alerts.new by bob: known, harmless"),
        event(690, "gate", key="after the host", status="waived", text="alerts.new by bob: known, harmless"),
        event(761, "step", key="undo mark", status="running", command=("toy", "unmark")),
        event(800, "note", key="note", text="2 moved, 1 left"),
        event(1500, "run", status="done"),
    ]  # fmt: skip
    report = report_of(info, steps, events, Trace(entries=14, seq=99, head="f" * 64))
    return msgspec.structs.replace(report, made=at(9000))


def test_the_whole_report(request: pytest.FixtureRequest) -> None:
    """The text is the contract: change it on purpose, and the file with it."""
    assert a_drain().markdown() == GOLDEN.read_text()


def test_what_it_knows() -> None:
    report = a_drain()
    assert [(one.title, one.origin, one.target) for one in report.moved] == [
        ("web-1", "cmp-1", "cmp-2"), ("db-1", "cmp-1", "cmp-3"), ("old", "", ""),
    ]  # fmt: skip
    assert report.counts == {"done": 2, "skipped": 1}
    assert [(check.name, check.reason) for check in report.forced] == [("headroom", "db-1 is ours")]
    assert [took.name for took in report.took] == ["after the host", "move", "empty", "silence", "disable", "proof"]
    assert report.took[1].slowest == "web-1"
    assert report.states["awaiting-approval"] == 299
    assert report.states["waiting"] == 10
    assert [(alert.what, alert.thing, alert.text) for alert in report.alerts] == [
        ("firing", "alerts.new", "InstanceDown cmp-2"), ("quiet", "alerts.new", "quiet again"),
    ]  # fmt: skip
    assert [silence.name for silence in report.silences] == ["silence"]
    assert [(one.name, one.status) for one in report.undone] == [("undo mark", "failed")]
    assert [command.step for command in report.commands] == ["silence", "move/s1", "undo mark"]
    assert report.commands[-1].undo
    again = msgspec.convert(msgspec.json.decode(msgspec.json.encode(report.as_json())), dict[str, Any])
    assert again["asked"]["reason"] == "kernel upgrade"
    assert again["forced"][0]["name"] == "headroom"
    assert again["seconds"] == 1200


@pytest.mark.parametrize(
    ("text", "host", "found"),
    [
        ("on cmp-2", "cmp-1", ("cmp-1", "cmp-2")),
        ("on cmp-2, ACTIVE", "cmp-1", ("cmp-1", "cmp-2")),
        ("on cmp-1.", "cmp-1", ("", "cmp-1")),
        ("on cmp-2", "", ("", "cmp-2")),
        ("cmp-1 → cmp-2", "", ("cmp-1", "cmp-2")),
        ("from osd.1 to osd.2", "x", ("osd.1", "osd.2")),
        ("moved", "cmp-1", ("", "")),
        ("it refuses to move", "cmp-1", ("", "")),
        ("depends on cmp-9", "cmp-1", ("", "")),
    ],
)
def test_from_where_to_where(text: str, host: str, found: tuple[str, str]) -> None:
    assert places(text, host) == found


# -- of real runs


@pytest.mark.asyncio
async def test_a_report_is_made_later_elsewhere(world: toy.World, any_store: str, place: Place) -> None:
    world.flag("fail-move-vm-1", "no room")
    async with recorded(world, any_store, place) as (engine, audit):
        run = await submit(engine)
        await waiting(engine, run)
        world.unflag("fail-move-vm-1")
        await engine.decide(run, "vm-1", "retry")
        await engine.join(run)
        here = await make_report(engine, run)
    async with opener(world, any_store)(work=False) as engine:  # no audit log of the run here, nothing but the store
        there = await make_report(engine, run)
    assert here.trace is not None
    assert there.trace is None
    same = msgspec.structs.replace(here, trace=None, made=there.made)
    info = msgspec.structs.replace(there.run, owner_alive=here.run.owner_alive, owner=here.run.owner)
    assert same == msgspec.structs.replace(there, run=info)
    assert here.trace.entries == sum(entry.run == run for entry in audit.entries())
    assert audit.verify(here.trace.head).ok
    retried = next(one for one in there.took if one.name == "move")
    assert (retried.items, retried.attempts) == (3, 2)
    assert [one.what for one in there.troubles] == ["failed", "waiting", "decided: retry"]
    shells = [command.shell for command in there.commands]
    assert shells.count("toy move vm-1") == 2
    assert shells[-1] == "toy finish"
    assert not there.alerts_watched
    assert "not recorded" in there.text()


@pytest.mark.asyncio
async def test_a_report_of_a_rollback(world: toy.World, opened: Any) -> None:
    world.flag("fail-finish", "broken")
    async with opened() as engine:
        run = await submit(engine)
        await waiting(engine, run)
        await engine.decide(run, "finish", "back_out")
        await engine.join(run)
        report = await make_report(engine, run)
    assert report.run.status is RunStatus.ROLLED_BACK
    assert [one.name for one in report.undone] == ["undo mark", "undo disable"]
    assert [command.shell for command in report.commands if command.undo] == ["toy enable h"]
    assert "rolled" in report.markdown().splitlines()[2]


# -- hostile names

MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
SIGNS = [*"`*_[]()<>#+-.!|\\&~:/@^$={}'\"\n\r\t\x1b\u202e 1aW", "www.", "http://", "```", "<b>", "]("]
HOSTILE = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from(SIGNS), max_size=25).map("".join),
    st.sampled_from(sorted(HOSTILE_NAMES.values())),
)
MANY = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
MARKUP = {"html_inline", "html_block", "link_open", "image", "em_open", "strong_open", "s_open", "code_inline", "hr"}


def tokens(markdown: str) -> list[Token]:
    found: list[Token] = []
    for token in MARKDOWN.parse(markdown):
        found += [token, *(token.children or [])]
    return found


def shown(text: str) -> str:
    """What a reader should see of a text."""
    return " ".join(plain(text).split())


@MANY
@given(HOSTILE)
@example("[x](javascript:alert(1))")
@example("<script>alert(1)</script>")
@example("<https://evil.example>")
@example("1. one")
@example("- [ ] task")
@example("a|b|c")
@example("&lt;b&gt;")
@example("``` \n # title")
def test_no_name_becomes_markup(name: str) -> None:
    """In a paragraph, a table, a list and a title: the reader sees the name, and nothing but it."""
    safe = escape(name)
    assert "\n" not in safe
    for frame, count in (
        (f"{safe}", 1),
        (f"| a | b |\n| --- | --- |\n| x | {safe} |", 4),
        (f"- {safe}", 1),
        (f"# t: {safe}", 1),
    ):
        found = tokens(frame)
        assert not MARKUP & {token.type for token in found}, (frame, [token.type for token in found])
        inline = [token for token in found if token.type == "inline"]
        texts = ["".join(child.content for child in token.children or ()) for token in inline]
        assert len(texts) == (count if shown(name) or count > 1 or frame.startswith("#") else 0)
        if texts:
            assert texts[-1].removeprefix("t:").strip() == shown(name)


@MANY
@given(st.lists(HOSTILE, min_size=1, max_size=5))
def test_no_command_ends_its_fence(lines: list[str]) -> None:
    found = tokens(fenced(lines))
    assert [token.type for token in found] == ["fence"]
    assert found[0].content == "".join(f"{plain(line)}\n" for line in lines)


@MANY
@given(HOSTILE)
def test_a_whole_report_with_a_hostile_name(name: str) -> None:
    report = a_drain(name)
    markdown = report.markdown()
    assert not MARKUP & {token.type for token in tokens(markdown)}
    kinds = [token.type for token in tokens(markdown)]
    plain_kinds = [token.type for token in tokens(a_drain().markdown())]
    for kind in ("heading_open", "tr_open", "td_open", "fence", "bullet_list_open", "paragraph_open"):
        assert kinds.count(kind) == plain_kinds.count(kind), kind
    for text in (markdown, report.text()):
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)


def test_bare_addresses_are_no_links_on_github() -> None:
    """Extended autolinks begin with a scheme, with www. or have an @; a backslash before the sign ends them."""
    assert escape("http://evil.example") == "http\\://evil.example"
    assert escape("see WWW.evil.example") == "see WWW\\.evil.example"
    assert escape("ann@evil.example") == "ann\\@evil.example"
