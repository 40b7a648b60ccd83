"""What a simulated command gives: error number, answer, text for standard error."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import msgspec

from hsops.simulator.world import World


class Result(NamedTuple):
    """`out` is JSON-able, or bytes that are JSON already; None prints nothing."""

    out: Any = None
    text: str = ""
    code: int = 0

    def body(self) -> bytes:
        """The answer as bytes."""
        if self.out is None:
            return b""
        return self.out if isinstance(self.out, bytes) else msgspec.json.encode(self.out)


class Answerer(Protocol):
    """Answers one command. `words` are what follows its prefix on the command line."""

    def __call__(self, world: World, words: Sequence[str]) -> Result:
        """The answer of now."""
        ...


class Refused(Exception):
    """The cluster answers with an error number."""

    def __init__(self, code: int, text: str) -> None:
        self.result = Result(None, text, code)
        super().__init__(text)


def invalid(text: str) -> Refused:
    """EINVAL."""
    return Refused(errno.EINVAL, text)


def osd_number(word: str) -> int:
    """``7`` or ``osd.7``. Raises Refused."""
    number = word.removeprefix("osd.")
    if not number.isdigit():
        raise invalid(f"Expected option value to be integer, got '{word}'invalid osd id '{word}'")
    return int(number)
