"""The one shape that every list of the command line has, whatever it is written as."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from hsops.errors import UserError
from hsops.registry import near

Json: TypeAlias = Any
API_VERSION = "hsops/v1"


@dataclass(frozen=True, slots=True)
class Field:
    """A column: its raw value for scripts and its cell for people.

    `name` is the contract: csv header, ``-c``, ``--sort-by``, json key.
    """

    name: str
    raw: Callable[[Any], Json]
    title: str = ""
    cell: Callable[[Any], str] | None = None
    """Text for people; the raw value when there is none."""
    colour: Callable[[Any], str] | None = None
    """Name of the health whose colour the cell wears."""
    order: Callable[[Any], Any] | None = None
    """What it is sorted by; the raw value when there is none."""
    right: bool = False
    priority: int = 0
    width: int = 200
    wide: bool = False
    hidden: bool = False
    """Only when asked for by name."""

    @property
    def heading(self) -> str:
        """The header people read."""
        return self.title or self.name.upper()


@dataclass(frozen=True, slots=True)
class Sheet:
    """Items and how to read them. `kind` and `document` make an item an object of the API."""

    kind: str
    fields: Sequence[Field]
    items: Sequence[Any]
    document: Callable[[Any], Mapping[str, Json]]
    name: Callable[[Any], str]
    """``kind/name``, for ``-o name``."""

    def field(self, text: str) -> Field:
        """The field of that name or title, in any case. Raises UserError with near matches."""
        wanted = text.strip().lower()
        for field in self.fields:
            if wanted in (field.name.lower(), field.heading.lower(), field.name.lower().replace("-", "_")):
                return field
        names = [field.name for field in self.fields]
        raise UserError(f"{self.kind} has no column {text}", hint=near(wanted, names) or f"known: {', '.join(names)}")

    def shown(self, *, wide: bool) -> Sequence[Field]:
        """The fields of a table."""
        return [field for field in self.fields if not field.hidden and (wide or not field.wide)]


def plain_document(kind: str, name: str, fields: Sequence[Field], item: Any) -> Mapping[str, Json]:
    """The object of an item that has nothing but its fields."""
    status = {field.name: field.raw(item) for field in fields if field.name != "name"}
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": {"name": name}, "status": status}
