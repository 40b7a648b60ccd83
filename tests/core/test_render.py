"""Values as text for people."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hsops.api import Format, Health, State
from hsops.render import bar, length, render, size, text

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "format_", "shown"),
    [
        (None, Format.BYTES, "-"), (None, Format.TEXT, "-"), ("web", Format.TEXT, "web"), (0, Format.COUNT, "0"),
        (1932, Format.COUNT, "1,932"), (0, Format.BYTES, "0 B"), (1023, Format.BYTES, "1023 B"),
        (1024, Format.BYTES, "1.0 KiB"), (432013312, Format.BYTES, "412 MiB"),
        (4616189618054758, Format.BYTES, "4.1 PiB"),
        (1048575, Format.BYTES, "1.0 MiB"), (432013312, Format.RATE, "412 MiB/s"), (0.63, Format.PERCENT, "63 %"),
        (0.004, Format.PERCENT, "0.4 %"), (0.0001, Format.PERCENT, "<0.1 %"), (0.9999, Format.PERCENT, ">99 %"),
        (1.0, Format.PERCENT, "100 %"), (0, Format.PERCENT, "0 %"), (90, Format.DURATION, "1m"),
        (0.0012, Format.DURATION, "1.2ms"), (7200, Format.DURATION, "2h"), (86400 * 41, Format.DURATION, "41d"),
        (NOW - timedelta(minutes=4), Format.AGE, "4m"), (NOW + timedelta(hours=2), Format.AGE, "-2h"),
        (("a", "b"), Format.LIST, "a, b"), (True, Format.TEXT, "yes"), (True, Format.COUNT, "yes"),
        ("n/a", Format.BYTES, "n/a"), (float("nan"), Format.PERCENT, "-"), (float("inf"), Format.BYTES, "-"),
        (State(Health.CRITICAL, "down"), Format.STATE, "✗ down"), (NOW, Format.TEXT, "2026-01-31T12:00:00Z"),
        (0.5, Format.BAR, "████░░░░  50 %"), (1.37, Format.BAR, "████████ 137 %"), (-1, Format.BAR, "░░░░░░░░ -100 %"),
    ],
)  # fmt: skip
def test_formats(value: object, format_: Format, shown: str) -> None:
    assert render(value, format_, NOW.timestamp()) == shown  # type: ignore[arg-type]


def test_a_time_of_another_zone_is_told_in_utc() -> None:
    there = datetime(2026, 1, 31, 14, tzinfo=timezone(timedelta(hours=2)))
    assert render(there, Format.TEXT) == "2026-01-31T12:00:00Z"
    assert render(there, Format.AGE, NOW.timestamp()) == "0s"


def test_ascii() -> None:
    assert render(State(Health.OK, "up"), Format.STATE, ascii_only=True) == "+ up"
    assert render(0.55, Format.BAR, ascii_only=True).isascii()


@given(st.floats(allow_nan=True, allow_infinity=True), st.sampled_from(list(Format)))
def test_no_number_raises(value: float, format_: Format) -> None:
    assert render(value, format_, 0.0)


@given(st.floats(0, 1), st.integers(1, 40))
def test_a_bar_has_its_width(fraction: float, cells: int) -> None:
    assert len(bar(fraction, cells).rpartition(" %")[0][:cells]) == cells
    assert bar(fraction, cells, ascii_only=True).isascii()


@given(st.integers(0, 2**63))
def test_sizes_are_short(count: int) -> None:
    assert len(size(count)) <= 9


@given(st.floats(0, 10**9), st.floats(0, 10**9))
def test_a_longer_time_is_never_told_in_a_smaller_unit(one: float, two: float) -> None:
    units = ["ms", "s", "m", "h", "d"]
    rank = [units.index(length(value).lstrip("0123456789.-e+")) for value in sorted((one or 1, two or 1))]
    assert rank == sorted(rank)


@given(st.text())
def test_no_text_drives_a_terminal(name: str) -> None:
    assert text(name).isprintable()
    assert text(State(Health.OK, name)).isprintable()
    assert text((name, name)).isprintable()
    assert len(text("x" * 1_000_000)) <= 512
