"""Daemons: who runs where, in which version, since when; and the programs of a host that stop and start them."""

from __future__ import annotations

import errno
from collections import Counter
from collections.abc import Sequence

from hsops.plugins.ceph.simulator.result import Refused, Result, invalid, osd_number
from hsops.simulator.cephservices import long_version
from hsops.simulator.names import Names
from hsops.simulator.world import World

VERBS = ("stop", "start", "restart")


def versions(world: World, words: Sequence[str]) -> Result:
    """``versions``"""
    services = world.ceph.services
    quorum = {monitor.name for monitor in world.ceph.quorum}
    counts: dict[str, Counter[str]] = {"mon": Counter(), "mgr": Counter(), "osd": Counter()}
    for type_, id_ in services.daemons():
        seen = id_ in quorum if type_ == "mon" else type_ == "mgr" or world.ceph.osds[int(id_)].up
        if seen:
            counts[type_][long_version(services.version(type_, id_))] += 1
    overall = sum(counts.values(), Counter[str]())
    return Result({name: dict(count) for name, count in counts.items()} | {"mds": {}, "overall": dict(overall)})


def mgr_dump(world: World, words: Sequence[str]) -> Result:
    """``mgr dump``, as far as it tells who serves and who stands by."""
    alive = world.ceph.services.alive()
    active = alive[0] if alive else None
    return Result({
        "epoch": 4, "active_gid": active.gid if active else 0, "active_name": active.name if active else "",
        "available": active is not None, "standbys": [{"gid": one.gid, "name": one.name} for one in alive[1:]],
        "modules": ["iostat", "prometheus"],
    })  # fmt: skip


def mgr_fail(world: World, words: Sequence[str]) -> Result:
    """``mgr fail``: content with any name."""
    alive = world.ceph.services.alive()
    name = words[0] if words else alive[0].name if alive else ""
    if name in world.ceph.services.managers:
        world.ceph.services.fail_manager(name)
    return Result()


def mon_ok_to_stop(world: World, words: Sequence[str]) -> Result:
    """``mon ok-to-stop``: content with any name."""
    left = [monitor.name for monitor in world.ceph.quorum if monitor.name not in words]
    if len(left) * 2 <= len(world.ceph.monitors):
        text = f"not enough monitors would be available ({','.join(left)}) after stopping mons [{','.join(words)}]"
        raise Refused(errno.EBUSY, text)
    return Result(None, f"quorum should be preserved ({','.join(left)}) after stopping [{','.join(words)}]")


def metadata(type_: str, world: World, words: Sequence[str]) -> Result:
    """``mon metadata`` and ``mgr metadata``."""
    name = words[0] if words else ""
    host = world.ceph.services.host_of(type_, name)
    if not host:
        raise Refused(errno.ENOENT, f"{type_} {name} does not exist")
    version = world.ceph.services.version(type_, name)
    about = {"name": name, "hostname": host, "ceph_version": long_version(version), "ceph_version_short": version}
    return Result(about)


def mon_metadata(world: World, words: Sequence[str]) -> Result:
    """``mon metadata NAME``"""
    return metadata("mon", world, words)


def mgr_metadata(world: World, words: Sequence[str]) -> Result:
    """``mgr metadata NAME``"""
    return metadata("mgr", world, words)


def fs_dump(world: World, words: Sequence[str]) -> Result:
    """``fs dump``: no file system here."""
    return Result({"epoch": 1, "default_fscid": -1, "standbys": [], "filesystems": []})


def service_dump(world: World, words: Sequence[str]) -> Result:
    """``service dump``: no gateway here."""
    return Result({"epoch": 3, "services": {}})


def destroy(world: World, words: Sequence[str]) -> Result:
    """``osd destroy ID --yes-i-really-mean-it``"""
    number = osd_number(words[0] if words else "")
    osd = world.ceph.osds.get(number)
    if osd is None:
        return Result(None, f"osd.{number} does not exist")
    if "--yes-i-really-mean-it" not in words:
        raise Refused(errno.EPERM, "Are you SURE?  This will mean real, permanent data loss")
    if osd.up:
        raise Refused(errno.EBUSY, f"osd.{number} is not `down`.")
    if world.ceph.serves(number):
        raise Refused(errno.EAGAIN, f"OSD(s) {number} have no reported stats, and not all PGs are active+clean")
    world.ceph.services.destroy(number)
    return Result(None, f"destroyed osd.{number}")


def require_release(world: World, words: Sequence[str]) -> Result:
    """``osd require-osd-release NAME``"""
    if not words:
        raise invalid("a release is missing")
    world.ceph.services.required = words[0]
    world.ceph.bump()
    return Result(None, "")


def systemctl(world: World, words: Sequence[str]) -> Result:
    """``systemctl stop|start|restart ceph-TYPE@ID`` on any host of the cluster."""
    verb, unit = (words[0], words[1]) if len(words) == 2 else ("", "")
    type_, _, id_ = unit.removeprefix("ceph-").removesuffix(".service").partition("@")
    services = world.ceph.services
    if verb not in VERBS or not services.host_of(type_, id_):
        return Result(None, f"Unit {unit} not found.", 5)
    if verb in ("stop", "restart"):
        services.stop(type_, id_)
    if verb in ("start", "restart"):
        services.start(type_, id_)
    return Result()


def ceph_volume(world: World, words: Sequence[str]) -> Result:
    """``ceph-volume lvm create --osd-id ID --data DEVICE``"""
    if list(words[:3]) != ["lvm", "create", "--osd-id"] or len(words) < 4 or not words[3].isdigit():
        return Result(None, "usage: ceph-volume lvm create --osd-id ID --data DEVICE", 2)
    number = int(words[3])
    if number not in world.ceph.osds or not world.ceph.osds[number].destroyed:
        return Result(None, f"RuntimeError: The osd ID {number} is already in use or does not exist.", 1)
    world.ceph.services.create(number, Names(world.seed + int(world.clock.now())).uuid())
    return Result()
