"""``status``, ``health``, monitors, managers and versions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hsops.plugins.ceph.simulator.forms import Json, form, stamp
from hsops.plugins.ceph.simulator.result import Result
from hsops.simulator.cephvalues import Monitor
from hsops.simulator.metrics import wave
from hsops.simulator.world import World

OBJECT = 4 * 1024**2
READ, WRITE = 220e6, 140e6
"""Bytes a second that clients read and write at the busiest."""


def status(world: World, words: Sequence[str]) -> Result:
    """``status``. Without a quorum the monitors repeat what they knew, with nobody in the quorum."""
    ceph, quorum = world.ceph, world.ceph.quorum
    changed = int(max((osd.changed for osd in ceph.osds.values()), default=world.started) or world.started)
    answer = form(
        "status",
        fsid=ceph.fsid,
        health={"status": world.ceph_status, "checks": _checks(world, detail=False), "mutes": []},
        quorum=[monitor.rank for monitor in quorum],
        quorum_names=[monitor.name for monitor in quorum],
        quorum_age=int(world.clock.now() - world.started),
        osdmap={
            "epoch": ceph.epoch,
            "num_osds": len(ceph.osds),
            "num_up_osds": sum(osd.up for osd in ceph.osds.values()),
            "osd_up_since": changed,
            "num_in_osds": sum(osd.inside for osd in ceph.osds.values()),
            "osd_in_since": changed,
            "num_remapped_pgs": sum("remapped" in pg.state for pg in ceph.unsettled.values()),
        },
        pgmap=_pgmap(world),
    )
    answer["monmap"]["num_mons"] = len(ceph.monitors)
    answer["mgrmap"] |= {"available": bool(_managers(world)), "num_standbys": max(0, len(_managers(world)) - 1)}
    answer["servicemap"]["modified"] = stamp(world.started)
    return Result(answer)


def _pgmap(world: World) -> Json:
    ceph = world.ceph
    states = ceph.by_state().most_common()
    total = sum(osd.size for osd in ceph.osds.values())
    used = sum(osd.used for osd in ceph.osds.values())
    pools = ceph.pools.values()
    return {
        "pgs_by_state": [{"state_name": state, "count": count} for state, count in states],
        "num_pgs": len(ceph.pgs),
        "num_pools": len(ceph.pools),
        "num_objects": sum(pool.objects for pool in pools),
        "data_bytes": sum(pool.stored for pool in pools),
        "bytes_used": used,
        "bytes_avail": total - used,
        "bytes_total": total,
        **amiss(world, None),
        **recovering(world),
        **client_io(world, 1.0),
    }


def amiss(world: World, pool: int | None) -> Json:
    """Degraded and misplaced copies of one pool or of all; what is nought is left out, as Ceph does."""
    ceph = world.ceph
    groups = [pg for pg in ceph.unsettled.values() if pool in (None, pg.pool)]
    copies = sum(one.objects * one.size for one in ceph.pools.values() if pool in (None, one.id))
    found: Json = {}
    for name in ("degraded", "misplaced"):
        count = sum(getattr(pg, name) for pg in groups)
        if count and copies:
            found |= {f"{name}_objects": count, f"{name}_total": copies, f"{name}_ratio": count / copies}
    inactive = sum("active" not in pg.state for pg in groups)
    if inactive and pool is None:
        found["inactive_pgs_ratio"] = inactive / max(1, len(ceph.pgs))
    return found


def recovering(world: World) -> Json:
    """The recovery's pace; left out when there is none."""
    pace = int(world.ceph.recovered)
    if not pace:
        return {}
    objects = max(1, pace // OBJECT)
    return {
        "recovering_objects_per_sec": objects,
        "recovering_bytes_per_sec": pace,
        "recovering_keys_per_sec": 0,
        "num_objects_recovered": objects,
        "num_bytes_recovered": pace,
        "num_keys_recovered": 0,
    }


def client_io(world: World, share: float) -> Json:
    """What clients do: a wave over the day."""
    now = world.clock.now()
    read = int(wave("ceph/read", now, 0.2, 1.0) * READ * share)
    write = int(wave("ceph/write", now, 0.2, 1.0) * WRITE * share)
    if not read and not write:
        return {}
    return {
        "read_bytes_sec": read,
        "write_bytes_sec": write,
        "read_op_per_sec": read // 32768,
        "write_op_per_sec": write // 16384,
    }


def health(world: World, words: Sequence[str]) -> Result:
    """``health`` and ``health detail``."""
    return Result({"status": world.ceph_status, "checks": _checks(world, detail="detail" in words), "mutes": []})


def _checks(world: World, *, detail: bool) -> Json:
    found: Json = {}
    for check in world.checks():
        found[check.code] = {
            "severity": check.severity,
            "summary": {"message": check.summary, "count": check.count},
            **({"detail": [{"message": _named(world, text)} for text in check.detail]} if detail else {}),
            "muted": False,
        }
    return found


def _named(world: World, text: str) -> str:
    """Ceph says which kind of CRUSH node has a flag."""
    return f"host {text}" if " has flags " in text and text.split(maxsplit=1)[0] in world.ceph.hosts else text


def node_ls(world: World, words: Sequence[str]) -> Result:
    """``node ls``: every monitor runs on a host of its own name, with a manager beside it."""
    mons = {monitor.name: [monitor.name] for monitor in world.ceph.monitors}
    osds = {host: [osd.id for osd in members] for host, members in world.ceph.hosts.items()}
    return Result({"mon": mons, "osd": osds, "mgr": {name: [name] for name in _managers(world)}})


def _managers(world: World) -> list[str]:
    return [manager.name for manager in world.ceph.services.alive()]


def mon_dump(world: World, words: Sequence[str]) -> Result:
    """``mon dump``"""
    answer = form("mon_dump", fsid=world.ceph.fsid, mons=[_mon(monitor) for monitor in world.ceph.monitors])
    answer["quorum"] = [monitor.rank for monitor in world.ceph.quorum]
    return Result(answer, "dumped monmap epoch 1")


def quorum_status(world: World, words: Sequence[str]) -> Result:
    """``quorum_status``"""
    quorum = world.ceph.quorum
    answer = form(
        "quorum_status",
        quorum=[monitor.rank for monitor in quorum],
        quorum_names=[monitor.name for monitor in quorum],
        quorum_leader_name=quorum[0].name if quorum else "",
        election_epoch=world.ceph.services.election,
    )
    mons = [_mon(monitor) for monitor in world.ceph.monitors]
    answer["monmap"] = form("monmap_of_quorum_status", fsid=world.ceph.fsid, mons=mons)
    return Result(answer)


def _mon(monitor: Monitor) -> Json:
    addresses: list[dict[str, Any]] = [
        {"type": kind, "addr": f"{monitor.address}:{port}", "nonce": 0} for kind, port in (("v2", 3300), ("v1", 6789))
    ]
    plain = f"{monitor.address}:6789/0"
    return form(
        "mon", rank=monitor.rank, name=monitor.name, public_addrs={"addrvec": addresses}, addr=plain, public_addr=plain
    )


def mgr_stat(world: World, words: Sequence[str]) -> Result:
    """``mgr stat``"""
    managers = _managers(world)
    name = managers[0] if managers else ""
    standbys = max(0, len(managers) - 1)
    return Result({"epoch": 4, "available": bool(managers), "active_name": name, "num_standby": standbys})
