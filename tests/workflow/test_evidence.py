"""Every effect of a run is in the audit log before and after, with its command; so is what people wanted."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hsops.audit import Audit, Entry
from hsops.errors import Conflict, HsopsError
from hsops.workflow import engine as engines
from hsops.workflow import signers
from hsops.workflow.engine import Engine
from hsops.workflow.report import make_report
from hsops.workflow.values import RunStatus
from tests.workflow import toy
from tests.workflow.conftest import ROOT, opener, until
from tests.workflow.evidence_child import Session
from tests.workflow.people import People
from tests.workflow.test_failures import submit, waiting, when


class Place:
    """A folder for an audit log that can be made unwritable."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.away = folder.with_name("away")
        folder.mkdir()

    def shut(self) -> None:
        self.folder.rename(self.away)
        self.folder.write_text("in the way")

    def open(self) -> None:
        self.folder.unlink()
        self.away.rename(self.folder)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "evidence")


@asynccontextmanager
async def recorded(
    world: toy.World, store: str, place: Place, tier: str = "lab"
) -> AsyncIterator[tuple[Engine, Audit]]:
    audit = Audit(place.folder / "audit.jsonl", tiers={"lab": tier})
    async with Engine(Session(world, audit), store, toy.workflow) as engine:
        yield engine, audit
    assert audit.verify().ok, audit.verify().text
    audit.close()


def shape(entry: Entry) -> str:
    """``effect.before disable``"""
    return f"{entry.what} {entry.data.get('step', '')}".rstrip()


@pytest.mark.asyncio
async def test_every_effect_before_and_after(world: toy.World, any_store: str, place: Place) -> None:
    async with recorded(world, any_store, place) as (engine, audit):
        run = await submit(engine)
        info = await engine.join(run)
        assert info.status is RunStatus.DONE
        steps = await engine.steps(run)
    entries = list(audit.entries())
    assert {(entry.run, entry.site, entry.tier, entry.target) for entry in entries} == {(run, "lab", "lab", "host/h")}
    assert {entry.who for entry in entries} == {info.author}
    assert [shape(entry) for entry in entries[:4]] == [
        "run.submit", "run.begin", "effect.before disable", "effect.after disable",
    ]  # fmt: skip
    assert (entries[-1].what, entries[-1].result) == ("run.end", "done")
    effects = [step for step in steps if step.kind in ("step", "item")]
    assert len(effects) == 6
    for step in effects:
        before, after = (entry for entry in entries if entry.data.get("step") == step.key)
        assert (before.what, after.what) == ("effect.before", "effect.after")
        assert before.command == after.command == step.command
        assert before.system == "toy"
        assert after.result.startswith("done")
    moved = next(entry for entry in entries if shape(entry) == "effect.after move/vm-1")
    assert (moved.result, moved.shell) == ("done: moved", "toy move vm-1")
    submitted = entries[0]
    assert submitted.command[:3] == ("hsops", "run", "toy.drain")
    assert submitted.data["values"]["host"] == "h"


@pytest.mark.asyncio
async def test_what_fails_is_decided_and_taken_back(world: toy.World, store: str, place: Place) -> None:
    world.flag("fail-move-vm-1", "no room, token=geheim")
    async with recorded(world, store, place) as (engine, audit):
        run = await submit(engine)
        await waiting(engine, run)
        with pytest.raises(Conflict):
            await submit(engine)
        await engine.pause(run)
        await engine.decide(run, "vm-1", "skip")
        await engine.abort(run)
        assert (await engine.join(run)).status is RunStatus.ROLLED_BACK
    entries = list(audit.entries())
    shapes = [shape(entry) for entry in entries]
    failed = entries[shapes.index("effect.after move/vm-1")]
    assert failed.result == "failed: OSError: no room, token=***"
    decided = entries[shapes.index("run.decide move/vm-1")]
    assert decided.data["verdict"] == "skip"
    assert shapes.index("run.pause") < shapes.index("run.abort")
    refused = next(entry for entry in entries if entry.what == "run.refuse")
    assert "held by" in refused.result
    assert refused.run != run
    for undo in ("undo mark", "undo disable"):
        assert shapes.index(f"undo.before {undo}") + 1 == shapes.index(f"undo.after {undo}")
    assert entries[shapes.index("undo.before undo disable")].shell == "toy enable h"
    assert (entries[-1].what, entries[-1].result) == ("run.end", "rolled-back")
    assert b"geheim" not in audit.path.read_bytes()


@pytest.mark.asyncio
async def test_a_forced_check_with_its_reason(world: toy.World, store: str, place: Place) -> None:
    world.flag("forbidden", "not today")
    force = {"allowed": "the boss said so", "second": "again"}
    async with recorded(world, store, place) as (engine, audit):
        run = await engine.submit("toy.drain", {"host": "h"}, site="lab", force=force)
        assert (await engine.join(run)).status is RunStatus.DONE
    forced = [entry for entry in audit.entries() if entry.what == "check.force"]
    assert [(one.data["check"], one.reason, one.result) for one in forced] == [
        ("allowed", "the boss said so", "not today"),
        ("second", "again", "not today"),
    ]


