"""Every step of every workflow, forwards and backwards, done twice in a row: the world is as after doing it once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hsops.registry import Registry
from tests.workflow.twice import CASES, KNOWN, Effects, happened

pytestmark = [pytest.mark.asyncio, pytest.mark.slow]

WORKFLOWS = sorted(workflow.name for workflow in Registry.load().workflows)


def case_of(workflow: str, request: pytest.FixtureRequest) -> None:
    if workflow not in CASES:
        pytest.skip(f"NOT CHECKED: {workflow} has no inputs in tests/workflow/twice.py")
    if workflow in KNOWN:
        request.applymarker(pytest.mark.xfail(reason=KNOWN[workflow], strict=False))


def assert_same(once: tuple[list[str], dict[str, Any]], twice: tuple[list[str], dict[str, Any]]) -> None:
    assert twice[0] == once[0], "the same effects, each once in the journal"
    for part, expected in once[1].items():
        assert twice[1][part] == expected, part


@pytest.mark.parametrize("workflow", WORKFLOWS)
async def test_forwards(
    workflow: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    case_of(workflow, request)
    ends = {}
    for times in (1, 2):
        effects = Effects(times)
        with monkeypatch.context() as patch:
            info, told, truth = await happened(workflow, CASES[workflow], tmp_path / str(times), patch, effects)
        assert info.exit_code == 0, f"{info.reason}; {told}"
        ends[times] = (sorted(effects.done), truth)
    assert ends[1][0], "it has effects"
    assert_same(ends[1], ends[2])


@pytest.mark.parametrize("workflow", WORKFLOWS)
async def test_backwards(
    workflow: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """Backed out after its last effect: every undo is an effect too."""
    case_of(workflow, request)
    case = CASES[workflow]
    plain = Effects()
    with monkeypatch.context() as patch:
        await happened(workflow, case, tmp_path / "plain", patch, plain)
    ends = {}
    for times in (1, 2):
        effects = Effects(times, back_out_after=plain.done[-1])
        with monkeypatch.context() as patch:
            info, told, truth = await happened(workflow, case, tmp_path / str(times), patch, effects)
        assert info.exit_code == 5, f"{info.reason}; {told}"
        ends[times] = (sorted(effects.done), truth)
    assert_same(ends[1], ends[2])


async def test_no_case_is_forgotten() -> None:
    assert set(CASES) <= set(WORKFLOWS), "a workflow was renamed or is gone"
