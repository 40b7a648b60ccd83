"""amtool's command lines: the exact equivalent of what is done to silences, as argument lists."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import UTC, datetime

from hsops.plugins.alertmanager.matchers import argument
from hsops.plugins.alertmanager.wire import Matcher


def amtool(url: str = "") -> list[str]:
    """The program, told which Alertmanager when there is more than amtool's own configuration could mean."""
    return ["amtool", f"--alertmanager.url={url}"] if url else ["amtool"]


def add(
    matchers: Sequence[Matcher], *, seconds: float, author: str, comment: str, starts: str = "", ends: float = 0.0,
    url: str = "",
) -> list[str]:  # fmt: skip
    """Create a silence of that many seconds, or one with that end; `starts` is RFC 3339, empty for now."""
    when = [f"--start={starts}"] if starts else []
    when += [f"--end={stamp(ends)}"] if ends else ["-d", f"{seconds:.0f}s"]
    return [*amtool(url), "silence", "add", *when, "-a", author, "-c", comment, *map(argument, matchers)]


def update(silence: str, *, ends: float, url: str = "") -> list[str]:
    """Move the end. ``-d`` would count from the silence's start, not from now: ``--end`` says what is meant."""
    return [*amtool(url), "silence", "update", f"--end={stamp(ends)}", silence]


def expire(silence: str, *, url: str = "") -> list[str]:
    """End it."""
    return [*amtool(url), "silence", "expire", silence]


def expire_found(matchers: Sequence[Matcher], *, author: str, url: str = "") -> list[str]:
    """End what is known by its matchers and author only: amtool has no filter for comments."""
    query = [*amtool(url), "silence", "query", "-q", f"--created-by={author}", *map(argument, matchers)]
    return ["sh", "-c", f"{shlex.join(query)} | xargs -r {shlex.join([*amtool(url), 'silence', 'expire'])}"]


def stamp(epoch: float) -> str:
    """RFC 3339 to the second, UTC, as amtool takes it."""
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")
