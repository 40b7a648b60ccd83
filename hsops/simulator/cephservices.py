"""Daemons of the simulated Ceph beside its maps: managers, monitors, versions, starts, and cephadm where it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import msgspec

from hsops.simulator.cephhealth import Check

if TYPE_CHECKING:
    from hsops.simulator.ceph import Ceph

VERSION = "16.2.15"
START = 3.0
"""Seconds until a daemon that was started is seen."""
RELEASES = {"16": "pacific", "17": "quincy", "18": "reef", "19": "squid"}


class Manager(msgspec.Struct):
    """A manager; it stands on the host of the monitor with its name."""

    name: str
    gid: int
    up: bool = True


class Upgrade(msgspec.Struct):
    """An upgrade by cephadm. `error`: a health check's code and why it is paused."""

    image: str
    version: str
    paused: bool = False
    error: tuple[str, str] = ("", "")
    next_at: float = 0.0


class Services:
    """What runs, in which version, and what cephadm does. `cephadm` switches it on."""

    def __init__(self, ceph: Ceph) -> None:
        self._ceph = ceph
        self._gid = 4100
        self.managers = {one.name: Manager(name=one.name, gid=self._next_gid()) for one in ceph.monitors}
        self._active = next(iter(self.managers), "")
        self.election = 6
        self.installed: dict[str, str] = {}
        """Version of the packages on a host; what is not here is `VERSION`. A daemon has it after its next start."""
        self.versions: dict[str, str] = {}
        """Version that a daemon runs, by ``osd.3``."""
        self.config: dict[tuple[str, str], str] = {}
        self.noautoscale = False
        self.required = "pacific"
        self.cephadm = False
        self.maintenance: set[str] = set()
        self.removals: dict[int, bool] = {}
        """OSDs that cephadm removes, and whether it keeps their ids."""
        self.unmanaged = True
        self.upgrade: Upgrade | None = None
        self._due: list[tuple[float, Callable[[], None]]] = []

    def _next_gid(self) -> int:
        self._gid += 7
        return self._gid

    # -- managers and monitors -------------------------------------------------------------------------------------
    def alive(self) -> list[Manager]:
        """Managers that run, the active one first."""
        down = self._ceph.fleet.down
        found = [one for one in self.managers.values() if one.up and one.name not in down]
        return sorted(found, key=lambda one: one.name != self._active)

    def fail_manager(self, name: str) -> None:
        """``mgr fail``: the next one serves, this one stands by anew."""
        if name == self._active:
            others = [one.name for one in self.alive() if one.name != name]
            self._active = others[0] if others else name
            self.managers[name].gid = self._next_gid()

    def host_of(self, type_: str, id_: str) -> str:
        """Where a daemon runs; empty when there is none of that name."""
        if type_ == "osd" and id_.isdigit() and int(id_) in self._ceph.osds:
            return self._ceph.osds[int(id_)].host
        known = id_ in self.managers if type_ == "mgr" else any(one.name == id_ for one in self._ceph.monitors)
        return id_ if type_ in ("mgr", "mon") and known else ""

    def daemons(self) -> Iterator[tuple[str, str]]:
        """Type and id of every daemon, in the order of an upgrade."""
        yield from (("mgr", one.name) for one in reversed(self.alive()))
        yield from (("mon", one.name) for one in self._ceph.monitors)
        yield from (("osd", str(osd.id)) for osd in self._ceph.osds.values() if not osd.destroyed)

    def version(self, type_: str, id_: str) -> str:
        """What a daemon runs."""
        return self.versions.get(f"{type_}.{id_}", VERSION)

    # -- stop and start --------------------------------------------------------------------------------------------
    def stop(self, type_: str, id_: str) -> None:
        """As systemd stops it."""
        if type_ == "osd":
            self._ceph.mark_down(int(id_))
        elif type_ == "mgr":
            self.managers[id_].up = False
            if id_ == self._active:
                self._active = next((one.name for one in self.alive()), id_)
        else:
            self._monitor(id_, up=False)

    def start(self, type_: str, id_: str) -> None:
        """As systemd starts it: it is seen some seconds later, in the version that is installed."""
        self._later(START, lambda: self._started(type_, id_))

    def _started(self, type_: str, id_: str) -> None:
        self.versions[f"{type_}.{id_}"] = self.installed.get(self.host_of(type_, id_), VERSION)
        if type_ == "osd":
            if not self._ceph.osds[int(id_)].destroyed:
                self._ceph.mark_up(int(id_))
        elif type_ == "mgr":
            if not self.managers[id_].up:
                self.managers[id_].gid = self._next_gid()
            self.managers[id_].up = True
        else:
            self._monitor(id_, up=True)

    def _monitor(self, name: str, *, up: bool) -> None:
        for monitor in self._ceph.monitors:
            if monitor.name == name and monitor.up is not up:
                monitor.up = up
                self.election += 2

    def create(self, osd_id: int, uuid: str) -> None:
        """A new disk under the id of a destroyed OSD; it comes up empty some seconds later."""
        osd = self._ceph.osds[osd_id]
        if osd.destroyed:
            osd.uuid, osd.destroyed = uuid, False
            self._ceph.mark_in(osd_id)
            self.start("osd", str(osd_id))

    def destroy(self, osd_id: int) -> None:
        """``osd destroy``"""
        self._ceph.mark_down(osd_id)
        osd = self._ceph.osds[osd_id]
        osd.destroyed, osd.uuid = True, "00000000-0000-0000-0000-000000000000"
        self._ceph.bump()

    # -- cephadm ---------------------------------------------------------------------------------------------------
    def enter(self, host: str) -> None:
        """``orch host maintenance enter``"""
        self.maintenance.add(host)
        if host in self._ceph.hosts:
            self._ceph.set_flag("noout", [host])
        for type_, id_ in [one for one in self.daemons() if self.host_of(*one) == host]:
            self.stop(type_, id_)

    def leave(self, host: str) -> None:
        """``orch host maintenance exit``"""
        self.maintenance.discard(host)
        if host in self._ceph.hosts:
            self._ceph.unset_flag("noout", [host])
        for osd in self._ceph.hosts.get(host, ()):
            self.start("osd", str(osd.id))
        if host in self.managers:
            self.start("mgr", host)
            self.start("mon", host)

    def remove(self, osd_id: int, *, replace: bool) -> None:
        """``orch osd rm``: out first, destroyed when empty."""
        self.removals[osd_id] = replace
        self._ceph.mark_out(osd_id)

    def remove_stop(self, osd_id: int) -> None:
        """``orch osd rm stop``"""
        if self.removals.pop(osd_id, None) is not None:
            self._ceph.mark_in(osd_id)

    # -- time ------------------------------------------------------------------------------------------------------
    def _later(self, seconds: float, what: Callable[[], None]) -> None:
        self._due.append((self._ceph.clock.now() + seconds, what))

    def tick(self) -> None:
        """What comes due."""
        now = self._ceph.clock.now()
        ready = [what for when, what in self._due if when <= now]
        self._due = [(when, what) for when, what in self._due if when > now]
        for what in ready:
            what()
        for osd_id in list(self.removals):
            if not self._ceph.unsettled and not self._ceph.serves(osd_id):
                del self.removals[osd_id]
                self.destroy(osd_id)
        if self.upgrade is not None and not self.upgrade.paused and now >= self.upgrade.next_at:
            self._upgrade_one(self.upgrade, now)

    def _upgrade_one(self, upgrade: Upgrade, now: float) -> None:
        """The next daemon in the order mgr, mon, osd; an OSD only while all is clean."""
        if "missing" in upgrade.image:
            upgrade.error = ("UPGRADE_FAILED_PULL", "Upgrade: failed to pull target image")
        elif len(self.alive()) < 2:
            upgrade.error = ("UPGRADE_NO_STANDBY_MGR", "Upgrade: Need standby mgr daemon")
        if upgrade.error[0]:
            upgrade.paused = True
            return
        left = self.outdated(upgrade)
        if not left:
            self.upgrade = None
            return
        type_, id_ = left[0]
        if type_ == "osd" and self._ceph.unsettled:
            return
        self.installed[self.host_of(type_, id_)] = upgrade.version
        self.stop(type_, id_)
        self.start(type_, id_)
        upgrade.next_at = now + START + 1.0

    def outdated(self, upgrade: Upgrade) -> list[tuple[str, str]]:
        """Daemons that do not run the target yet."""
        return [one for one in self.daemons() if self.version(*one) != upgrade.version]

    def checks(self) -> Iterator[Check]:
        """Health checks of cephadm."""
        if self.maintenance:
            text = f"{len(self.maintenance)} host{'s' * (len(self.maintenance) > 1)} in maintenance mode"
            detail = tuple(f"{host} is in maintenance" for host in sorted(self.maintenance))
            yield Check("HOST_IN_MAINTENANCE", "HEALTH_WARN", text, len(self.maintenance), detail)
        if self.upgrade is not None and self.upgrade.error[0]:
            code, text = self.upgrade.error
            yield Check(code, "HEALTH_WARN", text, 1, (text,))


def long_version(version: str) -> str:
    """``ceph version 17.2.7 (…) quincy (stable)``."""
    commit = "618f440892089921c3e944a991122ddc44e60516"
    return f"ceph version {version} ({commit}) {RELEASES.get(version.partition('.')[0], 'main')} (stable)"
