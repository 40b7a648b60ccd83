"""A real pseudo-terminal with a program in it: send keys, wait until the output is quiet, get the bytes and the time.

    with Terminal([sys.executable, "app.py"], columns=200, lines=50) as terminal:
        terminal.read(quiet=0.5)                     # let it start
        burst = terminal.press(PAGE_DOWN)            # seconds from the key to the last byte it caused
        print(burst.seconds, len(burst.data), terminal.screen()[0])

The terminal answers the one question programs ask before they draw in frames (DEC mode 2026), as modern ones do.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

DOWN, UP, PAGE_DOWN, PAGE_UP = "\x1b[B", "\x1b[A", "\x1b[6~", "\x1b[5~"

_ASKS_FOR_FRAMES, _HAS_FRAMES = b"\x1b[?2026$p", b"\x1b[?2026;2$y"


class Burst(NamedTuple):
    """What a program wrote until it was quiet. Times in seconds since the key was sent (or since reading began)."""

    data: bytes
    first: float
    seconds: float
    """Until the last byte; 0 when nothing came."""


class Terminal:
    """A pseudo-terminal of `columns` x `lines` with `argv` running in it; `env` is added to the environment."""

    def __init__(
        self, argv: Sequence[str], *, columns: int = 200, lines: int = 50, env: Mapping[str, str] | None = None
    ) -> None:
        self._size = (columns, lines)
        self._fd, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        surroundings = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **(env or {})}
        surroundings.pop("NO_COLOR", None)
        self.process = subprocess.Popen(
            argv, stdin=slave, stdout=slave, stderr=slave, env=surroundings, start_new_session=True
        )
        os.close(slave)
        self._seen = bytearray()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def send(self, keys: str) -> None:
        """Type `keys`, escape sequences of special keys included."""
        os.write(self._fd, keys.encode())

    def press(self, keys: str, *, quiet: float = 0.12, limit: float = 30.0) -> Burst:
        """Type `keys` and read what they cause."""
        self.read(quiet=0.02, wait=0.0)
        sent = time.monotonic()
        self.send(keys)
        return self.read(quiet=quiet, wait=limit, limit=limit, since=sent)

    def read(self, *, quiet: float, wait: float = 30.0, limit: float = 60.0, since: float | None = None) -> Burst:
        """Read until nothing came for `quiet` seconds; wait at most `wait` for the first byte, `limit` in all."""
        start = time.monotonic() if since is None else since
        data, first, last = bytearray(), 0.0, 0.0
        patience = max(wait, quiet)
        while time.monotonic() - start < limit and select.select([self._fd], [], [], patience)[0]:
            chunk = self._read_chunk()
            if not chunk:
                break
            last = time.monotonic() - start
            first = first or last
            data += chunk
            patience = quiet
        self._seen += data
        return Burst(bytes(data), first, last)

    def screen(self) -> list[str]:
        """The lines as a person sees them now."""
        import pyte  # only for a look at the screen

        screen = pyte.Screen(*self._size)
        stream = pyte.ByteStream(screen)
        stream.feed(bytes(self._seen))
        return list(screen.display)

    def cpu_seconds(self) -> float:
        """Processor time the program has taken so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")  # utime and stime, proc(5)

    def resident_bytes(self) -> int:
        """Memory of the program."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def close(self) -> None:
        """End the program, by force if it must be, and give the terminal back."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(timeout=10)
        os.close(self._fd)

    def _read_chunk(self) -> bytes:
        try:
            chunk = os.read(self._fd, 65536)
        except OSError:  # the program has ended and its side is closed
            return b""
        if _ASKS_FOR_FRAMES in chunk:
            os.write(self._fd, _HAS_FRAMES)
        return chunk


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0..1) of `values` do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered)) - 1))]


def load_of_machine() -> str:
    """What else is going on, to judge a figure by."""
    return f"{os.cpu_count()} cpus, load {Path('/proc/loadavg').read_text().split()[0]}"
