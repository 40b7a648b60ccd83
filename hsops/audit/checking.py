"""Reading the log back: every line, and whether the chain is whole.

What it cannot see by itself is a log that was cut at its end or begun anew. A noted head shows that: the hash of the
last entry, written down elsewhere (`hsops audit verify` says it, every run's report has it).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from hsops.audit import files
from hsops.audit.entry import Entry, digest, entry_of, line_of


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file of the log; `entry` is None when it is none."""

    file: Path
    number: int
    raw: bytes
    entry: Entry | None

    @property
    def place(self) -> str:
        """``audit.jsonl line 17``"""
        return f"{self.file.name} line {self.number}"


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """What a check found. `broken_at` is the number of the first entry that is not as it was written."""

    ok: bool
    count: int
    """Entries that are whole, up to the break."""
    broken_at: int | None = None
    text: str = ""
    seq: int = 0
    head: str = ""
    """Hash of the last whole entry: what to note down."""
    files: int = 0


def lines(path: Path) -> Iterator[Line]:
    """Every line, oldest first. Raises OSError."""
    for file, size in _snapshot(path):
        with file.open("rb") as opened:
            number, left = 0, size
            while left > 0 and (raw := opened.readline(left)):
                number, left = number + 1, left - len(raw)
                yield Line(file, number, raw, entry_of(raw.rstrip(b"\n")))


def _snapshot(path: Path) -> list[tuple[Path, int]]:
    """Files and how long they are now: what is added meanwhile is left out, and nothing half-written is seen."""
    if path.with_suffix(".lock").exists():
        with suppress(OSError), files.locked(path, 2.0):  # who may only read reads without
            return [(file, file.stat().st_size) for file in files.all_files(path)]
    return [(file, file.stat().st_size) for file in files.all_files(path)]


def verify(path: Path, head: str = "") -> Verification:
    """Check the whole chain, and that the noted `head` is in it. Raises OSError."""
    last: Entry | None = None
    seen_head = not head
    names: set[Path] = set()
    for line in lines(path):
        names.add(line.file)
        trouble = _trouble(line, last)
        if trouble or line.entry is None:
            return _found(last, names, trouble, broken_at=_expected(last))
        last = line.entry
        seen_head = seen_head or last.hash.startswith(head)
    if not seen_head:
        text = f"the noted head {head[:12]}… is not in it: it was cut at its end, or it is another log"
        return _found(last, names, text, broken_at=_expected(last))
    return _found(last, names, "")


def _found(last: Entry | None, names: set[Path], text: str, broken_at: int | None = None) -> Verification:
    count, head = (last.seq, last.hash) if last is not None else (0, "")
    return Verification(
        ok=not text, count=count, broken_at=broken_at, text=text, seq=count, head=head, files=len(names)
    )


def _expected(last: Entry | None) -> int:
    return last.seq + 1 if last is not None else 1


def _trouble(line: Line, last: Entry | None) -> str:
    """Why this line cannot follow `last`; empty when it can."""
    entry, expected = line.entry, _expected(last)
    if not line.raw.endswith(b"\n"):
        return f"{line.place} is torn: a process died as it wrote entry {expected}, or somebody cut it"
    if entry is None or line_of(entry) + b"\n" != line.raw:
        return f"{line.place} was changed: it is no line of hsops (entry {expected} was expected)"
    if digest(entry) != entry.hash:
        return f"{line.place} was changed: entry {entry.seq} does not fit its hash"
    return _misplaced(entry, line.place, expected, last.hash if last is not None else "")


def _misplaced(entry: Entry, place: str, expected: int, before: str) -> str:
    if entry.seq > expected:
        which = f"entry {expected} is" if entry.seq == expected + 1 else f"entries {expected} to {entry.seq - 1} are"
        return f"{which} missing before {place}: removed or moved"
    if entry.seq < expected:
        return f"{place} holds entry {entry.seq} where {expected} was expected: inserted, copied or moved"
    if entry.prev != before:
        return f"{place}: entry {entry.seq} does not follow entry {expected - 1}: one of them was replaced"
    return ""
