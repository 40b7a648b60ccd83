"""``osd tree``, ``osd dump``, ``osd df``, ``osd perf`` and what asks about single OSDs."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Sequence

from hsops.plugins.ceph.simulator.answers.pools import pool_entry
from hsops.plugins.ceph.simulator.forms import Json, form, stamp, thin
from hsops.plugins.ceph.simulator.result import Refused, Result, osd_number
from hsops.simulator.ceph import Ceph
from hsops.simulator.cephservices import long_version
from hsops.simulator.cephvalues import Osd
from hsops.simulator.world import World

ROOT, HOST, RACK = 11, 1, 3
FIRST_HOST = -1000
"""Number of the first host bucket; racks count down from -2."""


def racks_of(ceph: Ceph) -> dict[str, list[str]]:
    """Rack to its hosts."""
    racks: dict[str, list[str]] = {}
    for host, osds in ceph.hosts.items():
        racks.setdefault(osds[0].rack if osds else "r00", []).append(host)
    return racks


def tree(world: World, words: Sequence[str]) -> Result:
    """``osd tree``"""
    ceph = world.ceph
    nodes = [{**node, "children": node["children"]} for node in _buckets(ceph)]
    devices = {osd.id: _device(osd) for osd in ceph.osds.values()}
    return Result({"nodes": list(_walk(nodes, devices)), "stray": []})


def _buckets(ceph: Ceph) -> list[Json]:
    """Root, racks and hosts."""
    racks = racks_of(ceph)
    hosts = {host: FIRST_HOST - index for index, host in enumerate(ceph.hosts)}
    found = [_bucket(-1, "default", "root", ROOT, [-2 - index for index in range(len(racks))])]
    for index, (rack, members) in enumerate(racks.items()):
        found.append(_bucket(-2 - index, rack, "rack", RACK, [hosts[host] for host in members]))
    for host, number in hosts.items():
        found.append(_bucket(number, host, "host", HOST, [osd.id for osd in reversed(ceph.hosts[host])]))
    return found


def _bucket(number: int, name: str, kind: str, type_id: int, children: list[int]) -> Json:
    pool_weights: Json = {} if kind == "root" else {"pool_weights": {}}
    return {"id": number, "name": name, "type": kind, "type_id": type_id, **pool_weights, "children": children}


def _walk(buckets: list[Json], devices: dict[int, Json]) -> Iterator[Json]:
    """Buckets with their devices behind their host, as Ceph lists them."""
    for bucket in buckets:
        yield bucket
        for child in sorted(child for child in bucket["children"] if child >= 0):
            yield devices[child]


def _device(osd: Osd) -> Json:
    return {
        "id": osd.id, "device_class": osd.device_class, "name": osd.name, "type": "osd", "type_id": 0,
        "crush_weight": osd.crush_weight, "depth": 3, "pool_weights": {}, "exists": 1, "status": _status(osd),
        "reweight": osd.weight, "primary_affinity": 1,
    }  # fmt: skip


def _status(osd: Osd) -> str:
    return "destroyed" if osd.destroyed else "up" if osd.up else "down"


def dump(world: World, words: Sequence[str]) -> Result:
    """``osd dump``"""
    ceph, now = world.ceph, world.clock.now()
    answer = form(
        "osd_dump",
        epoch=ceph.epoch,
        fsid=ceph.fsid,
        created=stamp(world.started),
        modified=stamp(now),
        flags=",".join(sorted(ceph.flags)),
        flags_set=sorted(ceph.flags),
        pool_max=max(ceph.pools, default=0),
        max_osd=len(ceph.osds),
        pools=[pool_entry(pool, "pool") for pool in ceph.pools.values()],
        osds=[_state(ceph, osd) for osd in ceph.osds.values()],
        osd_xinfo=[
            thin("xinfo", osd=osd.id, down_stamp=stamp(osd.changed) if osd.changed and not osd.up else "0.000000")
            for osd in ceph.osds.values()
        ],
        require_osd_release=ceph.services.required,
        pg_upmap_items=[
            {"pgid": pgid, "mappings": [{"from": source, "to": target} for source, target in pairs]}
            for pgid, pairs in ceph.upmaps.items()
        ],
        crush_node_flags={node: sorted(flags) for node, flags in ceph.node_flags.items() if node in ceph.hosts},
    )
    return Result(answer)


def _state(ceph: Ceph, osd: Osd) -> Json:
    words = ["exists"] + (["up"] if osd.up else []) + (["destroyed"] if osd.destroyed else [])
    words += [ceph.fullness(osd)] if ceph.fullness(osd) else []
    words += sorted(ceph.node_flags.get(osd.name, ()))
    return thin(
        "osd", osd=osd.id, uuid=osd.uuid, up=int(osd.up), weight=osd.weight, up_from=osd.up_from, down_at=osd.down_at,
        state=words, **{"in": int(osd.inside)},
    )  # fmt: skip


def stat(world: World, words: Sequence[str]) -> Result:
    """``osd stat``"""
    osds = world.ceph.osds.values()
    return Result({
        "epoch": world.ceph.epoch, "num_osds": len(osds), "num_up_osds": sum(osd.up for osd in osds),
        "osd_up_since": int(world.started), "num_in_osds": sum(osd.inside for osd in osds),
        "osd_in_since": int(world.started), "num_remapped_pgs": 0,
    })  # fmt: skip


def df(world: World, words: Sequence[str]) -> Result:
    """``osd df`` and ``osd df tree``"""
    ceph = world.ceph
    mean = sum(osd.used for osd in ceph.osds.values()) / max(1, sum(osd.size for osd in ceph.osds.values()))
    devices = {osd.id: _usage(osd, mean) for osd in ceph.osds.values()}
    nodes = list(devices.values())
    if "tree" in words:
        nodes = list(_walk([_bucket_usage(ceph, bucket, mean) for bucket in _buckets(ceph)], devices))
    return Result({"nodes": nodes, "stray": [], "summary": _summary(list(devices.values()), mean)})


def _usage(osd: Osd, mean: float) -> Json:
    return {
        "id": osd.id, "device_class": osd.device_class, "name": osd.name, "type": "osd", "type_id": 0,
        "crush_weight": osd.crush_weight, "depth": 3, "pool_weights": {}, "reweight": osd.weight,
        **_kb(osd.size, osd.used, mean), "pgs": osd.pgs, "status": _status(osd),
    }  # fmt: skip


def _kb(size: int, used: int, mean: float) -> Json:
    share = used / size if size else 0.0
    return {
        "kb": size >> 10, "kb_used": used >> 10, "kb_used_data": used >> 10, "kb_used_omap": 0, "kb_used_meta": 0,
        "kb_avail": (size - used) >> 10, "utilization": share * 100, "var": share / mean if mean else 1.0,
    }  # fmt: skip


def _bucket_usage(ceph: Ceph, bucket: Json, mean: float) -> Json:
    names = {bucket["name"], *racks_of(ceph).get(bucket["name"], ())}
    osds = [osd for osd in ceph.osds.values() if bucket["type"] == "root" or osd.host in names]
    size, used = sum(osd.size for osd in osds), sum(osd.used for osd in osds)
    children = bucket.pop("children")
    return {**bucket, "reweight": -1, **_kb(size, used, mean), "pgs": 0, "children": children}


def _summary(nodes: list[Json], mean: float) -> Json:
    def total(field: str) -> int:
        return sum(node[field] for node in nodes)

    spread = [node["var"] for node in nodes] or [1.0]
    deviation = (sum((node["utilization"] - mean * 100) ** 2 for node in nodes) / max(1, len(nodes))) ** 0.5
    return {
        "total_kb": total("kb"), "total_kb_used": total("kb_used"), "total_kb_used_data": total("kb_used_data"),
        "total_kb_used_omap": 0, "total_kb_used_meta": 0, "total_kb_avail": total("kb_avail"),
        "average_utilization": mean * 100, "min_var": min(spread), "max_var": max(spread), "dev": deviation,
    }  # fmt: skip


def perf(world: World, words: Sequence[str]) -> Result:
    """``osd perf``"""
    infos = [
        {
            "id": osd.id,
            "perf_stats": {
                "commit_latency_ms": int(osd.latency * 1e3), "apply_latency_ms": int(osd.latency * 1e3),
                "commit_latency_ns": int(osd.latency * 1e9), "apply_latency_ns": int(osd.latency * 1e9),
            },
        }
        for osd in world.ceph.osds.values() if osd.up
    ]  # fmt: skip
    return Result({"pg_ready": True, "osdstats": {"osd_perf_infos": infos}})


def metadata(world: World, words: Sequence[str]) -> Result:
    """``osd metadata`` of all or of one."""
    if not words:
        return Result([_metadata(world, osd) for osd in world.ceph.osds.values()])
    number = osd_number(words[0])
    if number not in world.ceph.osds:
        raise Refused(errno.ENOENT, f"osd.{number} does not exist")
    return Result(_metadata(world, world.ceph.osds[number]))


def _metadata(world: World, osd: Osd) -> Json:
    address = world.fleet[osd.host].address
    version = world.ceph.services.version("osd", str(osd.id))
    return thin(
        "metadata", id=osd.id, hostname=osd.host, container_name=osd.host, bluestore_bdev_size=str(osd.size),
        default_device_class=osd.device_class, bluestore_bdev_rotational="0", rotational="0",
        back_addr=f"[v2:{address}:6802/1,v1:{address}:6803/1]", front_addr=f"[v2:{address}:6800/1,v1:{address}:6801/1]",
        ceph_version=long_version(version), ceph_version_short=version,
        osd_data=f"/var/lib/ceph/osd/ceph-{osd.id}", bluestore_bdev_path=f"/var/lib/ceph/osd/ceph-{osd.id}/block",
    )  # fmt: skip
