"""Prepare and start the services."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from tests.lab import process
from tests.lab.command import PYTHON, run
from tests.lab.openstack.backing import database_url
from tests.lab.openstack.layout import HOSTS, PASSWORD, auth_url, port
from tests.lab.place import HOST, Place
from tests.lab.system import once
from tests.lab.waiting import port_open, wait_until

DRIVERS = Path(__file__).parent / "drivers"


def config(place: Place, name: str) -> list[str]:
    """The option that names a configuration file."""
    return ["--config-file", str(place.folder / "etc" / f"{name}.conf")]


def launch(module: str, name: str) -> list[str]:
    """Debian puts these programs into packages that set up whole services: run their modules instead."""
    return [PYTHON, str(DRIVERS / "launch.py"), module, name]


def environment(place: Place) -> dict[str, str]:
    """Where the services find the lab's own drivers."""
    return {"PYTHONPATH": f"{DRIVERS}:{place.folder}/drivers", "PYTHONUNBUFFERED": "1"}


def prepare_keystone(place: Place) -> None:
    """Tables, token keys, and the administrator."""
    with once(place, "keystone") as todo:
        if not todo:
            return
        for part in ("tokens", "credentials"):
            place.make("data", "fernet", part)
        manage = ["keystone-manage", *config(place, "keystone")]
        owner = ["--keystone-user", "root", "--keystone-group", "root"]
        run([*manage, "db_sync"])
        run([*manage, "fernet_setup", *owner])
        run([*manage, "credential_setup", *owner])
        bootstrap = ["bootstrap", "--bootstrap-password", PASSWORD, "--bootstrap-region-id", "RegionOne"]
        urls = [f"--bootstrap-{kind}-url={auth_url(place)}" for kind in ("admin", "public", "internal")]
        run([*manage, *bootstrap, *urls])


def prepare_placement(place: Place) -> None:
    """Tables."""
    with once(place, "placement") as todo:
        if todo:
            run(["placement-manage", *config(place, "placement"), "db", "sync"])


def prepare_glance(place: Place) -> None:
    """Tables."""
    with once(place, "glance") as todo:
        if todo:
            run([*launch("glance.cmd.manage", "glance-manage"), *config(place, "glance"), "db", "sync"])


def prepare_neutron(place: Place) -> None:
    """Tables."""
    with once(place, "neutron") as todo:
        if todo:
            manage = launch("neutron.db.migration.cli", "neutron-db-manage")
            run([*manage, *config(place, "neutron"), "upgrade", "heads"])


def prepare_nova(place: Place) -> None:
    """Tables of the API and of two cells: cell0 for servers that never found a host, cell1 for the rest."""
    with once(place, "nova") as todo:
        if not todo:
            return
        manage = [*launch("nova.cmd.manage", "nova-manage"), *config(place, "nova")]
        run([*manage, "api_db", "sync"])
        run([*manage, "cell_v2", "map_cell0", "--database_connection", database_url(place, "nova_cell0")])
        run([*manage, "db", "sync"])
        # 2: it is there, from a run that broke off
        run([*manage, "cell_v2", "create_cell", "--name", "cell1"], fine=(0, 2))


def start_keystone(place: Place) -> None:
    """Two workers: every other service asks it all the time."""
    env = {"OS_KEYSTONE_CONFIG_DIR": str(place.folder / "etc"), "OS_KEYSTONE_CONFIG_FILES": "keystone.conf"}
    _start_wsgi(place, "keystone", "/usr/bin/keystone-wsgi-public", workers=2, env=env)


def start_placement(place: Place) -> None:
    """One worker."""
    env = {"OS_PLACEMENT_CONFIG_DIR": str(place.folder / "etc")}
    _start_wsgi(place, "placement", "/usr/bin/placement-api", workers=1, env=env)


def _start_wsgi(place: Place, name: str, file: str, *, workers: int, env: dict[str, str]) -> None:
    """Under uwsgi; without ``Connection: close`` clients that keep connections open get resets."""
    address = f"{HOST}:{port(place, name)}"
    argv = [
        "uwsgi", "--plugin", "python3", "--http-socket", address, "--wsgi-file", file, "--processes", str(workers),
        "--master", "--enable-threads", "--need-app", "--die-on-term", "--disable-logging", "--buffer-size", "65535",
        "--add-header", "Connection: close",
    ]  # fmt: skip
    process.start(place, name, argv, env=env)


def start_glance(place: Place) -> None:
    """The API, which is all of it."""
    _start(place, "glance", "glance.cmd.api", "glance")


def start_neutron(place: Place) -> None:
    """API and RPC in one process."""
    _start(place, "neutron", "neutron.cmd.eventlet.server", "neutron")


def start_nova(place: Place) -> None:
    """API, conductor and scheduler; returns when the conductor serves: a compute service started earlier loses 10 s."""
    log = place.log("nova-conductor")
    if not process.alive(place, "nova-conductor"):
        log.write_text("")
    for name in ("conductor", "api", "scheduler"):
        _start(place, f"nova-{name}", f"nova.cmd.{name}", "nova")
    wait_until(lambda: _conductor_serves(place), "nova-conductor to serve")


def _conductor_serves(place: Place) -> bool:
    process.must_live(place, "nova-conductor")
    log = place.log("nova-conductor").read_text(errors="replace")
    return "Starting conductor node" in log


def start_computes(place: Place) -> None:
    """One compute service per host."""
    for host in HOSTS:
        start_compute(place, host)


def start_compute(place: Place, host: str) -> None:
    """The compute service of one host."""
    _start(place, f"nova-compute-{host}", "nova.cmd.compute", "nova", host)


def _start(place: Place, name: str, module: str, *configs: str) -> None:
    options = [word for one in configs for word in config(place, one)]
    process.start(place, name, [*launch(module, name), *options], env=environment(place))


def wait_listening(place: Place, *names: str) -> None:
    """Return when all of these services accept connections."""
    for name in names:
        wait_until(partial(_listens, place, name), f"{name} to listen")


def _listens(place: Place, name: str) -> bool:
    process.must_live(place, "nova-api" if name == "nova" else name)
    return port_open(port(place, name))
