"""The steps of a run as a tree: what is folded, what stands open, and what a thousand items cost."""

from __future__ import annotations

import pytest

from hsops.screens.run_head import head_lines, keys_for, next_step
from hsops.screens.run_lines import NARROW_WORDS, SYMBOLS, run_rows
from hsops.screens.run_tree import RunTree
from hsops.screens.step_lines import remaining, trend
from hsops.screens.text import width
from hsops.workflow.values import ApprovalInfo, RunStatus, StepStatus, Verdict
from tests.screens.cloud import NOW
from tests.screens.steps import at, fan_out, item, run_info, step, text

DONE, RUNNING, FAILED, PENDING = StepStatus.DONE, StepStatus.RUNNING, StepStatus.FAILED, StepStatus.PENDING


def test_what_is_well_is_counted_and_what_is_not_is_told() -> None:
    steps = [step("up", kind="check"), step("room", FAILED, "check", text="3 GiB short"), *fan_out(5, 2, 1, 4)]
    shown = text(RunTree().lines(steps, NOW, 100))
    assert shown[0].split() == ["▸✗", "checks", "1", "of", "2"]
    assert "3 GiB short" in shown[1]
    assert shown[2].startswith("▸✗ live-migrate")
    assert "1 failed · 2 at work" in shown[2]
    assert [line.split()[1] for line in shown[3:9]] == [
        "vm-0002",
        "vm-0003",
        "vm-0004",
        "vm-0005",
        "vm-0006",
        "vm-0007",
    ]
    assert shown[9].strip() == "6 more: 4 to come · 2 done"


def test_of_an_ended_run_nothing_is_still_to_come() -> None:
    tree = RunTree(over=True)
    shown = "\n".join(text(tree.lines(fan_out(5, 0, 0, 4), NOW, 100)))
    assert "▶" not in shown
    assert " left" not in shown
    assert "4 not begun" in shown


def test_a_group_opens_and_folds() -> None:
    tree, steps = RunTree(), fan_out(1000, 0, 0, 0)
    assert len(tree.lines(steps, NOW, 80)) == 4
    tree.toggle(("group", "live-migrate"))
    assert len(tree.lines(steps, NOW, 80)) == 1001
    tree.toggle_all()
    assert len(tree.lines(steps, NOW, 80)) == 4
    tree.toggle_all()
    assert len(tree.lines(steps, NOW, 80)) == 1001


def test_a_step_tells_everything_when_it_is_opened() -> None:
    tree = RunTree()
    do, undo = ("os", "disable"), ("os", "enable")
    one = step("disable", text="no new servers", undoable=True, attempts=2, command=do, undo_command=undo)
    tree.toggle(("step", "disable"))
    whole = "\n".join(text(tree.lines([one], NOW, 80)))
    for words in ("no new servers", "$ os disable", "os enable", "after 3s", "attempt 2"):
        assert words in whole


def test_lines_of_what_has_ended_are_made_once() -> None:
    tree = RunTree()
    tree.toggle(("group", "live-migrate"))
    before = tree.lines(fan_out(1000, 2, 0, 0), NOW, 80)
    after = tree.lines(fan_out(1000, 2, 0, 0), NOW + 5, 80)
    same = sum(one is other for one, other in zip(before, after, strict=True))
    assert same == 1000, "only the head and the two at work are drawn anew"
    assert not any(
        one is other for one, other in zip(after[1:], tree.lines(fan_out(1000, 2, 0, 0), NOW, 60)[1:], strict=True)
    )


@pytest.mark.parametrize("room", [80, 200])
def test_no_line_is_wider_than_the_screen(room: int) -> None:
    huge = "x" * 1_000_000
    steps = [
        step(huge, text=huge, kind="wait"),
        item(1, FAILED, title=huge, text=huge),
        item(2, RUNNING, text="日本" * 500),
    ]
    tree = RunTree()
    tree.toggle_all()
    for one in steps:
        tree.toggle(("step", one.key))
    assert max(width(line) for line in tree.lines(steps, NOW, room)) <= room
    failed = next(line for line in text(tree.lines(steps, NOW, room)) if "retry" in line)
    assert failed.endswith("t retry  s skip  b back out"), "what can be done is never cut away"


