"""The parts of the workflow engine that need no database."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hsops.errors import UserError
from hsops.plugin import Input, Workflow
from hsops.workflow.book import Book
from hsops.workflow.clock import Identity, birth_of, boottime, is_gone
from hsops.workflow.context import portable
from hsops.workflow.inputs import convert, seconds
from hsops.workflow.journal import Journal
from hsops.workflow.progress import Reporter
from hsops.workflow.redact import MASK, redact, redact_argv, redact_json
from hsops.workflow.values import Event, Plan, RunInfo, RunStatus, StepInfo, StepStatus
from hsops.workflow.waiting import Trend

NOW = datetime(2026, 7, 1, 12, 30, tzinfo=UTC)


def info(**fields: Any) -> RunInfo:
    base = {"id": "r", "workflow": "w", "title": "W", "site": "s", "target": "", "author": "a", "version": "1"}
    return RunInfo(**{**base, "status": RunStatus.RUNNING, "created": NOW, **fields})


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"status": RunStatus.DONE}, 0),
        ({"status": RunStatus.DONE, "skipped": 2}, 7),
        ({"status": RunStatus.REFUSED}, 3),
        ({"status": RunStatus.REFUSED, "code": 9}, 9),
        ({"status": RunStatus.REFUSED, "code": 8}, 8),
        ({"status": RunStatus.STOPPED}, 4),
        ({"status": RunStatus.STOPPED, "skipped": 1}, 7),
        ({"status": RunStatus.ROLLED_BACK, "skipped": 1}, 5),
        ({"status": RunStatus.FAILED}, 1),
        ({"status": RunStatus.WAITING}, 4),
    ],
)
def test_exit_codes(fields: dict[str, Any], code: int) -> None:
    assert info(**fields).exit_code == code


def test_values_are_json() -> None:
    event = Event(run="r", at=NOW, kind="step", seq=3, key="a", command=("a b",), data={"x": [1]})
    event = msgspec.structs.replace(event, shell="'a b'")  # noqa: S604 - a field of that name, no call of a shell
    assert event.line() == (
        b'{"run":"r","at":"2026-07-01T12:30:00Z","kind":"step","seq":3,"key":"a","command":["a b"],"shell":"\'a b\'",'
        b'"data":{"x":[1]}}'
    )
    step = StepInfo(key="k", kind="item", name="n", status=StepStatus.FAILED, trend=(1.0,), started=NOW)
    for value in (event, step, info(touches={"servers": 2})):
        assert msgspec.json.decode(msgspec.json.encode(value), type=type(value)) == value
    plan = Plan(workflow="w", title="", site="s", target="host/h", values={}, author="a", made=NOW, holder="run x")
    assert list(plan.obstacles) == ["host/h is held: run x"]


WORKFLOW = Workflow(
    name="w",
    title="W",
    summary="",
    run="m:f",
    inputs=(
        Input(name="host", title="Host", required=True),
        Input(name="limit", title="Limit", type="int", default="2"),
        Input(name="for", title="For", type="duration", default="2h"),
        Input(name="force", title="Force", type="bool", default="no"),
        Input(name="mode", title="Mode", type="choice", choices=("live", "cold"), default="live"),
        Input(name="comment", title="Comment"),
        Input(name="count", title="Count", type="int"),
    ),
)


def test_inputs_get_their_types() -> None:
    values = convert(WORKFLOW, {"host": "h", "limit": "3", "force": "YES", "for": "1h30m"})
    assert values == {
        "host": "h", "limit": 3, "for": 5400.0, "force": True, "mode": "live", "comment": "", "count": None,
    }  # fmt: skip
    assert convert(WORKFLOW, {"host": "h", "limit": 4, "force": False, "for": 60})["for"] == 60.0


def test_every_fault_of_the_inputs_at_once() -> None:
    with pytest.raises(UserError) as caught:
        convert(WORKFLOW, {"hots": "h", "limit": "many", "for": "soon", "force": "maybe", "mode": "warm"})
    for part in ("did you mean host", "host: is required", "limit: 'many'", "for: 'soon'", "'maybe'", "live, cold"):
        assert part in str(caught.value)


@given(st.integers(0, 10**6))
def test_seconds_are_seconds(number: int) -> None:
    assert seconds(number) == seconds(str(number)) == seconds(f"{number}s") == number
    assert seconds(f"{number}m") == number * 60


@pytest.mark.parametrize("text", ["", "m", "-5", "1 h", "1h2", "1y", "nan", "inf"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        seconds(text)


SECRET = "hunter2correcthorse"


@pytest.mark.parametrize(
    "text",
    [
        f"postgresql://nova:{SECRET}@db/x",
        f"password={SECRET}",
        f'{{"adminPass": "{SECRET}"}}',
        f"'secret': '{SECRET}'",
        f"X-Auth-Token: {SECRET}",
        f"authorization: Bearer {SECRET}",
        f"--os-password {SECRET} server list",
        f"OS_PASSWORD={SECRET}",
        f"api_key: {SECRET};",
    ],
)
def test_secrets_in_texts(text: str) -> None:
    assert SECRET not in redact(text)
    assert MASK in redact(text)


@pytest.mark.parametrize(
    "token",
    [
        "gAAAAABm" + "x" * 60,
        "hvs.CAESI" + "a1B2" * 8,
        "eyJhbGciOiJIUzI1.eyJzdWIiOiIx.c2lnbmF0dXJl",
        "AKIAIOSFODNN7EXAMPLE",
        "AQBmY2h" + "a" * 31 + "==",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----",
    ],
)
def test_tokens_by_their_shape(token: str) -> None:
    assert redact(f"got {token} here") == f"got {MASK} here"


@pytest.mark.parametrize(
    "text",
    [
        "the token has expired",
        "server vm-1 moved to cmp-2 in 31 s",
        "http://10.0.0.1:9093/api/v2/silences",
        "hsops:8gy4k2zz kernel update",
        "bypass: true",
        "volume 7c1f0a66-9e6c-4a3b-8a4e-0d6a1c1e0a11 is in-use",
    ],
)
def test_plain_texts_stay(text: str) -> None:
    assert redact(text) == text


def test_secrets_in_commands_and_values() -> None:
    assert redact_argv(["bao", "login", "--token", SECRET, "-address=x"]) == (
        "bao",
        "login",
        "--token",
        MASK,
        "-address=x",
    )
    found = redact_json({"adminPass": SECRET, "name": "x", "list": [{"token": SECRET}], "port": 1, "key": "k"})
    assert found == {"adminPass": MASK, "name": "x", "list": [{"token": MASK}], "port": 1, "key": "k"}


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text("ab 1", max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("xy", min_size=1, max_size=3), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(json_values)
def test_an_answer_comes_back_as_it_was_given(value: Any) -> None:
    assert portable(value) == value
    assert portable(portable(value)) == portable(value)


def test_what_the_journal_can_not_keep() -> None:
    assert portable((1, 2)) == [1, 2], "as a replay would see it"
    for bad in (object(), {1, 2}, float("nan"), b"x"):
        with pytest.raises((TypeError, ValueError)):
            portable(bad)


def test_a_trend_counts_only_real_progress() -> None:
    trend = Trend()
    assert trend.still(None, 0) == 0
    assert trend.still(100, 1) == 0
    assert trend.still(100, 5) == 4
    assert trend.still(120, 6) == 5, "going up is no progress"
    assert trend.still(99, 7) == 0
    assert trend.still(None, 50) == 0, "not known is not stuck"
    assert trend.still(99, 9) == 2


def test_identities_are_never_used_twice() -> None:
    first, second = Identity.here(), Identity.here()
    assert first.executor != second.executor
    assert (first.place, first.pid, first.birth) == (second.place, second.pid, second.birth)


def test_a_process_that_has_ended_is_known_to_be_gone() -> None:
    me = Identity.here()
    assert not is_gone(me.place, me.pid, me.birth)
    assert is_gone(me.place, me.pid, "1"), "the pid has another user now"
    assert not is_gone("another boot", 1, "1"), "nothing is known of other machines"
    assert not is_gone("", 1, "1")
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    birth = birth_of(child.pid)
    assert birth
    assert not is_gone(me.place, child.pid, birth)
    child.kill()
    child.communicate()
    assert is_gone(me.place, child.pid, birth)
    assert birth_of(os.getpid()) == me.birth
    assert boottime() > 0


class Notes:
    """Stands where the store's writer is: counts what reaches it."""

    def __init__(self) -> None:
        self.count = 0

    def post(self, write: Callable[..., object], *, urgent: bool = False) -> None:
        self.count += 1


@pytest.mark.asyncio
async def test_progress_is_throttled_and_its_last_word_kept() -> None:
    notes = Notes()
    book = Book(cast("Journal", notes), "r", "me")
    entry = book.entry("a", "item", "a")
    report = Reporter(book, entry, asyncio.get_running_loop())
    for number in range(5000):
        report(f"{number}", fraction=number / 5000, left=5000 - number)
        if number % 500 == 0:
            await asyncio.sleep(0.001)
    assert notes.count <= 2
    before = notes.count
    while notes.count == before:  # noqa: ASYNC110 - a timer writes it
        await asyncio.sleep(0.01)
    assert (entry.info.text, entry.info.left) == ("4999", 1.0)
    assert len(entry.info.trend) == 120
    report.close()
    report("after the end")
    await asyncio.sleep(0.05)
    assert entry.info.text == "4999"
