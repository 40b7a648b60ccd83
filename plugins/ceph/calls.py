"""The commands of the workflows, as values."""

from __future__ import annotations

from collections.abc import Sequence

from hsops.plugins.ceph.command import Command

PG_VERSION = Command("pg dump", {"dumpcontents": ("sum",)}, manager=True)
QUORUM = Command("quorum_status")
MGR_DUMP = Command("mgr dump")
SERVICES = Command("service dump")
FS_DUMP = Command("fs dump")
BALANCER = Command("balancer status", manager=True)
BALANCER_ON = Command("balancer on", manager=True, json=False)
BALANCER_OFF = Command("balancer off", manager=True, json=False)
SCORE = Command("balancer eval", manager=True, json=False)
AUTOSCALE = Command("osd pool get noautoscale", manager=True, json=False)
AUTOSCALE_OFF = Command("osd pool set noautoscale", manager=True, json=False)
AUTOSCALE_ON = Command("osd pool unset noautoscale", manager=True, json=False)


def osds_ok_to_stop(osds: Sequence[int]) -> Command:
    """Whether every group stays active without them; EBUSY when not."""
    return Command("osd ok-to-stop", {"ids": tuple(map(str, osds))}, manager=True)


def mons_ok_to_stop(mons: Sequence[str]) -> Command:
    """Whether a quorum is left; EBUSY when not."""
    return Command("mon ok-to-stop", {"ids": tuple(mons)}, json=False)


def safe_to_destroy(osd: int) -> Command:
    """Whether nothing is kept there; exit status 0 also when not: the lists tell."""
    return Command("osd safe-to-destroy", {"ids": (str(osd),)}, manager=True)


def crush_weight(osd: int, weight: float) -> Command:
    """The weight in the CRUSH map, TiB: data move to and fro by it."""
    return Command("osd crush reweight", {"name": f"osd.{osd}", "weight": weight}, json=False)


def destroy(osd: int) -> Command:
    """Forget its keys and its data for good; the id and its place in the CRUSH map stay for the new disk."""
    return Command("osd destroy", {"id": osd}, manager=True, json=False, flags=("yes_i_really_mean_it",))


def mgr_fail(name: str) -> Command:
    """Let a standby take over."""
    return Command("mgr fail", {"who": name}, json=False)


def metadata(type_: str, id_: str) -> Command:
    """Version and host of one mon, mgr, mds or osd."""
    if type_ == "osd":
        return Command("osd metadata", {"id": int(id_)})
    return Command(f"{type_} metadata", {"id" if type_ == "mon" else "who": id_})


def config_get(who: str, key: str) -> Command:
    """The value that holds for a daemon or a type of daemons, as text."""
    return Command("config get", {"who": who, "key": key}, json=False)


def config_set(who: str, name: str, value: str) -> Command:
    """Set it in the monitors' configuration database."""
    return Command("config set", {"who": who, "name": name, "value": value}, json=False)


def pool_set(pool: str, name: str, value: str) -> Command:
    """Change one setting of a pool."""
    return Command("osd pool set", {"pool": pool, "var": name, "val": value}, json=False)


def plan_make(name: str) -> Command:
    """Let the balancer make a plan; nothing moves."""
    return Command("balancer optimize", {"plan": name}, manager=True, json=False)


def plan_dump(name: str) -> Command:
    """What the plan would change in the OSD map."""
    return Command("balancer dump", {"plan": name}, manager=True, json=False)


def plan_drop(name: str) -> Command:
    """Forget a plan."""
    return Command("balancer rm", {"plan": name}, manager=True, json=False)


def upmap(pgid: str, pairs: Sequence[int]) -> Command:
    """Where copies of a group go instead: from, to, from, to …"""
    return Command("osd pg-upmap-items", {"pgid": pgid, "id": tuple(pairs)}, json=False)


def upmap_drop(pgid: str) -> Command:
    """Let CRUSH alone place a group."""
    return Command("osd rm-pg-upmap-items", {"pgid": pgid}, json=False)


def require_release(release: str) -> Command:
    """No OSD older than this may join any more. There is no way back."""
    return Command("osd require-osd-release", {"release": release}, json=False)
