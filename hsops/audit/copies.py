"""The same entries to the local syslog, from where a site's own log server gets them. The file stays the truth."""

from __future__ import annotations

import os
import socket

from hsops.audit.entry import Entry, line_of

_PRIORITY = (10 << 3) | 5
"""Facility authpriv, severity notice (RFC 3164)."""
_TIMEOUT = 0.5


def send(address: str, entry: Entry) -> None:
    """Send one entry to the syslog socket at a path (``/dev/log``). Raises OSError."""
    message = f"<{_PRIORITY}>hsops[{os.getpid()}]: ".encode() + line_of(entry)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
        sender.settimeout(_TIMEOUT)
        sender.connect(address)
        sender.send(message)
