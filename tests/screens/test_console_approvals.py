"""A second person's yes, from the console: who may, how it is proven, and where it is seen that a run waits for it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from hsops.policy import ApprovalRule
from hsops.screens.place import View
from hsops.workflow import engine
from tests.screens.cloud import World
from tests.screens.console import Console
from tests.screens.working import planned, with_engine

pytestmark = [pytest.mark.asyncio, pytest.mark.slow]

ASKED: Any = {"approval": ApprovalRule(required=True)}


def become(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Be somebody else from here on: the engine asks the operating system, and this process is one user of it."""
    monkeypatch.setattr(engine, "_me", lambda: f"{name}@here")


async def asked_for(c: Console) -> str:
    """A drain that waits for approval; gives its id."""
    await planned(c, "cmp-001")
    await c.see("it may be put to a second person", "has to say yes before anything is changed", "s ask for approval…")
    await c.press("s")
    await c.see("Nothing is changed until a second person has approved it")
    if "to confirm" in c.text:
        await c.type("cmp-001")
    await c.press("enter")
    await c.until(lambda: c.place.view is View.RUN, "the run")
    await c.see("awaiting-approval", "nothing has been changed: a second person has to say yes", "a approve or reject…")
    return c.place.name


async def test_who_started_it_cannot_approve_it_and_somebody_else_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World()
    become(monkeypatch, "ann")
    async with with_engine(world, tmp_path, rules=ASKED) as c:
        await asked_for(c)
        await c.press("a")
        await c.see(
            "approval  hypervisor.drain host/cmp-001", "asked by  ann@", "left, until", "digest", "you started it"
        )
        assert "a approve…" not in c.lines()[-1]
        await c.press("a")
        await c.until(lambda: "a second person has to approve" in c.said(), "the refusal")
        await c.press("escape")
        become(monkeypatch, "bob")
        await c.press("f3")
        await c.see("1 waiting for you", "waiting for you 1")
        await c.press("a")
        await c.see("may approve it with a", "openstack server migrate 7c1f")
        await c.press("a")
        await c.see("approve hypervisor.drain host/cmp-001 of ann@", "enter approve")
        assert world.done == []
        await c.type("looked at it")
        await c.press("enter")
        await c.until(lambda: c.place.view is View.RUN, "the run")
        await c.see("✓ done", "approved by bob", "3 of 3")
        await c.second()
        await c.see_no("waiting for you")


async def test_a_rejected_run_says_by_whom_and_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    become(monkeypatch, "ann")
    async with with_engine(world, tmp_path, rules=ASKED) as c:
        await asked_for(c)
        become(monkeypatch, "bob")
        await c.press("a")
        await c.see("n reject…")
        await c.press("n")
        await c.see("Nothing is changed", "which its starter sees")
        await c.type("not tonight")
        await c.press("enter")
        await c.see("rejected by", "not tonight")
        await c.press("escape")
        await c.see("refused", "not tonight")
        assert world.done == []


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")
async def test_on_prod_the_approver_signs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    signers = []
    for name in ("ann", "bob", "eve"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(tmp_path / name)]
        subprocess.run(command, check=True, capture_output=True)  # noqa: ASYNC221 - before anything runs
        if name != "eve":
            signers.append(f"{name} {(tmp_path / name).with_suffix('.pub').read_text()}")
    (tmp_path / "allowed_signers").write_text("".join(signers))
    rules = {"approval": ApprovalRule(allowed_signers=tmp_path / "allowed_signers")}
    world = World()
    become(monkeypatch, "ann")
    async with with_engine(world, tmp_path, rules=rules, tier="prod") as c:
        await planned(c, "cmp-001")
        await c.press("s")
        await c.until(lambda: "read-only → :unlock" in c.said(), "the refusal")
        await c.press("escape", "escape")
        await c.command("unlock 15m kernel upgrade")
        await c.until(lambda: "unlocked for 15m" in c.said(), "the unlocking")
        entries = list(c.session.audit.entries())
        assert ("unlock", "fra1", "kernel upgrade") in [(one.what, one.site, one.reason) for one in entries]
        run = await asked_for(c)
        become(monkeypatch, "bob")
        for key, said in (("eve", "among the allowed signers"), ("bob", "")):
            await c.command("runs")
            await c.press("a")
            await c.see("a signature of an SSH key", "a approve…")
            await c.press("a")
            await c.see("sign and approve", "key: a private key")
            await c.press("tab")
            await c.type(str(tmp_path / key))
            await c.press("enter")
            if said:
                await c.until(lambda said=said: said in c.said(), "the refusal")  # type: ignore[misc]  # mypy does not see a lambda's default
                assert world.done == []
                await c.press("escape")
        await c.until(lambda: c.place.view is View.RUN and c.place.name == run, "the run")
        await c.see("✓ done", "approved by bob")


async def test_on_prod_without_signers_the_plan_says_what_is_missing(tmp_path: Path) -> None:
    async with with_engine(World(), tmp_path, tier="prod") as c:
        await planned(c, "cmp-001")
        await c.see("it would be refused", "nobody could approve it", "allowed_signers")
