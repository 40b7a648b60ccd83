"""Fills the compute layer of a new world."""

from __future__ import annotations

import random

from hsops.simulator.cloudvalues import Aggregate, Flavor, Hypervisor, Image, Project, Server, Service, User
from hsops.simulator.compute import Compute
from hsops.simulator.machines import GIB, Machine, Size
from hsops.simulator.names import ROLES, project_name

DAY = 86400.0
FLAVORS = (
    ("m1.tiny", 1, 512, 1), ("m1.small", 1, 2048, 20), ("m1.medium", 2, 4096, 40), ("m1.large", 4, 8192, 80),
    ("c2.large", 8, 8192, 40), ("r2.large", 4, 32768, 80),
)  # fmt: skip
IMAGES = ("debian-12", "debian-13", "ubuntu-24.04", "rocky-9", "windows-2022", "cirros")
ADMIN_PASSWORD = "simulated"  # noqa: S105 - opens nothing but the simulated site on loopback
CONTROL_SERVICES = ("nova-scheduler", "nova-conductor")


def populate(compute: Compute, size: Size, rng: random.Random) -> None:
    """Projects, users, flavors, images, services, hypervisors, aggregates and servers."""
    now = compute.clock.now()
    _identities(compute, size)
    for number, (name, vcpus, ram, disk) in enumerate(FLAVORS, 1):
        flavor = Flavor(id=compute.names.uuid(), number=number, name=name, vcpus=vcpus, ram=ram, disk=disk)
        compute.flavors[flavor.id] = flavor
    admin = next(iter(compute.projects))
    for name in IMAGES:
        image = Image(
            id=compute.names.uuid(),
            name=name,
            size=rng.randrange(1, 9) * GIB // 4,
            checksum=compute.names.hex(),
            created=now - rng.random() * 300 * DAY,
            owner=admin,
        )
        compute.images[image.id] = image
    _services(compute)
    _aggregates(compute)
    _servers(compute, size.servers, rng)


def _identities(compute: Compute, size: Size) -> None:
    names = compute.names
    for name in ("admin", "service"):
        project = Project(id=names.hex(), name=name, description=f"The {name} project")
        compute.projects[project.id] = project
    admin_project = next(iter(compute.projects))
    for number in range(size.tenants):
        project = Project(id=names.hex(), name=project_name(number), description="")
        compute.projects[project.id] = project
    tenant = list(compute.projects)[2]
    for name, project_id, role in (("admin", admin_project, "admin"), ("viewer", tenant, "member")):
        user = User(id=names.hex(), name=name, password=ADMIN_PASSWORD, project=project_id, role=role)
        compute.users[user.id] = user


def _services(compute: Compute) -> None:
    for machine in compute.fleet.of("control"):
        for binary in CONTROL_SERVICES:
            _service(compute, binary, machine, "internal")
    for machine in compute.fleet.of("compute"):
        service = _service(compute, "nova-compute", machine, "nova")
        compute.hypervisors[machine.name] = Hypervisor(
            id=compute.names.uuid(),
            number=len(compute.hypervisors) + 1,
            host=machine.name,
            address=machine.address,
            service=service,
            vcpus=machine.cpus,
            memory=machine.memory // 1024**2,
            disk=machine.disk // GIB,
        )


def _service(compute: Compute, binary: str, machine: Machine, zone: str) -> Service:
    service = Service(
        id=compute.names.uuid(),
        number=len(compute.services) + 1,
        binary=binary,
        host=machine.name,
        zone=zone,
        seen=compute.clock.now(),
    )
    compute.services[service.id] = service
    return service


def _aggregates(compute: Compute) -> None:
    """Availability zones of four racks each, and one aggregate that makes none."""
    racks = sorted({machine.rack for machine in compute.fleet})
    per_zone = max(1, -(-len(racks) // 4)) if len(racks) > 1 else 1
    for start in range(0, len(racks), per_zone):
        zone = f"az{start // per_zone + 1}"
        inside = set(racks[start : start + per_zone])
        hosts = [m.name for m in compute.fleet.of("compute") if m.rack in inside]
        _aggregate(compute, zone, zone, hosts)
        for host in hosts:
            compute.hypervisors[host].service.zone = zone
    every_fourth = list(compute.hypervisors)[::4]
    _aggregate(compute, "ssd", None, every_fourth)


def _aggregate(compute: Compute, name: str, zone: str | None, hosts: list[str]) -> None:
    aggregate = Aggregate(
        id=len(compute.aggregates) + 1,
        uuid=compute.names.uuid(),
        name=name,
        created=compute.clock.now() - 400 * DAY,
        zone=zone,
        hosts=hosts,
        metadata={"availability_zone": zone} if zone else {"ssd": "true"},
    )
    compute.aggregates[aggregate.id] = aggregate


def _servers(compute: Compute, count: int, rng: random.Random) -> None:
    now = compute.clock.now()
    ages = sorted((rng.random() * 600 * DAY + 3600 for _ in range(count)), reverse=True)
    hosts = list(compute.hypervisors)
    tenants = list(compute.projects.values())[2:]
    flavors, images = list(compute.flavors.values()), list(compute.images)
    user = next(iter(compute.users))
    for index, age in enumerate(ages):
        project = tenants[index % len(tenants)] if index < len(tenants) else rng.choice(tenants)
        flavor = rng.choices(flavors, (10, 30, 30, 15, 10, 5))[0]
        host = hosts[rng.randrange(len(hosts))]
        if not compute.hypervisors[host].room(flavor):
            host = max(hosts, key=lambda h: compute.hypervisors[h].memory - compute.hypervisors[h].memory_used)
        server = new_server(compute, f"{project.name}-{rng.choice(ROLES)}-{index + 1}", project.id, user, flavor)
        server.image, server.host = rng.choice(images), host
        server.created = server.updated = now - age
        server.launched = now - age + 4
        if rng.random() < 0.05:
            server.status, server.vm_state, server.power_state = "SHUTOFF", "stopped", 4
        compute.add(server)


def new_server(compute: Compute, name: str, project: str, user: str, flavor: Flavor) -> Server:
    """A server that is not placed yet and not added yet."""
    number = compute.next_number
    low = number & 0xFFFFFF
    return Server(
        id=compute.names.uuid(),
        number=number,
        name=name,
        project=project,
        user=user,
        flavor=flavor,
        image="",
        host="",
        created=compute.clock.now(),
        updated=compute.clock.now(),
        launched=None,
        address=f"172.{16 + (low >> 16) % 16}.{low >> 8 & 255}.{low & 255}",
        mac=f"fa:16:3e:{low >> 16:02x}:{low >> 8 & 255:02x}:{low & 255:02x}",
        network="",
        reservation=f"r-{compute.names.word()}",
        actions=[],
        metadata={},
    )
