"""Wait for conditions, never for time."""

from __future__ import annotations

import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable

from tests.lab.errors import LabError, Unready
from tests.lab.place import HOST

LIMIT = 240.0
"""Seconds a start may take before it is given up: far more than it needs, since a busy machine is no failure."""


def wait_until(condition: Callable[[], object], what: str, *, seconds: float = LIMIT, pause: float = 0.2) -> None:
    """Return as soon as ``condition()`` is true; a :class:`LabError` from it counts as "not yet".

    Raises :class:`Unready`, with the last error, after ``seconds``.
    """
    end = time.monotonic() + seconds
    last = ""
    while True:
        try:
            if condition():
                return
        except LabError as error:
            last = f" ({error})"
        if time.monotonic() > end:
            raise Unready(f"gave up after {seconds:.0f} s waiting for {what}{last}")
        time.sleep(pause)


def port_open(port: int) -> bool:
    """Does something accept connections on this loopback port?"""
    try:
        with socket.create_connection((HOST, port), timeout=2):
            return True
    except OSError:
        return False


def answers(url: str) -> bool:
    """Does a GET of this address answer with a 2xx status?"""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=5) as reply:
            return 200 <= int(reply.status) < 300
    except (OSError, urllib.error.URLError):
        return False
