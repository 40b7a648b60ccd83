"""The work behind ``hsops doctor``."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from hsops.cli import verdict
from hsops.cli.opening import opened
from hsops.cli.output import streams, writer
from hsops.cli.output.sheet import Field, Sheet, plain_document
from hsops.cli.output.writer import Output
from hsops.config.paths import cache_dir, log_file, private_dir, state_dir
from hsops.errors import plain
from hsops.live.state import SourceState, SourceStatus
from hsops.live.uplink import SystemStatus
from hsops.model import Health
from hsops.session import Session


class Finding(NamedTuple):
    """One thing that was looked at."""

    subject: str
    health: Health
    text: str
    hint: str = ""
    code: int = 0
    site: str = ""


async def examine(flag: str, wanted: Output) -> int:
    """Print one line for every system, and one for whatever is wrong besides. Gives the exit code."""
    async with opened(flag) as session:
        local = list(_folders()) + list(_plugins(session))
        systems, states = await asyncio.gather(session.probe(), session.refresh([kind.name for kind in session.kinds]))
        remote = [finding for system in systems for finding in _system(session, system, states)]
        findings = [*local, *remote]
        writer.write(_sheet(findings, sites=len(session.sites) > 1), wanted)
        return _code(findings)


def _code(findings: Sequence[Finding]) -> int:
    """7 when some systems are well and others are not, else the code that says most."""
    failed = verdict.worst(finding.code for finding in findings)
    well = any(finding.code == 0 and finding.site for finding in findings)
    return verdict.PARTLY if failed and well else failed


def _folders() -> Iterator[Finding]:
    for name, folder, variable, lost in (
        ("state", state_dir(), "HSOPS_STATE_DIR", "runs and history are not kept"),
        ("log", log_file().path.parent, "HSOPS_LOG_DIR", "nothing is logged"),
        ("cache", cache_dir(), "HSOPS_CACHE_DIR", "names are not completed"),
    ):
        if private_dir(folder) is None:
            text = f"{folder} cannot be written: {lost}"
            yield Finding(f"{name} folder", Health.WARN, text, f"set {variable}")
        elif name == "state" and folder.stat().st_mode & 0o077:
            yield Finding("state folder", Health.WARN, f"{folder} is open to others", f"chmod 700 {folder}")


def _plugins(session: Session) -> Iterator[Finding]:
    for name, fault in session.registry.broken.items():
        yield Finding(f"plugin {name}", Health.WARN, fault, "update or remove it")


def _system(session: Session, system: SystemStatus, states: Sequence[SourceState]) -> Iterator[Finding]:
    name = f"{system.site}/{system.system}" if len(session.sites) > 1 else system.system
    if system.status is not SourceStatus.LIVE:
        text = f"{verdict.phrase(system.status)}: {system.error}"
        yield Finding(name, Health.CRITICAL, text, system.hint, verdict.code_of(system.status), system.site)
        return
    own = [state for state in states if (state.site, state.system) == (system.site, system.system)]
    yield _well(name, system, own)
    for state in own:
        if not state.ok:
            text = f"{state.kind} {verdict.phrase(state.status)}: {state.error}"
            yield Finding(name, Health.WARN, text, state.hint, verdict.code_of(state.status), system.site)
        elif state.missing:
            yield Finding(
                name, Health.WARN, f"{state.kind}: {'; '.join(state.missing)}", "", verdict.PARTLY, system.site
            )


def _well(name: str, system: SystemStatus, states: Sequence[SourceState]) -> Finding:
    seen = sum(state.ok for state in states)
    health = system.health
    parts = [
        "reachable",
        health.version if health else "",
        health.text if health else "",
        f"{seen} of {len(states)} kinds",
    ]
    return Finding(name, Health.OK, ", ".join(part for part in parts if part), site=system.site)


def _sheet(findings: Sequence[Finding], *, sites: bool) -> Sheet:
    ascii_only = streams.ascii_only()

    def mark(finding: Finding) -> str:
        return finding.health.ascii if ascii_only else finding.health.symbol

    fields: tuple[Field, ...] = (
        Field("health", lambda one: one.health.word, title=" ", cell=mark, colour=lambda one: one.health.word),
        Field("subject", lambda one: one.subject),
        Field("text", lambda one: plain(one.text), width=400),
        Field("hint", lambda one: plain(one.hint), title="WHAT TO DO", width=400),
        Field("site", lambda one: one.site, hidden=True),
    )
    return Sheet(
        "Finding", fields, findings, lambda one: plain_document("Finding", one.subject, fields, one),
        name=lambda one: one.subject,
    )  # fmt: skip
