"""Progress lines: what happened, in which system, how long after the start."""

from __future__ import annotations

import sys
import threading
import time

_START = time.monotonic()
_LOCK = threading.Lock()


def say(system: str, text: str) -> None:
    """One line on standard error; systems start in parallel, so every line names its own."""
    with _LOCK:
        print(f"[{time.monotonic() - _START:6.1f} s] {system + ':':<12} {text}", file=sys.stderr, flush=True)
