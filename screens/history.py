"""Lines typed before, kept in a file of the state folder. A folder that cannot be written costs the history only."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Final

KEPT: Final = 500


class History:
    """Typed lines, oldest first; `older` and `newer` walk through them as a shell does."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self.lines: list[str] = []
        self._at = 0
        if path is not None:
            with contextlib.suppress(OSError, UnicodeDecodeError):
                self.lines = path.read_text(encoding="utf-8").splitlines()[-KEPT:]
        self.rewind()

    def rewind(self) -> None:
        """Stand behind the newest line."""
        self._at = len(self.lines)

    def older(self, prefix: str = "") -> str | None:
        """The line before that begins with `prefix`; None at the oldest."""
        return self._walk(-1, prefix)

    def newer(self, prefix: str = "") -> str:
        """The line after; empty behind the newest."""
        return self._walk(1, prefix) or ""

    def _walk(self, step: int, prefix: str) -> str | None:
        at = self._at + step
        while 0 <= at < len(self.lines):
            if self.lines[at].startswith(prefix):
                self._at = at
                return self.lines[at]
            at += step
        if step > 0:
            self.rewind()
        return None

    def add(self, line: str) -> None:
        """Remember a line, once, as the newest."""
        if not line.strip() or "\n" in line:
            return
        if line in self.lines:
            self.lines.remove(line)
        self.lines.append(line)
        del self.lines[:-KEPT]
        self.rewind()
        self._write()

    def _write(self) -> None:
        if self._path is None:
            return
        with contextlib.suppress(OSError):  # a read-only home must not stop anybody from working
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            new = self._path.with_suffix(".new")
            handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with open(handle, "w", encoding="utf-8") as file:
                file.write("\n".join(self.lines) + "\n")
            new.replace(self._path)
