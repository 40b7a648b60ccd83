"""What is on the screen as a table: titles and rows as texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Sheet(NamedTuple):
    """In the order and with the filter of the screen. `name` becomes part of a file name."""

    name: str
    titles: Sequence[str]
    rows: Sequence[Sequence[str]]
