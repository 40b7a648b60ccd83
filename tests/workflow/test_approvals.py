"""A second person approves before anything is changed: on real keys, on both stores, whoever dies in between."""

from __future__ import annotations

import asyncio
import base64
import os
import pwd
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from hsops.errors import Conflict, Forbidden, UserError
from hsops.workflow import engine as engines
from hsops.workflow import schema, signers
from hsops.workflow.approval import waits_for
from hsops.workflow.engine import Engine
from hsops.workflow.store import Store
from hsops.workflow.values import RunInfo, RunStatus
from tests.workflow import toy
from tests.workflow.conftest import Children, Open, opener, until
from tests.workflow.people import People

ANN, BOB = "ann@bastion1", "bob@bastion2"
PATIENCE = 60.0


@pytest.fixture
def people(tmp_path: Path, world: toy.World) -> People:
    found = People(tmp_path / "people", world)
    found.allow("ann@x.org {ann}", "bob@x.org {bob}")
    found.site()
    return found


@pytest.fixture
def be(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Become somebody: the user that this process runs as is what the engine believes."""
    return lambda who: monkeypatch.setattr(engines, "_me", lambda: who)


@pytest.fixture(autouse=True)
def started_by_ann(be: Callable[[str], None]) -> None:
    be(ANN)


async def when(engine: Engine, run: str, condition: Callable[[RunInfo], object]) -> RunInfo:
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while not condition(info := await engine.info(run)):
        assert asyncio.get_running_loop().time() < deadline, f"waited in vain: {info}"
        await asyncio.sleep(0.01)
    return info


async def asked(engine: Engine, host: str = "h", **more: Any) -> str:
    run = await engine.submit("toy.drain", {"host": host}, site="lab", **more)
    await when(engine, run, lambda info: info.status is RunStatus.AWAITING)
    return run


async def signed(engine: Engine, run: str, key: Path) -> bytes:
    return signers.sign(await engine.approval_payload(run), key)


def sql(store: str, statement: str, **values: Any) -> None:
    """What somebody does who can write into the store."""
    opened = Store(store)
    opened.open()
    opened.run(lambda connection: connection.execute(text(statement), values))
    opened.close()


@pytest.mark.asyncio
async def test_asked_approved_done(world: toy.World, any_store: str, people: People, be: Callable[[str], None]) -> None:
    async with opener(world, any_store)() as engine:
        plan = await engine.plan("toy.drain", {"host": "h"}, site="lab")
        assert plan.approval == "a second person, signed with an SSH key"
        run = await asked(engine)
        info = await engine.info(run)
        assert (info.exit_code, info.tier, info.owner_alive) == (6, "prod", True)
        assert info.approval is not None
        assert (info.approval.verdict, info.approval.digest) == ("", plan.digest)
        assert "second person, signed with an SSH key, other than ann@bastion1, by 20" in info.reason
        assert waits_for(info, BOB)
        assert not waits_for(info, ANN)
        assert world.tries() == []
        shown = await engine.asked_plan(run)
        assert shown is not None
        assert shown.commands() == plan.commands()
        payload = msgspec.json.decode(await engine.approval_payload(run))
        assert payload == {
            "format": "hsops-approval-1", "run": run, "workflow": "toy.drain", "site": "lab", "target": "host/h",
            "values": {"host": "h", "limit": 2, "pause": 0.0}, "choices": {}, "force": {}, "plan": plan.digest,
            "starter": ANN,
        }  # fmt: skip
        be(BOB)
        signature = await signed(engine, run, people.key("bob"))
        await engine.approve(run, signature=signature, reason="fine", digest=plan.digest)
        info = await engine.join(run)
        events = [event async for event in engine.events(run, follow=False)]
    assert info.status is RunStatus.DONE
    assert info.approval is not None
    assert (info.approval.verdict, info.approval.identity, info.approval.by) == ("approved", "bob@x.org", BOB)
    assert (info.approval.signed, info.approval.reason) == (True, "fine")
    assert [event.status for event in events if event.kind == "approval"] == ["asked", "approved"]
    statuses = [event.status for event in events if event.kind == "run"]
    assert statuses == ["submitted", "running", "awaiting-approval", "running", "done"]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("who", "key", "why"),
    [
        (ANN, "bob", "ann started the run"),
        (BOB, "ann", r"ann@x\.org started the run"),
        (BOB, "eve", "not .* among the allowed signers"),
        (BOB, "", "wants a signed approval"),
    ],
)
async def test_not_by_the_starter_nor_by_a_stranger(
    world: toy.World, opened: Open, people: People, be: Callable[[str], None], *, who: str, key: str, why: str
) -> None:
    async with opened() as engine:
        run = await asked(engine)
        be(who)
        signature = await signed(engine, run, people.key(key)) if key else None
        with pytest.raises((Conflict, Forbidden), match=why):
            await engine.approve(run, signature=signature)
        assert (await engine.info(run)).status is RunStatus.AWAITING
    assert world.tries() == []


@pytest.mark.asyncio
async def test_a_key_that_is_also_the_starters(
    world: toy.World, opened: Open, people: People, be: Callable[[str], None]
) -> None:
    people.allow("bob@x.org {ann}", "ann@x.org {ann}")
    async with opened() as engine:
        run = await asked(engine)
        be(BOB)
        with pytest.raises(Conflict, match=r"ann@x\.org started the run"):
            await engine.approve(run, signature=await signed(engine, run, people.key("ann")))


@pytest.mark.asyncio
async def test_who_the_starter_is_can_be_said(
    world: toy.World, opened: Open, people: People, be: Callable[[str], None]
) -> None:
    people.site(identities={"ann": "bob@x.org"})
    async with opened() as engine:
        run = await asked(engine)
        be(BOB)
        with pytest.raises(Conflict, match=r"bob@x\.org started the run"):
            await engine.approve(run, signature=await signed(engine, run, people.key("bob")))


@pytest.mark.asyncio
@pytest.mark.parametrize("signers_file", [None, "present"])
async def test_what_nobody_could_approve_is_refused(
    world: toy.World, opened: Open, people: People, be: Callable[[str], None], signers_file: str | None
) -> None:
    if signers_file is None:
        people.site(allowed_signers=None)
    else:
        be("ops@bastion1")  # a shared account: nobody knows who that is
    async with opened() as engine:
        plan = await engine.plan("toy.drain", {"host": "h"}, site="lab")
        run = await engine.submit("toy.drain", {"host": "h"}, site="lab")
        info = await engine.join(run)
    assert (info.status, info.exit_code) == (RunStatus.REFUSED, 3)
    assert "nobody could approve it" in info.reason
    assert [text for text in plan.obstacles if "nobody could approve it" in text]
    assert world.tries() == []


@pytest.mark.asyncio
async def test_signatures_for_something_else(
    world: toy.World, opened: Open, people: People, be: Callable[[str], None]
) -> None:
    async with opened() as engine:
        run, other = await asked(engine), await asked(engine, "other")
        be(BOB)
        payload = msgspec.json.decode(await engine.approval_payload(run))
        changed = msgspec.json.encode({**payload, "plan": "0" * 64}, order="sorted")
        for signature in (
            await signed(engine, other, people.key("bob")),
            signers.sign(changed, people.key("bob")),
            b"-----BEGIN SSH SIGNATURE-----\nnonsense",
        ):
            with pytest.raises(Forbidden):
                await engine.approve(run, signature=signature)
        with pytest.raises(Conflict, match="another one by now"):
            await engine.approve(run, signature=await signed(engine, run, people.key("bob")), digest="0" * 64)
    assert world.tries() == []


@pytest.mark.asyncio
@pytest.mark.parametrize("forgery", ["nothing", "nonsense", "eve", "of another run"])
async def test_a_row_written_by_hand_is_worth_nothing(
    world: toy.World, any_store: str, people: People, be: Callable[[str], None], forgery: str
) -> None:
    async with opener(world, any_store)() as engine:
        run, other = await asked(engine), await asked(engine, "other")
        proof = {
            "nothing": b"",
            "nonsense": b"x",
            "eve": await signed(engine, run, people.key("eve")),
            "of another run": await signed(engine, other, people.key("bob")),
        }[forgery]
        statement = """UPDATE hsops_approval SET verdict = 'approved', approver = :bob, identity = 'bob@x.org',
                       signature = :signature WHERE run = :run"""
        sql(any_store, statement, bob=BOB, signature=base64.b64encode(proof).decode(), run=run)
        info = await when(engine, run, lambda info: "does not hold" in info.reason)
        assert info.status is RunStatus.AWAITING
        assert info.approval is not None
        assert (info.approval.verdict, info.approval.identity) == ("", "")
        assert world.tries() == []
        be(BOB)  # the real one still may
        await engine.approve(run, signature=await signed(engine, run, people.key("bob")))
        assert (await engine.join(run)).status is RunStatus.DONE


@pytest.mark.asyncio
async def test_a_key_that_was_taken_off_the_list_meanwhile(
    world: toy.World, opened: Open, people: People, be: Callable[[str], None]
) -> None:
    async with opened(adopt=False) as engine:
        run = await engine.submit("toy.drain", {"host": "h"}, site="lab", attended=False)
        assert (await engine.join(run)).status is RunStatus.AWAITING
    async with opened(work=False) as engine:
        be(BOB)
        await engine.approve(run, signature=await signed(engine, run, people.key("bob")))
    people.allow("ann@x.org {ann}")
    async with opened() as engine:
        info = await when(engine, run, lambda info: "does not hold" in info.reason)
    assert info.status is RunStatus.AWAITING
    assert world.tries() == []


@pytest.mark.asyncio
async def test_rejected(world: toy.World, any_store: str, people: People, be: Callable[[str], None]) -> None:
    async with opener(world, any_store)() as engine:
        run = await asked(engine)
        be(BOB)
        with pytest.raises(UserError, match="needs a reason"):
            await engine.reject(run, reason=" ")
        await engine.reject(run, reason="not on a Friday")
        info = await engine.join(run)
        with pytest.raises(Conflict, match="is over"):
            await engine.approve(run, signature=b"")
    assert (info.status, info.exit_code) == (RunStatus.REFUSED, 3)
    assert "rejected by bob@bastion2: not on a Friday" in info.reason
    assert world.tries() == []


@pytest.mark.asyncio
async def test_nobody_answers(world: toy.World, any_store: str, people: People, be: Callable[[str], None]) -> None:
    people.site(timeout=1.0)
    async with opener(world, any_store)() as engine:
        run = await engine.submit("toy.drain", {"host": "h"}, site="lab")
        info = await engine.join(run)
        assert (info.status, info.exit_code) == (RunStatus.REFUSED, 3)
        assert "nobody approved it until" in info.reason
    async with opener(world, any_store)(adopt=False) as engine:
        run = await engine.submit("toy.drain", {"host": "h"}, site="lab", attended=False)
        assert (await engine.join(run)).status is RunStatus.AWAITING
    async with opener(world, any_store)(work=False) as engine:
        await when(engine, run, lambda info: info.approval and info.approval.expires and has_passed(info))
        be(BOB)
        with pytest.raises(Conflict, match="nobody approved it until"):
            await engine.approve(run, signature=await signed(engine, run, people.key("bob")))
        assert (await engine.info(run)).status is RunStatus.REFUSED, "nobody had to be there for that"
    assert world.tries() == []


def has_passed(info: RunInfo) -> bool:
    from hsops.workflow.clock import now

    return info.approval is not None and info.approval.expires is not None and info.approval.expires <= now()


@pytest.mark.asyncio
async def test_two_approve_at_once(world: toy.World, any_store: str, people: People, be: Callable[[str], None]) -> None:
    people.allow("ann@x.org {ann}", "bob@x.org {bob}", "cem@x.org {cem}")
    async with opener(world, any_store)() as engine:
        run = await asked(engine)
        be(BOB)
        proofs = [await signed(engine, run, people.key(name)) for name in ("bob", "cem")]
        ends = await asyncio.gather(*(engine.approve(run, signature=proof) for proof in proofs), return_exceptions=True)
        assert sorted(type(end).__name__ for end in ends) == ["Conflict", "RunInfo"]
        info = await engine.join(run)
    assert info.status is RunStatus.DONE
    assert sorted(world.tries()) == sorted(set(world.tries()))


@pytest.mark.asyncio
async def test_the_world_changes_while_it_waits(
    world: toy.World, any_store: str, people: People, be: Callable[[str], None]
) -> None:
    async with opener(world, any_store)() as engine:
        run = await asked(engine)
        before = await engine.asked_plan(run)
        world.flag("size", "4")
        be(BOB)
        await engine.approve(run, signature=await signed(engine, run, people.key("bob")))
        info = await when(engine, run, lambda info: "the world has changed" in info.reason)
        after = await engine.asked_plan(run)
        assert (info.status, world.tries()) == (RunStatus.AWAITING, [])
        assert "vm-3" in info.reason
        assert before is not None
        assert after is not None
        assert (info.approval and info.approval.digest) == after.digest != before.digest
        await engine.approve(run, signature=await signed(engine, run, people.key("bob")))
        assert (await engine.join(run)).status is RunStatus.DONE


@pytest.mark.asyncio
async def test_a_check_that_fails_by_then_refuses(
    world: toy.World, opened: Open, people: People, be: Callable[[str], None]
) -> None:
    async with opened() as engine:
        run = await asked(engine)
        world.flag("forbidden", "a storm")
        be(BOB)
        await engine.approve(run, signature=await signed(engine, run, people.key("bob")))
        info = await engine.join(run)
    assert (info.status, info.exit_code) == (RunStatus.REFUSED, 3)
    assert "a storm" in info.reason
    assert world.tries() == []


@pytest.mark.asyncio
async def test_nobody_has_to_be_there(
    world: toy.World, any_store: str, people: People, be: Callable[[str], None]
) -> None:
    opened = opener(world, any_store)
    async with opened(adopt=False) as engine:
        run = await engine.submit("toy.drain", {"host": "h"}, site="lab", attended=False)
        info = await engine.join(run)
        assert (info.status, info.exit_code, info.owner) == (RunStatus.AWAITING, 6, "")
        info = await engine.resume(run, attended=False)
        info = await when(engine, run, lambda info: not info.owner)
        assert info.status is RunStatus.AWAITING, "resuming does not approve"
        plan = await engine.plan("toy.drain", {"host": "h"}, site="lab")
        assert f"run {run}" in plan.holder, "the target is taken meanwhile"
    async with opened(work=False) as looker:
        be(BOB)
        info = await looker.approve(run, signature=await signed(looker, run, people.key("bob")))
        assert (info.status, info.owner) == (RunStatus.AWAITING, "")
        assert world.tries() == []
    async with opened() as engine:
        assert (await when(engine, run, lambda info: info.status.over)).status is RunStatus.DONE
    assert sorted(world.tries()) == sorted(set(world.tries()))


@pytest.mark.asyncio
async def test_resumed_once_it_is_approved(
    world: toy.World, opened: Open, people: People, be: Callable[[str], None]
) -> None:
    async with opened(adopt=False) as engine:
        run = await engine.submit("toy.drain", {"host": "h"}, site="lab", attended=False)
        await engine.join(run)
    async with opened(work=False) as looker:
        be(BOB)
        await looker.approve(run, signature=await signed(looker, run, people.key("bob")))
    async with opened(adopt=False) as engine:
        await engine.resume(run, attended=False)
        assert (await engine.join(run)).status is RunStatus.DONE


@pytest.mark.asyncio
async def test_killed_while_it_waits(
    world: toy.World, any_store: str, people: People, children: Children, be: Callable[[str], None]
) -> None:
    user = pwd.getpwuid(os.geteuid()).pw_name
    people.site(identities={user: "ann@x.org"})
    child = children.start(any_store, "toy.drain", "host=h", "attended=yes", ttl=2.0)
    assert child.stdout is not None
    run = child.stdout.readline().strip()
    opened = opener(world, any_store)
    async with opened(work=False) as looker:
        await when(looker, run, lambda info: info.status is RunStatus.AWAITING)
        child.send_signal(signal.SIGKILL)
        child.wait(60)
        be(BOB)
        await looker.approve(run, signature=await signed(looker, run, people.key("bob")))
        assert world.tries() == []
    worker = children.start(any_store, ttl=2.0)
    async with opened(work=False) as looker:
        info = await when(looker, run, lambda info: info.status.over)
    assert info.status is RunStatus.DONE
    assert worker.wait(60) == 0
    assert sorted(world.tries()) == sorted(set(world.tries()))


@pytest.mark.asyncio
async def test_killed_after_it_was_approved_asks_nobody_again(
    world: toy.World, any_store: str, people: People, children: Children, be: Callable[[str], None]
) -> None:
    user = pwd.getpwuid(os.geteuid()).pw_name
    people.site(identities={user: "ann@x.org"})
    world.flag("hang-mark")
    child = children.start(any_store, "toy.drain", "host=h", "attended=yes", ttl=2.0)
    assert child.stdout is not None
    run = child.stdout.readline().strip()
    opened = opener(world, any_store)
    async with opened(work=False) as looker:
        await when(looker, run, lambda info: info.status is RunStatus.AWAITING)
        be(BOB)
        await looker.approve(run, signature=await signed(looker, run, people.key("bob")))
        until(lambda: "mark" in world.tries(), "the second effect")
        child.send_signal(signal.SIGKILL)
        child.wait(60)
        world.unflag("hang-mark")
        world.flag("size", "5")  # half-way the world is another one, of course
    async with opened(ttl=2.0) as engine:
        info = await when(engine, run, lambda info: info.status.over)
    assert info.status is RunStatus.DONE
    assert world.tries().count("disable/h") == 1


@pytest.mark.asyncio
async def test_half_way_with_an_approval_that_holds_no_more(
    world: toy.World, opened: Open, people: People, be: Callable[[str], None]
) -> None:
    world.flag("fail-mark", "broken")
    async with opened(adopt=False) as engine:
        run = await engine.submit("toy.drain", {"host": "h"}, site="lab", attended=False)
        await engine.join(run)
        be(BOB)
        await engine.approve(run, signature=await signed(engine, run, people.key("bob")))
        info = await when(engine, run, lambda info: info.status is RunStatus.STOPPED)
        people.allow("ann@x.org {ann}", "cem@x.org {cem}")
        world.unflag("fail-mark")
        await engine.resume(run)
        info = await when(engine, run, lambda info: "only when a second person approves" in info.reason)
        assert info.status is RunStatus.STOPPED
        assert "mark" not in world.did()
        be("cem@bastion2")
        await engine.approve(run, signature=await signed(engine, run, people.key("cem")))
        await engine.resume(run)
        assert (await engine.join(run)).status is RunStatus.DONE


@pytest.mark.asyncio
async def test_half_way_nobody_approves_in_time(
    world: toy.World, opened: Open, people: People, be: Callable[[str], None], store: str
) -> None:
    world.flag("fail-mark", "broken")
    async with opened(adopt=False) as engine:
        run = await engine.submit("toy.drain", {"host": "h"}, site="lab", attended=False)
        await engine.join(run)
        be(BOB)
        await engine.approve(run, signature=await signed(engine, run, people.key("bob")))
        await when(engine, run, lambda info: info.status is RunStatus.STOPPED)
        sql(store, "UPDATE hsops_approval SET verdict = '', signature = '', expires = 0 WHERE run = :run", run=run)
        await engine.resume(run)
        await when(engine, run, lambda info: "only when a second person approves" in info.reason)
        world.unflag("fail-mark")
        await engine.approve(run, signature=await signed(engine, run, people.key("bob")))
        await engine.resume(run)
        assert (await engine.join(run)).status is RunStatus.DONE, "it was asked anew, with time to answer"


@pytest.mark.asyncio
async def test_doing_it_again_is_approved_again(
    world: toy.World, opened: Open, people: People, be: Callable[[str], None]
) -> None:
    async with opened() as engine:
        run = await asked(engine)
        be(BOB)
        await engine.approve(run, signature=await signed(engine, run, people.key("bob")))
        assert (await engine.join(run)).status is RunStatus.DONE
        await engine.rewind(run, "disable", attended=True)
        info = await when(engine, run, lambda info: info.status is RunStatus.STOPPED)
        assert "only when a second person approves" in info.reason
        assert world.tries().count("disable/h") == 1
        await engine.approve(run, signature=await signed(engine, run, people.key("bob")))
        await engine.resume(run)
        assert (await engine.join(run)).status is RunStatus.DONE
    assert world.tries().count("disable/h") == 2


@pytest.mark.asyncio
async def test_a_list_that_everybody_may_write_is_not_believed(
    world: toy.World, opened: Open, people: People, be: Callable[[str], None]
) -> None:
    async with opened() as engine:
        run = await asked(engine)
        people.signers.chmod(0o666)
        be(BOB)
        with pytest.raises(UserError, match="can be written by everybody"):
            await engine.approve(run, signature=await signed(engine, run, people.key("bob")))


@pytest.mark.asyncio
async def test_aborted_while_it_waits(world: toy.World, opened: Open, people: People) -> None:
    async with opened() as engine:
        run = await asked(engine)
        await engine.abort(run)
        info = await engine.join(run)
    assert info.status is RunStatus.ROLLED_BACK
    assert world.tries() == []


@pytest.mark.asyncio
async def test_elsewhere_the_user_will_do(
    world: toy.World, opened: Open, people: People, be: Callable[[str], None]
) -> None:
    people.site(tier="staging", required=True)
    async with opened() as engine:
        run = await asked(engine)
        be("ann@elsewhere")
        with pytest.raises(Conflict, match="ann started the run"):
            await engine.approve(run)
        be(BOB)
        await engine.approve(run)
        info = await engine.join(run)
    assert info.status is RunStatus.DONE
    assert info.approval is not None
    assert (info.approval.signed, info.approval.identity) == (False, "bob")


@pytest.mark.asyncio
async def test_without_a_rule_nobody_is_asked(world: toy.World, opened: Open, people: People) -> None:
    people.site(tier="staging")
    async with opened() as engine:
        plan = await engine.plan("toy.drain", {"host": "h"}, site="lab")
        run = await engine.submit("toy.drain", {"host": "h"}, site="lab")
        info = await engine.join(run)
    assert (info.status, info.approval, plan.approval) == (RunStatus.DONE, None, "")


@pytest.mark.asyncio
async def test_the_systems_are_away_when_it_is_approved(
    world: toy.World, opened: Open, people: People, be: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hsops.workflow.admission._CONNECT_AGAIN", 0.1)
    async with opened() as engine:
        run = await asked(engine)
        world.flag("unreachable")
        be(BOB)
        await engine.approve(run, signature=await signed(engine, run, people.key("bob")))
        await asyncio.sleep(3.0)
        assert (await engine.info(run)).status is RunStatus.AWAITING, "not lost for a moment's fault"
        world.unflag("unreachable")
        assert (await engine.join(run)).status is RunStatus.DONE


@pytest.mark.asyncio
async def test_the_systems_are_away_when_somebody_else_takes_it_over(
    world: toy.World, opened: Open, people: People, be: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hsops.workflow.execute._CONNECT_AGAIN", 0.1)
    async with opened(adopt=False) as engine:
        run = await engine.submit("toy.drain", {"host": "h"}, site="lab", attended=False)
        await engine.join(run)
        world.flag("no-connection")
        await engine.resume(run, attended=False)
        await when(engine, run, lambda info: not info.owner and "not gone on with" in info.reason)
    async with opened() as engine:
        be(BOB)
        await engine.approve(run, signature=await signed(engine, run, people.key("bob")))
        await when(engine, run, lambda info: info.owner_alive)
        await asyncio.sleep(1.0)
        info = await engine.info(run)
        assert (info.status, info.owner_alive) == (RunStatus.AWAITING, True)
        world.unflag("no-connection")
        assert (await engine.join(run)).status is RunStatus.DONE


def test_an_old_store_is_brought_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "runs.sqlite"
    with monkeypatch.context() as patch:
        patch.setattr(schema, "VERSIONS", schema.VERSIONS[:1])
        old = Store(file)
        old.open()
        old.close()
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(
            "INSERT INTO hsops_run (id, workflow, title, site, target, request, version, status, attended, created)"
            " VALUES ('r', 'w', 't', 's', 'x', :request, 'hsops-1', 'stopped', 1, 0)",
            {"request": '{"workflow": "w", "site": "s", "values": {}, "author": "ann@b"}'},
        )
    new = Store(file)
    new.open()
    from hsops.workflow import runs

    info = new.run(lambda connection: runs.one(new, connection, "r"))
    assert (info.tier, info.window, info.approval, info.status) == ("", "", None, RunStatus.STOPPED)
    new.close()
    again = Store(file)
    again.open()
    assert again.run(schema.version) == len(schema.VERSIONS)
    again.close()
