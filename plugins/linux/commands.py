"""The exact equivalent commands."""

from __future__ import annotations

import shlex
from collections.abc import Sequence


def over_ssh(host: str, argv: Sequence[str]) -> list[str]:
    """What one would type to run it there with the rights it needs."""
    return ["ssh", host, shlex.join(["sudo", "-n", "--", *argv])]
