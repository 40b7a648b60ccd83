"""The guide's project, taken from its page: its tests pass, and each example of a call is planned, run, run twice."""

from __future__ import annotations

import asyncio
import importlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hsops.plugin import Workflow
from hsops.rehearsal import RunStatus, rehearsing
from hsops.runbook import Run
from hsops.runbooks import WORKFLOWS as COMPOSED
from hsops.testing import check_gate

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "guide" / "workflows.md"
MODULES = ("drain", "calls", "part", "spans", "gates", "toy")


def files() -> dict[str, str]:
    """Every file of the page; blocks of one file follow each other in it."""
    found: dict[str, str] = {}
    for name, code in re.findall(r"```python\n# (\w+\.py)\n(.*?)```", PAGE.read_text(), re.DOTALL):
        found[name] = found.get(name, "") + code + "\n\n"
    return found


EXAMPLES = re.findall(r"^async def (\w+)\(run: Run\) -> None:", files()["calls.py"], re.MULTILINE)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The files in a folder that can be imported from."""
    folder = tmp_path / "project"
    folder.mkdir()
    for name, text in files().items():
        (folder / name).write_text(text)
    monkeypatch.syspath_prepend(str(folder))
    yield folder
    for name in MODULES:
        sys.modules.pop(name, None)


def of_page(name: str) -> Any:
    """A module of the page, once it is written into the project."""
    return importlib.import_module(name)


def python(folder: Path, *words: str) -> str:
    """The output of a program that must succeed."""
    env = {**os.environ, "PYTHONPATH": f"{folder}:{ROOT}", "HSOPS_STATE_DIR": str(folder / "state"), "MYPYPATH": ""}
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=folder, env=env, capture_output=True, text=True, timeout=200, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_guides_tests_pass(project: Path) -> None:
    out = python(project, "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:asyncio", "-W", "error")
    assert "5 passed" in out


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_guides_code_is_typed(project: Path) -> None:
    python(project, "mypy", "--strict", "--cache-dir", str(project / ".mypy"), *sorted(files()))


def test_every_call_has_its_example(project: Path) -> None:
    code = "".join(files().values())
    calls = [name for name in vars(Run) if not name.startswith("_")]
    assert len(EXAMPLES) >= 9
    missing = [name for name in calls if not re.search(rf"\brun\.{name}\b", code)]
    assert missing == ["host_system"], "the page has no example of a call (host_system is for the composed workflows)"


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_of_a_call(project: Path, tmp_path: Path, example: str) -> None:
    async def play(folder: Path) -> None:
        cloud = of_page("toy").Cloud(folder / "world.json")
        workflow = Workflow(
            name=f"guide.{example}", title=example, summary="", run=f"calls:{example}", systems=("cloud",)
        )
        capabilities = {"cloud": {"gates": "gates:gates", "silencer": "toy:silencer"}}
        async with rehearsing(workflow, {"cloud": cloud}, folder, capabilities=capabilities) as stage:
            plan, again = await stage.plan(), await stage.plan()
            assert (plan.obstacles, plan.digest) == ([], again.digest)
            assert cloud.world()["done"] == []
            info = await stage.run()
            assert info.status is RunStatus.DONE, info.reason
            info = await stage.run(twice=True)
            assert info.status is RunStatus.DONE, info.reason

    (tmp_path / "run").mkdir()
    asyncio.run(play(tmp_path / "run"))


def test_the_part_works_in_host_drain(project: Path, tmp_path: Path) -> None:
    async def play(name: str) -> list[str]:
        cloud = of_page("toy").Cloud(tmp_path / "world.json")
        workflow = next(one for one in COMPOSED if one.name == name)
        parts = {"cloud": {"maintenance": "part:PART"}}
        async with rehearsing(workflow, {"cloud": cloud}, tmp_path / name, capabilities=parts) as stage:
            info = await stage.run(host="h1")
        assert info.status is RunStatus.DONE, info.reason
        done: list[str] = cloud.world()["done"]
        return done

    assert asyncio.run(play("host.drain")) == ["disable h1"]
    assert asyncio.run(play("host.return")) == ["disable h1", "enable h1"]


def test_a_workflow_that_spans(project: Path, tmp_path: Path) -> None:
    async def play() -> list[str]:
        workflow = Workflow(name="guide.spans", title="spans", summary="", run="spans:spanning", spans=True)
        async with rehearsing(
            workflow, {"cloud": of_page("toy").Cloud(tmp_path / "world.json")}, tmp_path, racks={"r1": ("h1", "h2")},
            capabilities={"cloud": {"maintenance": "part:PART"}},
        ) as stage:  # fmt: skip
            info = await stage.run()
            assert info.status is RunStatus.DONE, info.reason
            return await stage.notes(info.id)

    assert "r1: h1 is hypervisor with 3 servers to cloud" in asyncio.run(play())


def test_the_gate(project: Path, tmp_path: Path) -> None:
    async def play() -> None:

        cloud = of_page("toy").Cloud(tmp_path / "world.json")
        (gate,) = of_page("gates").gates(cloud)
        await check_gate(gate)
        baseline = await gate.baseline()
        servers = [{**one, "status": "ERROR"} for one in cloud.world()["servers"][:1]]
        cloud.change("fault", servers=servers)
        red = await gate.look(baseline)
        assert (red.ok, red.text) == (False, "in ERROR: vm-1")

    asyncio.run(play())
