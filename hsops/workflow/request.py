"""What was asked for: everything that a run is made from. Stored as it is, so it holds no secret."""

from __future__ import annotations

from typing import Any

import msgspec


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A workflow with its inputs, the answers to its questions and the checks that are forced."""

    workflow: str
    site: str
    values: dict[str, Any]
    author: str
    choices: dict[str, str] = {}
    force: dict[str, str] = {}
    """Check name to the reason for going on although it does not hold."""
