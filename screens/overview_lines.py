"""The overview as lines: seven layers from the tenant down, worst first, then runs, then the timeline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hsops.live.state import SourceStatus
from hsops.live.uplink import SystemStatus
from hsops.model import Headline, Health, Layer
from hsops.screens.place import Place, View
from hsops.screens.text import BLANK, Line, Span, age, cut, flow, pad, rule, span, width, with_states

LABEL = 21
"""Cells of a layer's name."""
LEAST_TIMELINE = 4
"""Lines that the timeline gets before a sick layer gets its third."""
GAP = 3


@dataclass(frozen=True, slots=True)
class SystemView:
    """A system as the overview shows it."""

    status: SystemStatus
    headlines: Sequence[Headline]
    state: SourceStatus
    """The worst state of its sources."""
    age: float | None
    """Seconds since its oldest good data."""
    trouble: str = ""
    """What its sources say when they are not live."""

    @property
    def health(self) -> Health:
        """The worst of what it says and of what its sources say."""
        worst = max((headline.health for headline in self.headlines), default=Health.OK)
        if self.status.health is not None:
            worst = max(worst, self.status.health.health)
        if self.state in (SourceStatus.DOWN, SourceStatus.AUTH, SourceStatus.FAILED):
            return max(worst, Health.CRITICAL)
        return worst if self.state is SourceStatus.LIVE else max(worst, Health.UNKNOWN)


def layer_lines(layer: Layer, systems: Sequence[SystemView], room: int, many_sites: bool) -> list[Line]:
    """All lines of one layer; the first carries its name."""
    label = f" {layer.value} {layer.title}"
    if not systems:
        return [(Span(label.ljust(LABEL + 1), "dim"), Span("–", "dim"))]
    phrases: list[tuple[Health, Line]] = []
    for system in sorted(systems, key=lambda one: -one.health):
        phrases += _phrases(system, many_sites)
    lines = flow([phrase for _, phrase in phrases], room - LABEL - 1, GAP)
    worst = max(system.health for system in systems)
    head = Span(label.ljust(LABEL + 1), worst.word if worst >= Health.WARN else "")
    return [(head, *lines[0]), *((Span(" " * (LABEL + 1)), *one) for one in lines[1:])]


def _phrases(system: SystemView, many_sites: bool) -> list[tuple[Health, Line]]:
    """A system's phrases, worst first, the first one with its name."""
    name = f"{system.status.site}/{system.status.system}" if many_sites else system.status.system
    place = Place(View.SOURCES, name=f"{system.status.site}/{system.status.system}")
    found: list[tuple[Health, Line]] = []
    trouble = _trouble(system, place)
    if trouble:
        found.append((max(system.health, Health.UNKNOWN), trouble))
    own = system.status.health
    stale = system.state is not SourceStatus.LIVE
    worst = max((headline.health for headline in system.headlines), default=Health.OK)
    if own is not None and own.health > worst and own.text and not stale:
        found.append((own.health, _phrase(own.health, own.text, place)))
    for headline in sorted(system.headlines, key=lambda one: -one.health):
        if system.state is SourceStatus.CONNECTING:
            continue
        target = Place(View.PANEL, kind=headline.kind) if headline.kind else place
        health = Health.UNKNOWN if stale else headline.health
        found.append((headline.health, _phrase(health, headline.text, target)))
    if not found:
        found.append((Health.OK, _phrase(Health.OK, own.text if own is not None else "no rows", place)))
    health, first = found[0]
    named = first if _says(first, system.status.system) and not many_sites else (span(name + " ", "dim"), *first)
    return [(health, named), *found[1:]]


def _says(phrase: Line, name: str) -> bool:
    return any(name in one.text for one in phrase)


def _phrase(health: Health, text: str, link: Place) -> Line:
    return (Span(f"{health.symbol} ", health.word, link), *with_states(text, link))


def _trouble(system: SystemView, link: Place) -> Line:
    """Why the data of a system are not live; empty when they are."""
    why = system.trouble or system.status.error
    old = "" if system.age is None else f" {age(system.age)}"
    match system.state:
        case SourceStatus.LIVE:
            return BLANK
        case SourceStatus.CONNECTING:
            return (Span("… connecting", "dim", link),)
        case SourceStatus.STALE:
            return (Span("? ", "unknown", link), span(f"stale{old}: {why}", "unknown", link))
        case SourceStatus.FORBIDDEN:
            return (Span("? ", "unknown", link), span(f"not permitted: {why}", "unknown", link))
        case SourceStatus.AUTH:
            return (Span("✗ ", "critical", link), span(f"credentials refused: {why}", "critical", link))
        case _:
            return (Span("✗ ", "critical", link), span(why or "no answer", "critical", link))


def compose(
    layers: Sequence[tuple[Health, list[Line]]],
    runs: Sequence[Line],
    timeline: Sequence[Line],
    size: tuple[int, int],
    since: str,
) -> list[Line]:
    """The page: what fits of the layers, the runs and the timeline. `timeline` may be longer than what is used."""
    room, height = size
    run_lines = [rule("runs", room), *runs] if runs else []
    allowed = max(len(layers), height - len(run_lines) - LEAST_TIMELINE)
    lines = _fair(layers, allowed, room)
    lines += run_lines
    left = height - len(lines) - 1
    if left > 0:
        lines.append(rule(since, room))
        lines += timeline[-left:]
    return lines


def _fair(layers: Sequence[tuple[Health, list[Line]]], allowed: int, room: int) -> list[Line]:
    """One line for each layer, more for the sick ones as long as there is room, the sickest first."""
    counts = [1] * len(layers)
    left = allowed - len(layers)
    for index in sorted(range(len(layers)), key=lambda i: -layers[i][0]):
        more = min(left, len(layers[index][1]) - 1)
        counts[index] += more
        left -= more
    lines: list[Line] = []
    for (_, own), count in zip(layers, counts, strict=True):
        lines += own[: count - 1]
        lines.append(_with_rest(own[count - 1], len(own) - count, room))
    return lines


def _with_rest(one: Line, rest: int, room: int) -> Line:
    if not rest:
        return one
    note = f" +{rest} line{'s' if rest > 1 else ''}"
    return (*pad(cut(one, room - width([Span(note)]) - 1), room - len(note) - 1), Span(note, "dim"))
