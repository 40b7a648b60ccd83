"""Server groups: which servers must be together, which apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from hsops.plugins.openstack.client import OpenStack

_APART = "anti-affinity"
_TOGETHER = "affinity"


class _Rules(msgspec.Struct, frozen=True):
    max_server_per_host: int = 1


class Group(msgspec.Struct, frozen=True):
    """Decoded from ``GET /os-server-groups``: one policy from compute 2.64 on, before that a list of one."""

    id: str = ""
    name: str = ""
    one: str | None = msgspec.field(name="policy", default=None)
    policies: tuple[str, ...] = ()
    rules: _Rules | None = None
    members: tuple[str, ...] = ()

    @property
    def policy(self) -> str:
        """``affinity``, ``anti-affinity``, or one of them with ``soft-`` before it."""
        return self.one or next(iter(self.policies), "")

    @property
    def is_apart(self) -> bool:
        """Whether its members must not share a host; a soft policy is only a wish."""
        return self.policy == _APART

    @property
    def is_together(self) -> bool:
        """Whether its members must share a host."""
        return self.policy == _TOGETHER

    @property
    def per_host(self) -> int:
        """How many members one host may have."""
        return self.rules.max_server_per_host if self.rules is not None else 1


class _Groups(msgspec.Struct):
    server_groups: list[Group]
    links: list[dict[str, str]] = msgspec.field(name="server_groups_links", default_factory=list)

    @property
    def next(self) -> str:
        """Link to the next page."""
        return next((link.get("href", "") for link in self.links if link.get("rel") == "next"), "")


async def groups_of_servers(cloud: OpenStack) -> dict[str, Group]:
    """The server group of each server that is in one."""
    pages = await cloud.pages("compute", "/os-server-groups", _Groups, (("all_projects", "True"),))
    return {member: group for _, page in pages for group in page.server_groups for member in group.members}
