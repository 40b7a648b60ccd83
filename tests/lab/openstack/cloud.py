"""Bring the cloud up: what it stands on, its services, its content; and ask it for one real operation."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.lab import process
from tests.lab.errors import Unready
from tests.lab.openstack import catalogue, configuration, seed, services
from tests.lab.openstack.backing import start_database, start_messaging
from tests.lab.openstack.client import Cloud, login
from tests.lab.openstack.layout import HOSTS, auth_url
from tests.lab.place import TEMPLATES, Place
from tests.lab.report import say
from tests.lab.system import Description, System, once
from tests.lab.waiting import wait_until

HERE = Path(__file__).parent
MAKERS = ("backing", "catalogue", "configuration", "layout", "seed", "services")
"""Modules that decide what the state looks like."""
SERVICES = ("placement", "glance", "neutron", "nova")


def up(place: Place) -> None:
    """Create what is missing and start what does not run; returns when every host is up and every server there."""
    configuration.write(place)
    with ThreadPoolExecutor(3) as pool:  # three, for two cores: they wait for each other now and then
        messaging = pool.submit(start_messaging, place)
        start_database(place)
        ready = [pool.submit(prepare, place) for prepare in (services.prepare_keystone, services.prepare_nova)]
        ready += [pool.submit(prepare, place) for prepare in (services.prepare_neutron, services.prepare_glance)]
        ready += [pool.submit(services.prepare_placement, place), messaging]
        ready[0].result()
        services.start_keystone(place)
        services.wait_listening(place, "keystone")
        _catalogue(place)
        for step in ready:
            step.result()
    _start(place)
    cloud = login(place)
    wait_until(lambda: hosts_up(cloud), f"{len(HOSTS)} compute services", pause=0.5)
    say("openstack", f"{len(HOSTS)} hosts up")
    seed.fill(place)


def _catalogue(place: Place) -> None:
    with once(place, "catalogue") as todo:
        if todo:
            catalogue.fill(login(place))


def _start(place: Place) -> None:
    services.start_placement(place)
    services.start_glance(place)
    services.start_neutron(place)
    services.start_nova(place)
    services.start_computes(place)
    services.wait_listening(place, *SERVICES)
    say("openstack", "all services listen")


def hosts_up(cloud: Cloud) -> bool:
    """Every compute service is up, the scheduler knows its host, and neutron answers.

    Raises :class:`Unready` with what is missing.
    """
    listed = cloud.get("compute", "/os-services?binary=nova-compute")["services"]
    up_now = {one["host"] for one in listed if serves(cloud, one)}
    known = {one["hypervisor_hostname"] for one in cloud.get("compute", "/os-hypervisors")["hypervisors"]}
    cloud.get("network", "/networks")
    if absent := [host for host in HOSTS if host not in up_now & known]:
        raise Unready(f"compute services missing: {', '.join(absent)}")
    return True


def serves(cloud: Cloud, service: Mapping[str, Any]) -> bool:
    """Has this compute service been heard of since its process was started?

    Its state alone stays ``up`` for twenty seconds after an end, also when it is started again meanwhile.
    """
    name = f"nova-compute-{service['host']}"
    process.must_live(cloud.place, name)
    if service["state"] != "up" or not service["updated_at"]:
        return False
    heard = datetime.fromisoformat(service["updated_at"]).replace(tzinfo=UTC).timestamp()
    return heard > process.recorded(cloud.place)[name].started


def check(place: Place) -> str:
    """Every host up; one server migrated live to another host and back."""
    cloud = login(place)
    hosts_up(cloud)
    name = seed.PROJECTS[0].servers[0]
    home = str(seed.servers(cloud)[name]["OS-EXT-SRV-ATTR:host"])
    other = HOSTS[(HOSTS.index(home) + 1) % len(HOSTS)]
    for target in (other, home):
        migrate(cloud, name, target)
    return f"{len(HOSTS)} hosts up, server {name} migrated live from {home} to {other} and back"


def migrate(cloud: Cloud, name: str, target: str) -> None:
    """Migrate a server live to this host; returns when it is ACTIVE there."""
    server = seed.servers(cloud)[name]
    order = {"os-migrateLive": {"host": target, "block_migration": "auto"}}
    cloud.post("compute", f"/servers/{server['id']}/action", order)

    def there() -> bool:
        now = seed.servers(cloud)[name]
        return bool(now["OS-EXT-SRV-ATTR:host"] == target and now["status"] == "ACTIVE")

    wait_until(there, f"{name} to arrive on {target}", pause=0.5)


def describe(place: Place) -> Description:
    """What a client needs."""
    return {
        "config_file": str(place.folder / "clouds.yaml"),
        "cloud": "lab",
        "member_cloud": "lab-member",
        "auth_url": auth_url(place),
        "hosts": list(HOSTS),
        "projects": [project.name for project in seed.PROJECTS],
        "servers": seed.names(),
        "stopped": seed.STOPPED,
    }


SYSTEM = System(
    name="openstack",
    packages=(
        "mariadb-server", "rabbitmq-server", "uwsgi-core", "uwsgi-plugin-python3", "python3-pymysql",
        "python3-keystone", "python3-placement", "python3-glance", "python3-nova", "python3-neutron",
    ),
    up=up,
    check=check,
    describe=describe,
    made_from=(TEMPLATES / "openstack", HERE / "drivers", *(HERE / f"{name}.py" for name in MAKERS)),
    stop_last=(("rabbitmq",), ("epmd", "mariadb")),
)  # fmt: skip
