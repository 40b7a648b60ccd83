"""Placement groups. Tens of thousands of rows: decoded straight from ``pg dump pgs_brief``, nothing else is asked."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import ClassVar

import msgspec

from hsops.api import Column, Format, Health, Kind, Link, Resource, State, depends

NOBODY = 2147483647
"""CRUSH's word for "no OSD": a place of an erasure-coded group that nobody fills."""
BROKEN = frozenset(
    ("down", "incomplete", "stale", "inconsistent", "failed_repair", "backfill_unfound", "recovery_unfound")
)
QUIET = frozenset(("active", "clean", "scrubbing", "deep", "snaptrim", "snaptrim_wait", "laggy", "wait"))
PASSING = frozenset(("peering", "activating", "creating"))
"""Not active, but by itself for a moment; ``peered`` alone means: too few copies to answer clients."""


@lru_cache(maxsize=512)
def health_of(state: str) -> Health:
    """State words are joined by ``+`` and mean what they say as a set."""
    words = frozenset(state.split("+"))
    if words & BROKEN:
        return Health.CRITICAL
    if not state or "unknown" in words:
        return Health.UNKNOWN
    if "active" not in words:
        return Health.WARN if words & PASSING else Health.CRITICAL
    return Health.OK if "clean" in words and words <= QUIET else Health.WARN


@lru_cache(maxsize=512)
def is_clean(state: str) -> bool:
    """All copies are where they should be; scrubbing does not matter."""
    words = state.split("+")
    return "active" in words and "clean" in words and "stale" not in words


class Pg(Resource, gc=False):
    """A placement group as the manager knows it: 3 to 5 seconds behind the OSD map."""

    KIND: ClassVar[str] = "ceph.pg"

    pgid: str
    state: str
    up: tuple[int, ...] = ()
    """Where CRUSH wants it."""
    acting: tuple[int, ...] = ()
    """Who serves it now, the primary first."""
    acting_primary: int = -1
    missing: tuple[int, ...] = ()
    """Not on the wire: who served it when it was last seen clean and does so no more."""

    def key(self) -> str:
        return self.pgid

    def health(self) -> Health:
        return health_of(self.state)

    @property
    def pool(self) -> int:
        """Id of its pool."""
        return int(self.pgid.partition(".")[0])

    @property
    def number(self) -> int:
        """Its place in the pool, from 0."""
        return int(self.pgid.partition(".")[2], 16)

    @property
    def clean(self) -> bool:
        """All copies are where they should be."""
        return is_clean(self.state)

    @property
    def leader(self) -> int | None:
        """The OSD that leads it; None when nobody does."""
        return self.acting_primary if 0 <= self.acting_primary != NOBODY else None

    @property
    def copies(self) -> int:
        """How many OSDs serve it."""
        return sum(1 for osd in self.acting if osd != NOBODY)

    def links(self) -> Iterable[Link]:
        """A group that is not clean hangs on its OSDs, gone ones included.

        A clean one bears the loss of any of them: a hundred thousand edges would say nothing.
        """
        if self.clean:
            return ()
        osds = dict.fromkeys((*self.acting, *self.up, *self.missing))
        return [depends("ceph.osd", str(osd)) for osd in osds if osd not in (NOBODY, -1)]


def names(osds: Iterable[int]) -> tuple[str, ...]:
    """OSD numbers as people read them; an unfilled place is ``none``."""
    return tuple("none" if osd == NOBODY else str(osd) for osd in osds)


decoder = msgspec.json.Decoder(list[Pg])

KIND = Kind(
    name="ceph.pg",
    title="placement group",
    plural="placement groups",
    aliases=("pg", "pgs"),
    resource=Pg,
    quiet=True,
    columns=(
        Column("pgid", "PG", lambda pg: pg.pgid, priority=0, width=12),
        Column("state", "STATE", lambda pg: State(pg.health(), pg.state), Format.STATE, priority=1),
        Column("acting", "ACTING", lambda pg: names(pg.acting), Format.LIST, priority=10, width=24),
        Column("primary", "PRIMARY", lambda pg: pg.leader, priority=30, width=8),
        Column("up", "UP", lambda pg: names(pg.up), Format.LIST, priority=40, width=24, wide=True),
        Column("missing", "MISSING", lambda pg: names(pg.missing), Format.LIST, priority=20, width=12),
        Column("pool", "POOL", lambda pg: pg.pool, priority=50, width=6, wide=True),
    ),
)
