"""``orch …`` as cephadm answers it; without cephadm as a cluster without an orchestrator does (recorded)."""

from __future__ import annotations

import errno
from collections.abc import Sequence

import msgspec

from hsops.plugins.ceph.simulator.forms import Json
from hsops.plugins.ceph.simulator.result import Answerer, Refused, Result, invalid, osd_number
from hsops.simulator.cephservices import Upgrade
from hsops.simulator.world import World

NONE = "No orchestrator configured (try `ceph orch set backend`)"


def _cephadm(answerer: Answerer) -> Answerer:
    def answer(world: World, words: Sequence[str]) -> Result:
        if not world.ceph.services.cephadm:
            raise Refused(errno.ENOENT, NONE)
        return answerer(world, words)

    return answer


def _plain(text: str) -> Result:
    return Result(text.encode())


def status(world: World, words: Sequence[str]) -> Result:
    """``orch status``"""
    return Result({"available": True, "backend": "cephadm", "paused": False})


def host_ls(world: World, words: Sequence[str]) -> Result:
    """``orch host ls``"""
    names = dict.fromkeys((*(one.name for one in world.ceph.monitors), *world.ceph.hosts))
    return Result([_host(world, name) for name in names])


def _host(world: World, name: str) -> Json:
    state = "Maintenance" if name in world.ceph.services.maintenance else ""
    state = "Offline" if name in world.fleet.down else state
    return {"addr": world.fleet[name].address, "hostname": name, "labels": [], "status": state}


def _known(world: World, words: Sequence[str]) -> str:
    name = words[0] if words else ""
    if name not in world.ceph.hosts and name not in world.ceph.services.managers:
        raise invalid(f"Host '{name}' not found. Use 'ceph orch host ls' to see all managed hosts.")
    return name


def ok_to_stop(world: World, words: Sequence[str]) -> Result:
    """``orch host ok-to-stop``"""
    name = _known(world, words)
    _stoppable(world, name)
    return _plain(f"It is presumed safe to stop host {name}")


def _stoppable(world: World, name: str) -> None:
    alive = world.ceph.services.alive()
    if alive and alive[0].name == name:
        raise invalid(f"ALERT: Cannot stop active Mgr daemon, Please switch active Mgrs with 'ceph mgr fail {name}'")
    going = {osd.id for osd in world.ceph.hosts.get(name, ())}
    for pg in world.ceph.pgs.values():
        left = [osd for osd in pg.acting if osd not in going and world.ceph.osds[osd].up]
        if going & set(pg.acting) and len(left) < world.ceph.pools[pg.pool].min_size:
            raise invalid(f"unsafe to stop osd(s) at this time: {pg.id} would become offline")


def enter(world: World, words: Sequence[str]) -> Result:
    """``orch host maintenance enter``"""
    name = _known(world, words)
    services = world.ceph.services
    if services.upgrade is not None:
        raise invalid(f"Unable to place {name} in maintenance with upgrade active/paused")
    if name in services.maintenance:
        raise invalid(f"Host {name} is already in maintenance")
    _stoppable(world, name)
    services.enter(name)
    stopped = f"Daemons for Ceph cluster {world.ceph.fsid} stopped on host {name}."
    return _plain(f"{stopped} Host {name} moved to maintenance mode")


def leave(world: World, words: Sequence[str]) -> Result:
    """``orch host maintenance exit``"""
    name = _known(world, words)
    if name not in world.ceph.services.maintenance:
        raise invalid(f"Host {name} is not in maintenance mode")
    if name in world.fleet.down:
        raise Refused(errno.EINVAL, f"Failed to exit maintenance state for host {name}: cannot connect by ssh")
    world.ceph.services.leave(name)
    return _plain(f"Ceph cluster {world.ceph.fsid} on {name} has exited maintenance mode")


def listing(world: World, words: Sequence[str]) -> Result:
    """``orch ls``"""
    unmanaged = world.ceph.services.unmanaged
    spec: Json = {"service_type": "osd", "service_name": "osd.all-disks"} | ({"unmanaged": True} if unmanaged else {})
    return Result([{"service_type": "mon", "service_name": "mon"}, spec])


def osd_rm(world: World, words: Sequence[str]) -> Result:
    """``orch osd rm ID… [--replace] [--zap]``"""
    numbers = [osd_number(word) for word in words if not word.startswith("--")]
    if any(number not in world.ceph.osds for number in numbers):
        raise invalid(f"Unable to find OSDs: {[str(number) for number in numbers]}")
    for number in numbers:
        world.ceph.services.remove(number, replace="--replace" in words)
    return _plain("Scheduled OSD(s) for removal.")