@pytest.mark.asyncio
async def test_prod_refuses_a_run_that_cannot_be_recorded(world: toy.World, store: str, place: Place) -> None:
    async with recorded(world, store, place, "prod") as (engine, _):
        place.shut()
        with pytest.raises(HsopsError, match="cannot be written") as refused:
            await submit(engine)
        place.open()
        assert await engine.runs() == []
    assert refused.value.exit_code == 3
    assert world.tries() == []


@pytest.mark.asyncio
async def test_prod_starts_no_effect_that_cannot_be_recorded(world: toy.World, store: str, place: Place) -> None:
    world.flag("hang-mark")
    async with recorded(world, store, place, "prod") as (engine, audit):
        run = await submit(engine)
        await when(engine, run, lambda info: "mark" in world.tries())
        place.shut()
        world.unflag("hang-mark")
        info = await waiting(engine, run)
        assert "the audit log" in info.reason
        await when(engine, run, lambda info: info.reason.count("cannot be written") == 3)
        assert not any(what.startswith("move/") for what in world.tries())
        place.open()
        await engine.resume(run)
        assert (await engine.join(run)).status is RunStatus.DONE
        told = [event.text async for event in engine.events(run, follow=False) if event.kind == "note"]
    assert any("NOT RECORDED" in text for text in told)
    assert [entry.what for entry in audit.entries()].count("log.gap") == 1
    assert {"effect.before move/vm-0", "effect.after move/vm-0"} <= {shape(entry) for entry in audit.entries()}


@pytest.mark.asyncio
async def test_elsewhere_the_run_goes_on_and_says_so(world: toy.World, store: str, place: Place) -> None:
    async with recorded(world, store, place) as (engine, _):
        place.shut()
        run = await submit(engine)
        assert (await engine.join(run)).status is RunStatus.DONE
        place.open()
        told = [event.text async for event in engine.events(run, follow=False) if event.status == "warning"]
    assert len(told) == 1, "once, not before and after every effect"
    assert "NOT RECORDED: the audit log" in told[0]


@pytest.mark.asyncio
async def test_a_run_that_is_left_says_so(world: toy.World, store: str, place: Place) -> None:
    world.flag("hang-mark")
    async with recorded(world, store, place) as (engine, audit):
        run = await submit(engine)
        await when(engine, run, lambda info: "mark" in world.tries())
        asyncio.get_running_loop().call_later(0.3, world.unflag, "hang-mark")
    assert [entry.result for entry in audit.entries() if entry.what == "run.end"] == ["left as it is: running"]
    async with opener(world, store)() as engine:  # and a session without a log goes on with it
        assert (await engine.join(run)).status is RunStatus.DONE


@pytest.mark.asyncio
async def test_a_killed_process_leaves_what_it_began(world: toy.World, store: str, place: Place) -> None:
    world.flag("hang-move-vm-0")
    argv = [
        sys.executable,
        "-m",
        "tests.workflow.evidence_child",
        store,
        str(world.folder),
        str(place.folder / "audit.jsonl"),
    ]
    child = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, cwd=ROOT)  # noqa: ASYNC220 - ended below
    try:
        await asyncio.to_thread(until, lambda: "move/vm-0" in world.tries(), "the effect")
    finally:
        child.send_signal(signal.SIGKILL)
        run = child.communicate()[0].strip()
    world.unflag("hang-move-vm-0")
    async with recorded(world, store, place) as (engine, audit):
        await when(engine, run, lambda info: info.status is RunStatus.DONE)
    shapes = [shape(entry) for entry in audit.entries()]
    assert shapes.count("run.begin") == 2
    assert shapes.count("run.end") == 1
    assert shapes.count("effect.before move/vm-0") == 2, "begun, and begun again"
    assert shapes.count("effect.after move/vm-0") == 1
    assert shapes.index("effect.after disable") < shapes.index("effect.before move/vm-0"), (
        "what ended before has its end"
    )


@pytest.mark.asyncio
async def test_a_second_persons_answer(
    world: toy.World, store: str, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = People(tmp_path / "people", world)
    people.allow("ann@x.org {ann}", "bob@x.org {bob}")
    people.site()
    monkeypatch.setattr(engines, "_me", lambda: "ann@bastion1")
    async with recorded(world, store, place, "prod") as (engine, audit):
        run = await submit(engine)
        await when(engine, run, lambda info: info.status is RunStatus.AWAITING)
        assert world.tries() == []
        signature = signers.sign(await engine.approval_payload(run), people.key("bob"))
        monkeypatch.setattr(engines, "_me", lambda: "bob@bastion2")
        info = await engine.info(run)
        assert info.approval is not None
        await engine.approve(run, signature=signature, reason="CAB 4711", digest=info.approval.digest)
        assert (await engine.join(run)).status is RunStatus.DONE
        report = await make_report(engine, run)
    entries = list(audit.entries())
    shapes = [shape(entry) for entry in entries]
    answer = entries[shapes.index("run.approve")]
    assert (answer.reason, answer.data["identity"], answer.data["signed"]) == ("CAB 4711", "bob@x.org", True)
    assert shapes.index("run.approve") < shapes.index("effect.before disable")
    assert "signed, verified as bob\\@x.org. Reason: CAB 4711" in report.markdown()
    assert report.approvals[0].what == "asked"
    assert report.states["awaiting-approval"] > 0
