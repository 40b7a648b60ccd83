"""The hypervisors: each has its own switch, and one more switch is the network between them."""

from __future__ import annotations

from pathlib import Path

from tests.lab import process
from tests.lab.command import run
from tests.lab.ovn.central import QUIET
from tests.lab.place import HOST, Place
from tests.lab.waiting import wait_until

HOSTS = ("hv1", "hv2", "hv3")
_SCHEMA = Path("/usr/share/openvswitch/vswitch.ovsschema")


def processes(host: str) -> tuple[str, ...]:
    """Names of a host's processes."""
    switch = (f"ovsdb-{host}", f"vswitchd-{host}")
    return switch if host == "main" else (*switch, f"controller-{host}")


def folder(place: Place, host: str) -> Path:
    """Where its database and sockets are."""
    return place.make("data", host)


def start_all(place: Place) -> None:
    """The network between the hosts, then every host; each learns the addresses of the others."""
    _switch(place, "main")
    vsctl(place, "main", "add-br", "n1")
    for number, host in enumerate(HOSTS, 1):
        _host(place, host, f"192.168.0.{number}")
    for host in HOSTS:
        for number, other in enumerate(HOSTS, 1):
            if other != host:
                mac = vsctl(place, other, "get", "Interface", "br-phys", "mac_in_use").strip().strip('"')
                _ctl(place, host, "tnl/neigh/set", "br-phys", f"192.168.0.{number}", mac)


def start_controller(place: Place, host: str) -> None:
    """Start ovn-controller of a host."""
    home = folder(place, host)
    log = [f"--log-file={place.log(f'controller-{host}')}"]
    argv = ["ovn-controller", *QUIET, *log, f"unix:{home}/db.sock"]
    process.start(place, f"controller-{host}", argv, env=_env(home))


def vsctl(place: Place, host: str, *words: str) -> str:
    """``ovs-vsctl`` on a host."""
    home = folder(place, host)
    return run(["ovs-vsctl", f"--db=unix:{home}/db.sock", *words], env=_env(home))


def _switch(place: Place, host: str) -> None:
    home = folder(place, host)
    run(["ovsdb-tool", "create", home / "conf.db", _SCHEMA])
    log = [f"--log-file={place.log(f'ovsdb-{host}')}", f"--unixctl={home}/ovsdb.ctl"]
    argv = ["ovsdb-server", *QUIET, *log, f"--remote=punix:{home}/db.sock", str(home / "conf.db")]
    process.start(place, f"ovsdb-{host}", argv, env=_env(home))
    wait_until((home / "db.sock").exists, f"the database of {host}", pause=0.05)
    vsctl(place, host, "--no-wait", "init")
    log = [f"--log-file={place.log(f'vswitchd-{host}')}", f"--unixctl={home}/ovs-vswitchd.ctl"]
    dummies = ["--enable-dummy=system", "--disable-system", "--disable-system-route"]
    process.start(
        place, f"vswitchd-{host}", ["ovs-vswitchd", *QUIET, *log, *dummies, f"unix:{home}/db.sock"], env=_env(home)
    )
    wait_until((home / "ovs-vswitchd.ctl").exists, f"the switch of {host}", pause=0.05)


def _host(place: Place, host: str, address: str) -> None:
    _switch(place, host)
    cable = folder(place, "main") / f"{host}.sock"
    vsctl(
        place, host, "add-br", "br-phys", "--", "add-port", "br-phys", "br-phys_n1", "--", "set", "Interface",
        "br-phys_n1", "type=dummy", f"options:pstream=punix:{cable}",
    )  # fmt: skip
    vsctl(
        place, "main", "add-port", "n1", host, "--", "set", "Interface", host, "type=dummy",
        f"options:stream=unix:{cable}",
    )  # fmt: skip
    _ctl(place, host, "netdev-dummy/ip4addr", "br-phys", f"{address}/24")
    _ctl(place, host, "ovs/route/add", f"{address}/24", "br-phys")
    ids = {
        "system-id": host,
        "hostname": host,
        "ovn-remote": f"tcp:{HOST}:{place.port + 1}",
        "ovn-encap-type": "geneve",
        "ovn-encap-ip": address,
        "ovn-bridge-mappings": "phys:br-phys",
        "ovn-cms-options": "enable-chassis-as-gw",
    }
    vsctl(
        place, host, "set", "Open_vSwitch", ".", *(f"external-ids:{key}={value}" for key, value in ids.items()),
        "--", "--may-exist", "add-br", "br-int", "--", "set", "bridge", "br-int", "fail-mode=secure",
        "other-config:disable-in-band=true",
    )  # fmt: skip
    start_controller(place, host)


def _ctl(place: Place, host: str, *words: str) -> None:
    home = folder(place, host)
    run(["ovs-appctl", "-t", home / "ovs-vswitchd.ctl", *words], env=_env(home))


def _env(home: Path) -> dict[str, str]:
    return dict.fromkeys(("OVS_RUNDIR", "OVN_RUNDIR", "OVS_DBDIR", "OVS_LOGDIR", "OVS_SYSCONFDIR"), str(home))
