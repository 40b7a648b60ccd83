"""What an answer is made of: every place with the types seen there. Two answers of one shape decode alike.

A place is written ``$.data[].labels``. Members of a list share one place; so do the values of a map whose keys are
data (labels, usages by class): its place ends in ``{}``.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

MAPS = frozenset({
    "labels", "annotations", "metric", "discoveredLabels", "metadata", "extra_specs", "addresses", "usages",
    "resources", "allocations", "inventories", "provider_summaries", "resource_provider_generation", "traits",
    "configurations", "hosts", "checks", "mon", "mgr", "osd", "mds", "overall", "pool_weights", "cpu_info",
    "binding:vif_details", "binding:profile", "properties", "links", "stats_by_class", "services", "values",
    "headers", "crush_version", "debug", "progress_events", "flags_set", "options", "progress", "erasure_code_profiles",
    "daemons", "removed_snaps_queue", "new_removed_snaps", "new_purged_snaps", "osd_xinfo",
})  # fmt: skip
"""Names of maps whose keys are data."""
SOMETIMES = re.compile(
    r"(.*\.)?(owner_specified\..*|os_.*|stores|email|default_project_id|fault|[a-z_]*links|next|server_groups|servers|"
    r"keepFiringSince|devices|device_ids|device_paths|bluestore_bdev_.*|container_.*|ceph_version_when_created|"
    r"created_at|network_numa_.*|objectstore_numa_.*|standard_attr_id|vlan_transparent|is_default|direct_url|file|progress|system|"
    r".*_sec|recovering_.*|degraded_.*|misplaced_.*)"
)
"""Names that are there only when there is something to tell, or that depend on the machine."""


class Shape:
    """Places and types of any number of answers."""

    def __init__(self, *answers: Any) -> None:
        self.types: dict[str, set[str]] = defaultdict(set)
        self.seen: Counter[str] = Counter()
        for answer in answers:
            self.add(answer)

    def add(self, value: Any, place: str = "$") -> None:
        """Take an answer in."""
        self.types[place].add(_type(value))
        self.seen[place] += 1
        for inner_place, inner in _inside(value, place):
            self.add(inner, inner_place)

    def always(self, place: str) -> bool:
        """Whether a key was there whenever the object around it was."""
        return self.seen[place] >= self.seen[_around(place)]


def changes(recorded: Shape, fresh: Shape) -> Iterator[str]:
    """Where a fresh answer is of another shape than all recorded ones of its kind."""
    for place, types in fresh.types.items():
        known = recorded.types.get(place)
        if known is None:
            if not place.endswith(("[]", "{}")) and _described(recorded, _around(place)) and not _optional(place):
                yield f"{place} is new"
        elif "null" not in known | types and not types <= known:
            yield f"{place} is {_words(types)}, recorded {_words(known)}"
    for place in recorded.types.keys() - fresh.types.keys():
        key = not place.endswith(("[]", "{}"))
        if key and recorded.always(place) and _described(fresh, _around(place)) and not _optional(place):
            yield f"{place} is gone"


def lost(recorded: Shape, fresh: Shape) -> list[str]:
    """Places that the recorded answer shows and the fresh one does not: it would teach the tests less."""
    gone = [place for place in recorded.types if place not in fresh.types and _around(place) in fresh.types]
    # rates are there while something happens; which names a map has is not its shape
    return [place for place in gone if not place.endswith(("_sec", "{}"))]


def _inside(value: Any, place: str) -> Iterable[tuple[str, Any]]:
    if isinstance(value, list):
        return [(f"{place}[]", inner) for inner in value]
    if isinstance(value, Mapping):
        free = place.rpartition(".")[2] in MAPS
        return [(f"{place}{{}}" if free else f"{place}.{key}", inner) for key, inner in value.items()]
    return ()


def _type(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "truth"
    if isinstance(value, int | float):
        return "number"
    return {str: "text", list: "list", dict: "object"}[type(value)]


def _around(place: str) -> str:
    for end in ("[]", "{}"):
        if place.endswith(end):
            return place.removesuffix(end)
    return place.rpartition(".")[0]


def _described(shape: Shape, place: str) -> bool:
    """Whether there was an object with keys at a place."""
    return any(other.startswith(f"{place}.") for other in shape.types)


def _optional(place: str) -> bool:
    return SOMETIMES.fullmatch(place.rpartition(".")[2]) is not None


def _words(types: set[str]) -> str:
    return " or ".join(sorted(types))
