"""The connection: a JSON file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from hsops.api import (
    AuthFailed,
    BadAnswer,
    Batch,
    Context,
    Forbidden,
    Found,
    Health,
    HsopsError,
    NotFound,
    Ref,
    SystemHealth,
    TimedOut,
    Unreachable,
)  # fmt: skip

FAULTS: Mapping[str, tuple[type[HsopsError], str]] = {
    "unreachable": (Unreachable, "is the box on?"),
    "auth": (AuthFailed, "log in again"),
    "forbidden": (Forbidden, "ask for the reader role"),
    "bad": (BadAnswer, ""),
    "timeout": (TimedOut, "is it busy?"),
}


class Client:
    """Reads the file at every question."""

    def __init__(self, path: Path, system: str) -> None:
        self._path = path
        self._system = system

    def world(self, *faults: str) -> dict[str, Any]:
        """The file. Raises what it says."""
        world: dict[str, Any] = json.loads(self._path.read_text())
        for fault in ("fail", *faults):
            if world.get(fault):
                kind, hint = FAULTS[world[fault]]
                raise kind(f"it says {world[fault]}", system=self._system, hint=hint)
        return world

    def write(self, world: Mapping[str, Any]) -> None:
        """Change the truth."""
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps(world))
        fresh.replace(self._path)

    def batch(self, name: str, type_: Any, fault: str) -> Batch:
        """All rows of a kind."""
        world = self.world(fault)
        rows = msgspec.convert(world.get(name, []), list[type_])
        return Batch(upserts=rows, full=True, missing=tuple(world.get("missing", ())))

    async def health(self) -> SystemHealth:
        """As the file says."""
        self.world()
        return SystemHealth(Health.OK, "the file can be read", "1.0")

    async def aclose(self) -> None:
        """Nothing is open."""


async def connect(options: Any, context: Context) -> Client:
    """Open the file."""
    if options.token is not None:
        await context.secret(options.token)
    client = Client(context.path(options.path), context.system)
    client.world()
    return client


async def raw(connection: Client, ref: Ref) -> Mapping[str, Any]:
    """The row as the file has it."""
    for name in ("boxes", "jobs"):
        for row in connection.world()[name]:
            if row["id"] == ref.id:
                return dict(row)
    raise NotFound("it is not in the file", thing=str(ref))


async def kick(connection: Client, box: Any, values: Mapping[str, Any]) -> str:
    """Nothing happens."""
    return f"kicked {box.id}"


def discover(env: Mapping[str, str], home: Path) -> Sequence[Found]:
    """Every ``*.toy`` file at home."""
    return [Found({"plugin": "toy", "path": str(path)}, str(path)) for path in sorted(home.glob("*.toy"))]
