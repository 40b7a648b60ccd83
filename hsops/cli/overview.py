"""The work behind ``hsops status``."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from hsops.cli import verdict
from hsops.cli.opening import opened
from hsops.cli.output import streams, writer
from hsops.cli.output.sheet import API_VERSION, Field, Sheet
from hsops.cli.output.writer import Output
from hsops.errors import plain
from hsops.live.state import SourceState, SourceStatus
from hsops.live.uplink import SystemStatus
from hsops.model import Headline, Health
from hsops.session import Session


class Line(NamedTuple):
    """One system as it stands now."""

    system: SystemStatus
    headlines: Sequence[Headline]
    states: Sequence[SourceState]

    @property
    def reachable(self) -> bool:
        """Whether the system itself answered."""
        return self.system.status is SourceStatus.LIVE

    @property
    def health(self) -> Health:
        """The worst of the system's own word and its rows; unknown when it does not answer or hides something."""
        if not self.reachable:
            return Health.UNKNOWN
        own = self.system.health.health if self.system.health is not None else Health.UNKNOWN
        unseen = [Health.UNKNOWN for state in self.states if not state.ok]
        return max([own, *unseen, *(line.health for line in self.headlines)])

    @property
    def text(self) -> str:
        """What a person wants to know of it, in one line."""
        if not self.reachable:
            hint = f" → {self.system.hint}" if self.system.hint else ""
            return plain(f"{verdict.phrase(self.system.status)}: {self.system.error}{hint}", 300)
        own = self.system.health.text if self.system.health is not None else ""
        unseen = [f"{state.kind} {verdict.phrase(state.status)}" for state in self.states if not state.ok]
        told = [line.text for line in self.headlines]
        parts = [*([] if any(text.startswith(own) for text in told) else [own]), *told, *unseen]
        return plain(" · ".join(dict.fromkeys(part for part in parts if part)), 1000)

    @property
    def code(self) -> int:
        """What it adds to the exit code."""
        if not self.reachable:
            return verdict.code_of(self.system.status)
        unseen = verdict.worst(verdict.code_of(state.status) for state in self.states)
        return unseen or int(self.health >= Health.WARN)


async def show_status(flag: str, wanted: Output, *, quick: bool) -> int:
    """Print all systems, the tenants' layer first. Gives the exit code."""
    async with opened(flag) as session:
        kinds = [] if quick else [kind.name for kind in session.kinds]
        systems, states = await asyncio.gather(session.probe(), session.refresh(kinds))
        lines = [_line(session, system, states, quick=quick) for system in systems]
        lines.sort(key=lambda line: (line.system.site, -line.system.plugin.layer, line.system.system))
        writer.write(_sheet(lines, sites=len(session.sites) > 1), wanted)
        return verdict.worst(line.code for line in lines)


def _line(session: Session, system: SystemStatus, states: Sequence[SourceState], *, quick: bool) -> Line:
    own = [state for state in states if (state.site, state.system) == (system.site, system.system)]
    shown = system.status is SourceStatus.LIVE and not quick and any(state.ok for state in own)
    return Line(system, session.headlines(system.site, system.system) if shown else (), own)


def _sheet(lines: Sequence[Line], *, sites: bool) -> Sheet:
    ascii_only = streams.ascii_only()

    def state(line: Line) -> str:
        symbol = line.health.ascii if ascii_only else line.health.symbol
        return f"{symbol} {line.health.word}"

    fields = (
        Field("site", lambda line: line.system.site, hidden=not sites),
        Field("layer", lambda line: line.system.plugin.layer.title, cell=_layer, priority=20),
        Field("system", lambda line: line.system.system),
        Field("health", lambda line: line.health.word, cell=state, colour=lambda line: line.health.word),
        Field("summary", lambda line: line.text, width=400),
        Field("version", lambda line: _version(line) or None, wide=True),
    )
    return Sheet("System", fields, lines, _document, name=lambda line: f"system/{line.system.system}")


def _layer(line: Line) -> str:
    layer = line.system.plugin.layer
    return f"{layer.value} {layer.title}"


def _version(line: Line) -> str:
    return plain(line.system.health.version) if line.system.health is not None else ""


def _document(line: Line) -> Mapping[str, Any]:
    system = line.system
    headlines = [{"health": one.health.word, "text": one.text, "kind": one.kind} for one in line.headlines]
    sources = [
        {"kind": state.kind, "state": state.status.value, "error": state.error, "missing": list(state.missing)}
        for state in line.states
    ]
    return {
        "apiVersion": API_VERSION, "kind": "System",
        "metadata": {"name": system.system, "site": system.site, "plugin": system.plugin.name},
        "status": {
            "health": line.health.word, "layer": system.plugin.layer.title, "state": system.status.value,
            "text": system.health.text if system.health is not None else "", "version": _version(line),
            "error": system.error, "hint": system.hint, "headlines": headlines, "sources": sources,
        },
    }  # fmt: skip
