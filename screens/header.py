"""The first line of every screen: where am I, may I act, what burns, how fresh is it, what time is it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from hsops.live.state import SourceState, SourceStatus
from hsops.model import Health
from hsops.screens.desk import Desk
from hsops.screens.place import Place, View
from hsops.screens.text import Line, Span, age, both_ends, clock, span, width

ALERT_KIND: Final = "alert"
"""Last part of the name of the kinds that are counted as alerts."""


def header(desk: Desk, room: int) -> Line:
    """The line at `room` cells; what matters least gives way first."""
    now = desk.clock()
    name = (Span(" hsops  ", "title"), *_sites(desk))
    lock = _lock(desk)
    for runs, shown in [*((_runs(desk), one) for one in lock), (_runs(desk, short=True), lock[-1])]:
        right = [*_alerts(desk), *runs, *_sources(desk.store.states(), now), Span(f"{clock(now)}Z ")]
        if width(name) + width(shown) + 2 + width(right) <= room:
            return both_ends((*name, *shown), right, room)
    return both_ends((*name, *lock[-1]), right, room)


def _sites(desk: Desk) -> Line:
    sites = desk.session.sites
    if len(sites) == 1:
        return (span(f"{sites[0].name} ", "title"), span(sites[0].tier))
    if len(sites) <= 3:
        return tuple(span(f"{site.name} {site.tier}  ") for site in sites)
    return (span(f"{len(sites)} sites, {desk.tier}"),)


def _lock(desk: Desk) -> Sequence[Line]:
    """Whether one may act, from many words to few."""
    names = [site.name for site in desk.session.sites]
    if any(desk.guard.read_only(name) for name in names):
        return ((Span(" · read-only, :unlock to act"),), (Span(" · read-only"),), ())
    until = max((entry.until for name in names if (entry := desk.guard.unlocked(name))), default=None)
    return ((Span(f" · unlocked {age(until - desk.clock())}", "warn"),), ()) if until is not None else ((),)


def _alerts(desk: Desk) -> Line:
    firing = 0
    worst = Health.OK
    for kind in desk.session.kinds:
        if kind.name.rpartition(".")[2] == ALERT_KIND:
            states = [row.health() for row in desk.store.rows(kind.name).values()]
            firing += sum(state >= Health.WARN for state in states)
            worst = max([worst, *states])
    if not firing:
        return ()
    return (Span(f"{firing} alert{'s' if firing > 1 else ''}", worst.word), Span("  "))


def _runs(desk: Desk, *, short: bool = False) -> Line:
    active, waiting = len(desk.runs.active), len(desk.runs.waiting)
    if not active:
        return ()
    link = Place(View.RUNS)
    waits: Line = (Span(f"{waiting} for you" if short else f"{waiting} waiting for you", "warn", link), Span("  "))
    return (Span(f"{active} run{'s' if active > 1 else ''}", "accent", link), Span("  "), *(waits if waiting else ()))


def _sources(states: Sequence[SourceState], now: float) -> Line:
    """The worst that can be said of the sources, in few words."""
    by_status: dict[SourceStatus, set[tuple[str, str]]] = {}
    for state in states:
        by_status.setdefault(state.status, set()).add((state.site, state.system))
    for status, style, word in (
        (SourceStatus.AUTH, "critical", "refuses us"),
        (SourceStatus.DOWN, "critical", "down"),
        (SourceStatus.FAILED, "critical", "failing"),
        (SourceStatus.STALE, "unknown", "stale"),
        (SourceStatus.CONNECTING, "dim", "connecting"),
        (SourceStatus.FORBIDDEN, "unknown", "partly forbidden"),
    ):
        systems = by_status.get(status)
        if systems:
            name = next(iter(systems))[1] if len(systems) == 1 else f"{len(systems)} systems"
            ages = [state.age(now) for state in states if state.status is status]
            oldest = max((one for one in ages if one is not None), default=None)
            old = f" {age(oldest)}" if status is SourceStatus.STALE and oldest is not None else ""
            return (span(f"{name} {word}{old}", style), Span("  "))
    return (Span("all sources live", ""), Span("  ")) if states else ()
