"""Asking a plugin's own functions, so that one odd row never takes a screen away."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

from hsops.errors import plain
from hsops.model import Column, Headline, Health, Resource, State, Value

log = logging.getLogger("hsops.console")

T = TypeVar("T")

_told: set[str] = set()


def value_of(column: Column, row: Resource) -> Value:
    """The value of a column, or a state that says it cannot be read."""
    unreadable: Value = State(Health.UNKNOWN, "cannot be read")
    return asked(lambda: column.value(row), unreadable, f"{row.KIND} {column.name}")


def headlines(make: Callable[[], Sequence[Headline]], system: str) -> Sequence[Headline]:
    """A system's headlines, or one that says what is wrong with its plugin."""
    try:
        return make()
    except Exception as error:  # noqa: BLE001 - a plugin's own code: the other systems must stay on the screen
        _tell(f"headlines of {system}", error)
        return [Headline(Health.UNKNOWN, f"its plugin fails: {plain(str(error), 80)}")]


def asked(ask: Callable[[], T], otherwise: T, what: str) -> T:
    """The answer of a plugin's function, or `otherwise` when it fails; the log gets the reason once."""
    try:
        return ask()
    except Exception as error:  # noqa: BLE001 - as above
        _tell(what, error)
        return otherwise


def _tell(what: str, error: Exception) -> None:
    if what not in _told:
        _told.add(what)
        log.error("%s: the plugin failed", what, exc_info=error)
