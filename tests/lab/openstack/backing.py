"""What the services stand on: MariaDB and RabbitMQ."""

from __future__ import annotations

import shutil

from tests.lab import process
from tests.lab.command import run
from tests.lab.openstack.layout import PASSWORD, port
from tests.lab.place import HOST, Place
from tests.lab.system import once
from tests.lab.waiting import port_open, wait_until

DATABASES = ("keystone", "placement", "glance", "neutron", "nova", "nova_api", "nova_cell0")
USER = "openstack"


def start_database(place: Place) -> None:
    """MariaDB with the databases of all services; returns when it answers."""
    socket = place.make("socket")
    shutil.chown(socket, "mysql")
    place.render("openstack/mariadb.cnf", place.folder / "etc" / "mariadb.cnf", port=port(place, "mariadb"))
    with once(place, "database-server") as todo:
        if todo:
            _initialise(place)
    process.start(place, "mariadb", ["mariadbd", f"--defaults-file={place.folder}/etc/mariadb.cnf"])
    wait_until(lambda: _answers(place), "MariaDB to answer")
    with once(place, "databases") as todo:
        if todo:
            sql = [f"CREATE DATABASE IF NOT EXISTS {name} CHARACTER SET utf8mb3;" for name in DATABASES]
            _sql(place, f"CREATE USER IF NOT EXISTS {USER}@'{HOST}' IDENTIFIED BY '{PASSWORD}';", *sql)
            _sql(place, f"GRANT ALL ON *.* TO {USER}@'{HOST}';")


def _initialise(place: Place) -> None:
    shutil.rmtree(place.folder / "data" / "mysql", ignore_errors=True)
    data = place.make("data", "mysql")
    shutil.chown(data, "mysql")
    config = f"--defaults-file={place.folder}/etc/mariadb.cnf"
    run(["mariadb-install-db", config, "--user=mysql", f"--datadir={data}", "--skip-test-db"])


def _answers(place: Place) -> bool:
    process.must_live(place, "mariadb")
    return _sql(place, "SELECT 1") != ""


def _sql(place: Place, *statements: str) -> str:
    """As root over the local socket, which needs no password."""
    argv = ["mariadb", "--no-defaults", f"--socket={place.folder}/socket/mysql.sock", "--user=root", "--batch"]
    return run(argv, stdin="\n".join(statements))


def database_url(place: Place, name: str) -> str:
    """What goes into a service's configuration."""
    return f"mysql+pymysql://{USER}:{PASSWORD}@{HOST}:{port(place, 'mariadb')}/{name}?charset=utf8"


def start_messaging(place: Place) -> None:
    """RabbitMQ and its port mapper (started by hand, so that it can be stopped by its id); returns when it listens."""
    mapper, listener = str(port(place, "epmd")), str(port(place, "rabbitmq"))
    home = str(place.make("data", "rabbitmq"))
    process.start(place, "epmd", ["epmd", "-port", mapper, "-address", HOST])
    wait_until(lambda: port_open(int(mapper)), "RabbitMQ's port mapper")
    env = {
        "HOME": home,
        "RABBITMQ_NODENAME": f"lab{place.port}@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": HOST,
        "RABBITMQ_NODE_PORT": listener,
        "RABBITMQ_DIST_PORT": str(port(place, "rabbitmq-peers")),
        "ERL_EPMD_PORT": mapper,
        "ERL_EPMD_ADDRESS": HOST,
        "RABBITMQ_MNESIA_BASE": home,
        "RABBITMQ_LOGS": "-",
        "RABBITMQ_CONF_ENV_FILE": "/dev/null",
        "RABBITMQ_ENABLED_PLUGINS_FILE": f"{home}/plugins",
        # one scheduler that sleeps when idle; peers too on loopback only
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none"
        " -kernel inet_dist_use_interface {127,0,0,1}",
    }
    process.start(place, "rabbitmq", ["/usr/lib/rabbitmq/bin/rabbitmq-server"], env=env)
    wait_until(lambda: _listens(place, "rabbitmq"), "RabbitMQ to listen")


def _listens(place: Place, name: str) -> bool:
    process.must_live(place, name)
    return port_open(port(place, name))


def transport_url(place: Place) -> str:
    """What goes into a service's configuration; guest may log in from this machine only."""
    return f"rabbit://guest:guest@{HOST}:{port(place, 'rabbitmq')}/"
