"""Commands that change the map, with Ceph's habit of succeeding on names that do not exist."""

from __future__ import annotations

import errno
from collections.abc import Sequence

from hsops.plugins.ceph.simulator.result import Refused, Result, invalid, osd_number
from hsops.simulator.world import World

CLUSTER_FLAGS = ("full", "pause", "noup", "nodown", "noout", "noin", "nobackfill", "norebalance", "norecover",
                 "noscrub", "nodeep-scrub", "notieragent", "nosnaptrim", "pglog_hardlimit")  # fmt: skip
GROUP_FLAGS = ("noup", "nodown", "noin", "noout")


def take_out(world: World, words: Sequence[str]) -> Result:
    """``osd out``"""
    return _each(world, words, out=True)


def take_in(world: World, words: Sequence[str]) -> Result:
    """``osd in``"""
    return _each(world, words, out=False)


def _each(world: World, words: Sequence[str], *, out: bool) -> Result:
    said = []
    for number in [osd_number(word) for word in words]:
        osd = world.ceph.osds.get(number)
        if osd is None:
            said.append(f"osd.{number} does not exist. ")
        elif osd.inside != out:
            said.append(f"osd.{number} is already {'out' if out else 'in'}. ")
        else:
            (world.ceph.mark_out if out else world.ceph.mark_in)(number)
            said.append(f"marked {'out' if out else 'in'} osd.{number}. ")
    return Result(None, "".join(said))


def set_flag(world: World, words: Sequence[str]) -> Result:
    """``osd set FLAG``"""
    flag = _flag(words, CLUSTER_FLAGS)
    world.ceph.set_flag(flag)
    return Result(None, f"{flag} is set")


def unset_flag(world: World, words: Sequence[str]) -> Result:
    """``osd unset FLAG``"""
    flag = _flag(words, CLUSTER_FLAGS)
    world.ceph.unset_flag(flag)
    return Result(None, f"{flag} is unset")


def _flag(words: Sequence[str], known: Sequence[str]) -> str:
    if not words or words[0] not in known:
        raise invalid(f"unrecognized flag '{words[0] if words else ''}'")
    return words[0]


def set_group(world: World, words: Sequence[str]) -> Result:
    """``osd set-group FLAGS WHO…``"""
    return _group(world, words, on=True)


def unset_group(world: World, words: Sequence[str]) -> Result:
    """``osd unset-group FLAGS WHO…``"""
    return _group(world, words, on=False)


def _group(world: World, words: Sequence[str], *, on: bool) -> Result:
    flags = words[0].split(",") if words else []
    for flag in flags:
        if flag not in GROUP_FLAGS:
            raise invalid(f"unrecognized flag '{flag}', must be one of {{{','.join(GROUP_FLAGS)}}}")
    known, said = [], []
    for who in words[1:]:
        if who in world.ceph.hosts or who.removeprefix("osd.") in map(str, world.ceph.osds):
            known.append(who if who in world.ceph.hosts else f"osd.{osd_number(who)}")
        elif who.startswith("osd."):
            said.append(f"{who} does not exist. ")
        else:
            said.append(f'unable to parse osd id or crush node or device class: "{who}". ')
    if not known and not any("does not exist" in text for text in said):
        raise invalid("".join(said) or "saw 0 of who(<string>)..., expected at least 1")
    for flag in flags if known else ():
        (world.ceph.set_flag if on else world.ceph.unset_flag)(flag, known)
    return Result(None, "".join(said))


def reweight(world: World, words: Sequence[str]) -> Result:
    """``osd reweight ID 0..1``"""
    number, weight = _weight(world, words, f"osd.{words[0] if words else ''} does not exist")
    if not 0 <= weight <= 1:
        raise invalid(f"{weight} not in range [0.0, 1.0]")
    world.ceph.reweight(number, weight)
    return Result(None, f"reweighted osd.{number} to {weight}")


def crush_reweight(world: World, words: Sequence[str]) -> Result:
    """``osd crush reweight osd.ID TIB``"""
    number, weight = _weight(world, words, f"device '{words[0] if words else ''}' does not appear in the crush map")
    world.ceph.crush_reweight(number, weight)
    return Result(None, f"reweighted item id {number} name 'osd.{number}' to {weight} in crush map")


def _weight(world: World, words: Sequence[str], unknown: str) -> tuple[int, float]:
    number = osd_number(words[0] if words else "")
    if number not in world.ceph.osds:
        raise Refused(errno.ENOENT, unknown)
    try:
        return number, float(words[1])
    except (IndexError, ValueError) as error:
        raise invalid("saw 0 of weight(<float>), expected 1") from error
