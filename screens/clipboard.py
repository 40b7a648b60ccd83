"""Copying through the terminal (OSC 52), which works over SSH; terminals drop what is too long, so we refuse it."""

from __future__ import annotations

from typing import Final

from hsops.errors import UserError

LONGEST: Final = 74_994
"""Base64 characters that common terminals still take."""


def checked(text: str) -> str:
    """`text` if it can be copied. Raises UserError when there is nothing or too much."""
    if not text:
        raise UserError("there is nothing to copy here")
    size = (len(text.encode("utf-8", "replace")) + 2) // 3 * 4
    if size > LONGEST:
        raise UserError(
            f"{size:,} characters are too many for a terminal's clipboard ({LONGEST:,})", hint="ctrl-s saves to a file"
        )
    return text.encode("utf-8", "replace").decode()