def test_hosts_of_a_rack_are_sections_that_fold_when_they_are_done() -> None:
    steps = [
        step("disable@cmp-1"), *[item(n, DONE, "move@cmp-1") for n in range(3)],
        step("disable@cmp-2"), item(9, RUNNING, "move@cmp-2"), step("gate between", PENDING, "gate"),
    ]  # fmt: skip
    tree = RunTree()
    shown = text(tree.lines(steps, NOW, 100))
    assert shown[0].split() == ["▸✓", "cmp-1", "4", "of", "4", "steps"]
    assert shown[1].split() == ["▼▶", "cmp-2", "1", "of", "2", "steps"]
    assert "disable" in shown[2]
    assert "@" not in shown[2]
    tree.toggle(("group", f"@cmp-1 {steps[0].key}"))
    assert len(tree.lines(steps, NOW, 100)) == len(shown) + 5


def test_a_closed_gate_says_why_and_what_can_be_done() -> None:
    gate = step(
        "between hosts", RUNNING, "gate", text="alerts.new: HostDown fires", verdicts=(Verdict.SKIP, Verdict.BACK_OUT)
    )
    shown = "\n".join(text(RunTree().lines([gate], NOW, 100)))
    assert "✗ between hosts" in shown
    assert "HostDown fires" in shown
    assert "s waive with a reason…" in shown
    assert "s waives it" in next_step(run_info(RunStatus.WAITING), [gate])
    assert ("run.skip", "waive gate…") in keys_for(run_info(RunStatus.WAITING), [gate], in_log=False, everything=False)


def test_what_is_left_is_told_from_the_fraction_or_the_trend() -> None:
    half = item(1, RUNNING, fraction=0.5)
    assert remaining(half, at(10).timestamp()) == pytest.approx(10)
    falling = step("clean", RUNNING, "wait", left=25.0, trend=(100.0, 60.0, 25.0))
    assert remaining(falling, at(15).timestamp()) == pytest.approx(5)
    assert remaining(step("w", RUNNING, "wait", left=3.0, trend=(1.0, 2.0, 3.0)), NOW) is None
    assert trend((8.0, 4.0, 0.0)) == "█▅▁"


def test_every_status_has_a_symbol_and_every_waiting_one_a_next_step() -> None:
    assert set(SYMBOLS) == set(RunStatus)
    for status in (RunStatus.PAUSED, RunStatus.STOPPED, RunStatus.AWAITING, RunStatus.QUEUED):
        assert next_step(run_info(status), [])
    assert max(map(len, NARROW_WORDS.values())) <= 11


def test_a_run_that_nobody_works_on_says_who_can() -> None:
    info = run_info(owner_alive=False)
    assert "r takes it up here" in next_step(info, [])
    assert keys_for(info, [], in_log=False, everything=False)[0] == ("run.resume", "resume")
    assert "hsops runs carry" in next_step(run_info(owner_alive=False, version="0"), [])


def test_a_failure_names_only_what_may_be_answered() -> None:
    failed = [item(1, FAILED), item(2, FAILED)]
    sentence = next_step(run_info(RunStatus.WAITING), failed)
    assert "2 things failed" in sentence
    assert "T and S" in sentence
    proof = step("empty", FAILED, "verify", verdicts=(Verdict.RETRY, Verdict.BACK_OUT))
    assert "s leaves" not in next_step(run_info(RunStatus.WAITING), [proof])


@pytest.mark.parametrize("room", [80, 200])
def test_rows_of_the_list_fit_and_say_why(room: int) -> None:
    info = run_info(RunStatus.WAITING, reason="no valid host " * 40, workflow="a.very.long.workflow.name.indeed")
    rows = run_rows(info, NOW, room, steps=fan_out(3, 1, 1, 2))
    assert max(map(width, rows)) <= room
    assert "3 of 7" in "\n".join(text(rows))


def test_the_head_says_who_approved_and_which_window() -> None:
    asked = ApprovalInfo(by="eve@b2", verdict="approved", identity="eve@example.org")
    info = run_info(window="night until 04:00Z", approval=asked)
    shown = "\n".join(text(head_lines(info, [], NOW, 120)))
    for words in ("window night until 04:00Z", "worked on by bastion-1/4711", "approved by eve@example.org"):
        assert words in shown
