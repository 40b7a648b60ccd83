"""What the tests of the plugin share: a context, options from a mapping, a transport that plays recordings."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from hsops.api import Lookup, Resource, Secret
from hsops.plugins.ceph.client import CephClient
from hsops.plugins.ceph.command import Command
from hsops.plugins.ceph.options import CephOptions
from hsops.plugins.ceph.transport.base import Reply


@dataclass
class Context:
    """A plugin's context."""

    site: str = "s1"
    system: str = "ceph"
    tier: str = "lab"
    timeout: float = 10.0
    secrets: Mapping[str, str] = field(default_factory=dict)

    def path(self, name: str) -> Path:
        """As the site file would mean it."""
        return Path(name).expanduser()

    async def secret(self, secret: Secret) -> str:
        """By its reference."""
        return self.secrets[str(secret)]


def options(mapping: Mapping[str, Any]) -> CephOptions:
    """The options of a site file's mapping."""
    return msgspec.convert({key: value for key, value in mapping.items() if key != "plugin"}, CephOptions)


RECORDINGS = Path(__file__).parent / "recordings"

FILES = {
    "ceph status": "status",
    "ceph health detail": "health_detail",
    "ceph versions": "versions",
    "ceph node ls": "node_ls",
    "ceph osd tree": "osd_tree",
    "ceph osd dump": "osd_dump",
    "ceph osd df": "osd_df",
    "ceph osd perf": "osd_perf",
    "ceph osd crush rule dump": "osd_crush_rule",
    "ceph df detail": "df_detail",
    "ceph pg dump pgs_brief": "pg_dump_brief",
    "ceph pg ls-by-primary 4": "pg_ls",
    "ceph osd metadata 0": "osd_metadata",
}


def recorded(name: str) -> Any:
    """A recording, parsed."""
    return json.loads((RECORDINGS / f"{name}.json").read_text())


def told(name: str, command: str) -> Any:
    """The JSON of one command in a recorded list of commands."""
    return next(entry["json"] for entry in recorded(name) if entry["command"] == command)


class Player:
    """A transport that gives recorded answers; `answers` may be changed between commands."""

    name = "player"

    def __init__(self) -> None:
        self.lost = False
        self.answers: dict[str, Any] = {command: recorded(name) for command, name in FILES.items()}
        self.answers["ceph osd pool stats"] = told("osd_pool_ls_detail_2", "ceph osd pool stats -f json")
        self.answers["ceph osd metadata 0"] = recorded("osd_metadata")[0]
        self.asked: list[str] = []

    async def command(self, command: Command, timeout: float) -> Reply:  # noqa: ASYNC109 - the transports' signature
        """Play it. An answer may be a `Reply`, bytes, an exception or what becomes JSON."""
        self.asked.append(str(command))
        answer = self.answers[str(command)]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, Reply):
            return answer
        return Reply(0, answer if isinstance(answer, bytes) else json.dumps(answer).encode(), "")

    async def aclose(self) -> None:
        """Nothing to close."""
        self.lost = True


def playing() -> tuple[Player, CephClient]:
    """A client whose cluster is a recording."""
    player = Player()
    return player, CephClient(player, "ceph", 5.0)


def lookup(rows: Iterable[Resource]) -> Lookup:
    """Rows as headlines and panels get them."""
    found = list(rows)
    return lambda kind: [row for row in found if kind == row.KIND]
