"""Items as JSON and YAML. Signs that could drive a terminal are written as escapes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from hsops.cli.output.sheet import API_VERSION, Sheet

_DANGEROUS = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def document(sheet: Sheet, *, single: bool = False) -> Mapping[str, Any]:
    """The List of all items; the item itself when a single one was asked for by name."""
    items = [sheet.document(item) for item in sheet.items]
    return items[0] if single and len(items) == 1 else listing(items)


def listing(items: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """A List of objects."""
    return {"apiVersion": API_VERSION, "kind": "List", "items": items}


def flat(sheet: Sheet, names: Sequence[str]) -> Sequence[Mapping[str, Any]]:
    """Items as the openstack client's ``-f json`` has them: column to value."""
    fields = [sheet.field(name) for name in names] or sheet.shown(wide=True)
    return [{field.name: field.raw(item) for field in fields} for item in sheet.items]


def as_json(data: Any, *, indent: int = 2) -> str:
    """JSON text; `indent` 0 gives one line."""
    encoded = msgspec.json.encode(data)
    if indent:
        encoded = msgspec.json.format(encoded, indent=indent)
    text = encoded.decode()
    if not text.isascii() or "\x7f" in text:
        text = _DANGEROUS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    return text + "\n"


def as_yaml(data: Any) -> str:
    """YAML text."""
    import yaml  # noqa: PLC0415 - late: few ask for it

    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    builtins = msgspec.to_builtins(data)
    text: str = yaml.dump(builtins, Dumper=dumper, sort_keys=False, allow_unicode=True, width=120)
    if _DANGEROUS.search(text):
        text = yaml.dump(builtins, Dumper=dumper, sort_keys=False, allow_unicode=False, width=120)
    return text
