"""One entry of the audit log, its line and its hash.

The line is canonical JSON: keys sorted, no spaces, UTF-8. The hash is SHA-256 over the line with ``"hash":""``; `prev`
is the hash of the entry before, so that whoever changes one has to change all that follow.
"""

from __future__ import annotations

import hashlib
import math
import shlex
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec

from hsops.errors import plain
from hsops.identity import me
from hsops.workflow.redact import redact, redact_argv, redact_json

LONGEST = 4000
"""Characters of one text."""
_SHORT = 80
_DEEPEST = 8


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who did what, where and when. `seq` counts from 1 over all files of a log."""

    seq: int
    at: datetime
    who: str
    """``user@host``"""
    what: str
    """``effect.before``, ``effect.after``, ``run.submit``, ``unlock`` …"""
    site: str
    tier: str
    system: str
    target: str
    command: tuple[str, ...]
    """The exact equivalent command; secrets masked."""
    result: str
    run: str
    reason: str
    data: dict[str, Any]
    prev: str
    hash: str = ""
    """Empty: it could not be written."""

    @property
    def shell(self) -> str:
        """The command quoted for a shell."""
        return shlex.join(self.command)


def made(what: str, *, who: str, command: Sequence[str], data: Mapping[str, Any], **texts: str) -> Entry:
    """An entry of now with nothing secret and nothing hostile in it, not yet part of a chain."""
    clean = {name: text_of(value) for name, value in texts.items()}
    argv = tuple(plain(word, LONGEST) for word in redact_argv([str(word) for word in command]))
    harmless = _harmless(redact_json(dict(data)))
    return Entry(
        seq=0, at=datetime.now(UTC), who=text_of(who) or me(), what=text_of(what), command=argv, data=harmless,
        prev="", **clean,
    )  # fmt: skip


def chained(entry: Entry, seq: int, prev: str) -> Entry:
    """The entry at its place in the chain."""
    placed = msgspec.structs.replace(entry, seq=seq, prev=prev, hash="")
    return msgspec.structs.replace(placed, hash=digest(placed))


def digest(entry: Entry) -> str:
    """The hash that the entry should have."""
    return hashlib.sha256(line_of(msgspec.structs.replace(entry, hash=""))).hexdigest()


def line_of(entry: Entry) -> bytes:
    """Its canonical JSON, without the line feed."""
    return msgspec.json.encode(entry, order="sorted")


def entry_of(line: bytes) -> Entry | None:
    """The entry of a line; None when it is none."""
    try:
        return _DECODER.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


_DECODER = msgspec.json.Decoder(Entry)


def text_of(text: str) -> str:
    """A text as the log may hold it."""
    return _short(text) if len(text) < _SHORT else redact(plain(text, LONGEST))


@lru_cache(1024)
def _short(text: str) -> str:
    """Names of sites, hosts, people and steps come again and again: masking is what an entry costs most."""
    return redact(plain(text, LONGEST)) if text else ""


def _harmless(value: Any, depth: int = 0) -> Any:
    """Plain JSON that comes back from a file as it went in."""
    if depth > _DEEPEST:
        return "…"
    if isinstance(value, Mapping):
        return {plain(str(key), LONGEST): _harmless(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_harmless(inner, depth + 1) for inner in value]
    return value if _is_exact(value) else plain(str(value), LONGEST)


def _is_exact(value: Any) -> bool:
    """Whether every reader of JSON gets the same value back."""
    if isinstance(value, int) and not isinstance(value, bool):
        return abs(value) < 2**53
    return value is None or isinstance(value, bool) or (isinstance(value, float) and math.isfinite(value))