def osd_rm_stop(world: World, words: Sequence[str]) -> Result:
    """``orch osd rm stop ID…``"""
    for word in words:
        world.ceph.services.remove_stop(osd_number(word))
    return _plain("Stopped OSD(s) removal")


def osd_rm_status(world: World, words: Sequence[str]) -> Result:
    """``orch osd rm status``: a sentence when there is nothing to tell, whatever the format."""
    removals = world.ceph.services.removals
    if not removals:
        return _plain("No OSD remove/replace operations reported")
    return Result([
        {
            "osd_id": osd, "started": True, "draining": True, "stopped": False, "replace": replace, "force": False,
            "zap": False, "hostname": world.ceph.osds[osd].host, "drain_started_at": None,
        }
        for osd, replace in removals.items()
    ])  # fmt: skip


def _target(words: Sequence[str]) -> tuple[str, str]:
    """Image and version."""
    given = dict(zip(words[::2], words[1::2], strict=False))
    image = given.get("--image") or (words[0] if words and not words[0].startswith("--") else "")
    version = given.get("--ceph-version") or image.rpartition(":v")[2]
    if not image and not version:
        raise invalid("must specify either image or ceph_version")
    return image or f"quay.io/ceph/ceph:v{version}", version


def upgrade_check(world: World, words: Sequence[str]) -> Result:
    """``orch upgrade check``"""
    image, version = _target(words)
    if "missing" in image:
        raise invalid(f"cephadm exited with an error code: 1, stderr: Failed command: pull {image}: manifest unknown")
    services = world.ceph.services
    old = services.outdated(Upgrade(image=image, version=version))
    needs = {f"{type_}.{id_}": {"current_version": services.version(type_, id_)} for type_, id_ in old}
    return Result(msgspec.json.encode({"target_name": image, "target_version": version, "needs_update": needs}))


def upgrade_start(world: World, words: Sequence[str]) -> Result:
    """``orch upgrade start``"""
    image, version = _target(words)
    services = world.ceph.services
    if services.upgrade is not None and services.upgrade.image != image:
        raise invalid(f"Cannot start upgrade to {image}: an upgrade to {services.upgrade.image} is in progress")
    services.upgrade = services.upgrade or Upgrade(image=image, version=version)
    return _plain(f"Initiating upgrade to {image}")


def upgrade_status(world: World, words: Sequence[str]) -> Result:
    """``orch upgrade status``: as 16.2 answers, where "paused" stands in the message only."""
    now = world.ceph.services.upgrade
    if now is None:
        answer: Json = {"target_image": None, "in_progress": False, "services_complete": [], "message": ""}
        return Result(msgspec.json.encode(answer))
    daemons = list(world.ceph.services.daemons())
    left = world.ceph.services.outdated(now)
    done = [type_ for type_ in ("mgr", "mon", "osd") if not any(one[0] == type_ for one in left)]
    message = f"Error: {now.error[0]}: {now.error[1]}" if now.error[0] else "Upgrade paused" if now.paused else ""
    answer = {
        "target_image": now.image, "in_progress": True, "services_complete": done,
        "progress": f"{len(daemons) - len(left)}/{len(daemons)} daemons upgraded", "message": message,
    }  # fmt: skip
    return Result(msgspec.json.encode(answer))


def _paused(value: bool) -> Answerer:
    def answer(world: World, words: Sequence[str]) -> Result:
        now = world.ceph.services.upgrade
        if now is None:
            raise invalid("No upgrade in progress")
        now.paused = value
        if not value:
            now.error = ("", "")
        return _plain(f"{'Paused' if value else 'Resumed'} upgrade to {now.image}")

    return answer


def upgrade_stop(world: World, words: Sequence[str]) -> Result:
    """``orch upgrade stop``"""
    now, world.ceph.services.upgrade = world.ceph.services.upgrade, None
    return _plain(f"Stopped upgrade to {now.image}" if now else "No upgrade in progress")


COMMANDS: dict[str, Answerer] = {
    name: _cephadm(answerer)
    for name, answerer in {
        "orch status": status,
        "orch host ls": host_ls,
        "orch host ok-to-stop": ok_to_stop,
        "orch host maintenance enter": enter,
        "orch host maintenance exit": leave,
        "orch ls": listing,
        "orch osd rm": osd_rm,
        "orch osd rm stop": osd_rm_stop,
        "orch osd rm status": osd_rm_status,
        "orch upgrade check": upgrade_check,
        "orch upgrade start": upgrade_start,
        "orch upgrade status": upgrade_status,
        "orch upgrade pause": _paused(True),
        "orch upgrade resume": _paused(False),
        "orch upgrade stop": upgrade_stop,
    }.items()
}
