"""Maintenance windows: by the wall clock of their zone, over changes of the clocks, and what runs make of them."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hsops.policy import Window
from hsops.workflow.window import opening

BERLIN = "Europe/Berlin"
NIGHT = Window(name="night", begin=time(22), end=time(4), zone=BERLIN)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_without_windows_it_is_always_open() -> None:
    found = opening((), at("2026-07-01T12:00:00Z"))
    assert (found.is_open, found.text) == (True, "")


def test_over_midnight() -> None:
    found = opening((NIGHT,), at("2026-07-01T23:30:00+02:00"))
    assert (found.is_open, found.name, found.until) == (True, "night", at("2026-07-02T04:00:00+02:00"))
    assert found.text == "night until 2026-07-02T02:00:00Z"
    closed = opening((NIGHT,), at("2026-07-02T04:00:00+02:00"))
    assert not closed.is_open, "the end does not belong to it"
    assert closed.pause == "the window night ended at 2026-07-02T02:00:00Z; goes on at 2026-07-02T20:00:00Z"
    assert closed.text == "none is open; night opens at 2026-07-02T20:00:00Z"


def test_days_are_those_on_which_it_begins() -> None:
    friday = Window(name="f", begin=time(22), end=time(4), zone=BERLIN, days=(4,))
    assert opening((friday,), at("2026-07-04T03:00:00+02:00")).is_open, "Saturday's morning belongs to Friday's night"
    found = opening((friday,), at("2026-07-04T23:00:00+02:00"))
    assert (found.is_open, found.opens) == (False, at("2026-07-10T22:00:00+02:00"))
    assert (found.last, found.until) == ("f", at("2026-07-04T04:00:00+02:00"))


def test_windows_that_touch_are_one() -> None:
    late = Window(name="late", begin=time(4), end=time(6), zone=BERLIN)
    found = opening((NIGHT, late), at("2026-07-02T03:59:59+02:00"))
    assert (found.is_open, found.until) == (True, at("2026-07-02T06:00:00+02:00"))


def test_a_whole_day() -> None:
    day = Window(name="sunday", begin=time(0), end=time(0), zone="UTC", days=(6,))
    assert opening((day,), at("2026-07-05T23:59:59Z")).is_open
    assert not opening((day,), at("2026-07-06T00:00:00Z")).is_open


@pytest.mark.parametrize(
    ("begin", "end", "opens", "closes"),
    [
        (time(22), time(4), "2026-03-28T22:00:00+01:00", "2026-03-29T04:00:00+02:00"),  # an hour less
        (time(1), time(2, 30), "2026-03-29T01:00:00+01:00", "2026-03-29T03:00:00+02:00"),  # its end is skipped
        (time(2, 30), time(5), "2026-03-29T03:00:00+02:00", "2026-03-29T05:00:00+02:00"),  # its beginning is skipped
        (time(22), time(2, 30), "2026-10-24T22:00:00+02:00", "2026-10-25T02:30:00+02:00"),  # its end comes twice
        (time(2, 30), time(5), "2026-10-25T02:30:00+02:00", "2026-10-25T05:00:00+01:00"),  # its beginning comes twice
    ],
)
def test_the_clocks_change(begin: time, end: time, opens: str, closes: str) -> None:
    windows = (Window(name="w", begin=begin, end=end, zone=BERLIN),)
    second = timedelta(seconds=1)
    assert not opening(windows, at(opens) - second).is_open
    assert opening(windows, at(opens) - second).opens == at(opens)
    assert opening(windows, at(opens)).until == at(closes)
    assert opening(windows, at(closes) - second).is_open
    assert not opening(windows, at(closes)).is_open


def test_a_time_that_is_skipped_whole_does_not_come() -> None:
    windows = (Window(name="w", begin=time(2, 10), end=time(2, 50), zone=BERLIN),)
    found = opening(windows, at("2026-03-29T00:00:00+01:00"))
    assert found.opens == at("2026-03-30T02:10:00+02:00")


ZONES = st.sampled_from([BERLIN, "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "UTC"])
WINDOWS = st.builds(
    Window,
    name=st.sampled_from(["a", "b"]),
    begin=st.times().map(lambda clock: clock.replace(second=0, microsecond=0)),
    end=st.times().map(lambda clock: clock.replace(second=0, microsecond=0)),
    zone=ZONES,
    days=st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days))),
)
MOMENTS = st.datetimes(datetime(2011, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC))


@settings(max_examples=150, deadline=None)
@given(st.lists(WINDOWS, min_size=1, max_size=3), MOMENTS, st.integers(-200_000, 200_000))
def test_what_it_says_holds_wherever_the_clock_jumps(windows: list[Window], moment: datetime, jump: int) -> None:
    first = opening(windows, moment)
    edge = first.until if first.is_open else first.opens
    assert edge is not None
    assert edge > moment
    if edge - moment < timedelta(days=8):  # beyond that it is open without an end
        assert opening(windows, edge).is_open is not first.is_open
        assert opening(windows, edge - timedelta(seconds=1)).is_open is first.is_open
    jumped = moment + timedelta(seconds=jump)
    there = opening(windows, jumped)
    if moment <= jumped < edge:
        assert there.is_open is first.is_open, "nothing changes before it says so"
        assert (there.until if there.is_open else there.opens) == edge or edge - moment > timedelta(days=8)
    if not there.is_open and there.until is not None:
        assert there.until <= jumped


@settings(max_examples=150, deadline=None)
@given(WINDOWS, MOMENTS)
def test_it_is_open_when_the_wall_clock_says_so(window: Window, moment: datetime) -> None:
    """On days on which the clocks do not change the rule is the plain one."""
    zone = ZoneInfo(window.zone)
    local = moment.astimezone(zone)
    offsets = {(moment + timedelta(hours=hours)).astimezone(zone).utcoffset() for hours in range(-49, 50, 1)}
    if len(offsets) > 1:
        return
    clock, today = local.time(), local.weekday()
    if window.begin < window.end:
        expected = today in window.days and window.begin <= clock < window.end
    else:
        late = today in window.days and clock >= window.begin
        expected = late or ((today - 1) % 7 in window.days and clock < window.end)
    assert opening((window,), moment).is_open is expected
