"""Blank forms: real answers of Ceph 16.2.15 (``forms.json``), to be filled in with the world's values.

So the simulated answers have every field of the real ones, also those that nobody reads today.
"""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from typing import Any

Json = dict[str, Any]


@cache
def _forms() -> Json:
    text = resources.files(__package__ or "").joinpath("forms.json").read_text(encoding="utf-8")
    forms: Json = json.loads(text)
    return forms


def form(name: str, /, **filled: Any) -> Json:
    """A deep copy of a form with some fields filled in."""
    return {**copy.deepcopy(_forms()[name]), **filled}


def thin(name: str, /, **filled: Any) -> Json:
    """The same without the deep copy, for forms of which there are thousands: nested values must not be changed."""
    return {**_forms()[name], **filled}


def stamp(when: float) -> str:
    """Epoch seconds as Ceph writes them: ``2026-11-21T05:24:00.936486+0000``."""
    return datetime.fromtimestamp(when, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f+0000")
