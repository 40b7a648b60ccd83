"""From an answer's bytes to a struct."""

from __future__ import annotations

import re
from typing import Any, TypeVar

import msgspec

from hsops.api import BadAnswer
from hsops.plugins.ceph.command import Command

T = TypeVar("T")
_NOT_JSON = re.compile(rb":\s*-?(?:nan|inf)(?=\s*[,}])")


_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}


def _decoder(type_: Any) -> msgspec.json.Decoder[Any]:
    """A decoder costs more to make than a small answer to read."""
    if type_ not in _decoders:
        _decoders[type_] = msgspec.json.Decoder(type_)
    return _decoders[type_]


def decode(command: Command, body: bytes, type_: type[T]) -> T:
    """The answer to `command`. Raises BadAnswer with the beginning of what came instead.

    Ceph prints ratios of empty clusters as ``nan``, which no JSON reader takes: they are read as null.
    """
    decoder = _decoder(type_)
    try:
        return decoder.decode(body)  # type: ignore[no-any-return] # the decoder of type_ gives a type_
    except msgspec.DecodeError as error:
        if isinstance(error, msgspec.ValidationError) or not _NOT_JSON.search(body):
            raise _bad(command, body, error) from error
    try:
        return decoder.decode(_NOT_JSON.sub(b":null", body))  # type: ignore[no-any-return] # as above
    except msgspec.DecodeError as error:
        raise _bad(command, body, error) from error


def _bad(command: Command, body: bytes, error: Exception) -> BadAnswer:
    begin = body[:80].decode(errors="replace")
    return BadAnswer(f"an answer that cannot be read ({error}): {begin!r}", thing=str(command))
