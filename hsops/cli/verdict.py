"""What a partial answer means for the person and for the exit code."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hsops.cli.output.streams import say
from hsops.errors import plain
from hsops.live.state import SourceState, SourceStatus

PARTLY = 7
PERMISSION = 8
UNREACHABLE = 9

_CODES = {
    SourceStatus.DOWN: UNREACHABLE,
    SourceStatus.STALE: UNREACHABLE,
    SourceStatus.CONNECTING: UNREACHABLE,
    SourceStatus.AUTH: PERMISSION,
    SourceStatus.FORBIDDEN: PERMISSION,
    SourceStatus.FAILED: 1,
}
_WORDS = {
    SourceStatus.DOWN: "cannot be reached",
    SourceStatus.STALE: "cannot be reached any more",
    SourceStatus.CONNECTING: "has not answered",
    SourceStatus.AUTH: "does not accept the credentials",
    SourceStatus.FORBIDDEN: "does not permit it",
    SourceStatus.FAILED: "failed",
}


def tell(states: Sequence[SourceState], *, sites: bool) -> int:
    """Say on stderr what is missing from an answer, and give the exit code: 0, 7 partly, 9, 8 or 1 when all failed."""
    failed = [state for state in states if not state.ok]
    for line in dict.fromkeys(_sentence(state, sites=sites) for state in failed):
        say(line)
    partial = [state for state in states if state.ok and state.missing]
    for state in partial:
        say(f"{_where(state, sites=sites)} {state.kind}: not in the answer: {plain('; '.join(state.missing))}")
    if len(failed) == len(states) and failed:
        return worst(_CODES[state.status] for state in failed)
    return PARTLY if failed or partial else 0


def worst(codes: Iterable[int]) -> int:
    """The code that says most: unreachable, permission, failed, ok."""
    found = set(codes)
    return next((code for code in (UNREACHABLE, PERMISSION, PARTLY, 1) if code in found), 0)


def code_of(status: SourceStatus) -> int:
    """Exit code for a source in this state."""
    return _CODES.get(status, 0)


def phrase(status: SourceStatus) -> str:
    """The state as the end of a sentence that begins with the system's name."""
    return _WORDS.get(status, "answers")


def _sentence(state: SourceState, *, sites: bool) -> str:
    what = f" {state.kind}" if state.status in (SourceStatus.FORBIDDEN, SourceStatus.FAILED) else ""
    text = f"{_where(state, sites=sites)}{what} {phrase(state.status)}"
    if state.error:
        text += f": {state.error}"
    return plain(f"{text} → {state.hint}" if state.hint else text)


def _where(state: SourceState, *, sites: bool) -> str:
    return f"{state.site}/{state.system}" if sites else state.system
