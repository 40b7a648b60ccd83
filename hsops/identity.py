"""Who runs this process."""

from __future__ import annotations

import os
import pwd
import socket
from functools import cache


@cache
def me() -> str:
    """``user@host``: the user that this process runs as, not what LOGNAME says, which everybody can set."""
    try:
        user = pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:  # a container's user without a name
        user = str(os.geteuid())
    return f"{user}@{socket.gethostname()}"
