"""Why a panel is empty, in one sentence with the next step. Five different reasons are five different sentences."""

from __future__ import annotations

from collections.abc import Sequence

from hsops.live.state import SourceState, SourceStatus
from hsops.model import Kind


def why_empty(
    kind: Kind, plugin: str, states: Sequence[SourceState], *, hidden: int, query: str, faults_only: bool, within: str
) -> str:
    """The sentence for a panel of `kind` without rows. `within`: what it is narrowed to (``of cmp-1``), or empty."""
    if not states:
        return f"not configured: no open site has a system of the plugin {plugin} → add one to the site file"
    if hidden and query:
        return f"nothing matches /{query}: {hidden:,} {kind.plural} hidden → Esc clears the filter"
    if hidden and faults_only:
        return f"nothing is wrong with {_count(hidden, kind)} → ! shows all"
    bad = [state for state in states if state.status not in (SourceStatus.LIVE, SourceStatus.CONNECTING)]
    if bad:
        return _trouble(bad[0])
    if any(state.status is SourceStatus.CONNECTING for state in states):
        names = ", ".join(dict.fromkeys(state.system for state in states))
        return f"no data yet: asking {names} … → :sources shows how far it is"
    return f"there are no {kind.plural}{f' {within}' if within else ''}; the list is live and empty"


def _count(number: int, kind: Kind) -> str:
    return f"{number:,} {kind.title if number == 1 else kind.plural}"


def _trouble(state: SourceState) -> str:
    hint = f" → {state.hint}" if state.hint else ""
    match state.status:
        case SourceStatus.FORBIDDEN:
            return f"not permitted: {state.system}: {state.error}{hint or ' → ask for the right to list these'}"
        case SourceStatus.AUTH:
            return f"{state.system} refuses our credentials: {state.error}{hint or ' → renew them, then ctrl-r'}"
        case _:
            return f"{state.system} does not answer: {state.error}{hint or ' → ctrl-r tries again now'}"
