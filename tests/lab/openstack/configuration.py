"""Write the configuration of every service."""

from __future__ import annotations

from string import Template

from tests.lab.openstack.backing import database_url, transport_url
from tests.lab.openstack.layout import HOSTS, PASSWORD, auth_url, port, url
from tests.lab.openstack.seed import MEMBER, PROJECTS
from tests.lab.place import TEMPLATES, Place


def write(place: Place) -> None:
    """All files below ``etc/``, and ``clouds.yaml`` for the clients."""
    for part in ("images", "staging", "tasks", "locks", "neutron", "nova", "fernet"):
        place.make("data", part)
    for name in ("glance", "neutron", "nova"):
        place.render(f"openstack/{name}-paste.ini", place.folder / "etc" / f"{name}-paste.ini")
    _service(place, "keystone")
    _service(place, "placement", authtoken=_authtoken(place, "placement"))
    _service(place, "glance", authtoken=_authtoken(place, "glance"), port=port(place, "glance"))
    _service(
        place, "neutron", authtoken=_authtoken(place, "neutron"), port=port(place, "neutron"),
        transport=transport_url(place), nova=_client(place, "nova", "nova"),
    )  # fmt: skip
    _nova(place)
    _drivers(place)
    place.render(
        "openstack/clouds.yaml", place.folder / "clouds.yaml", auth_url=auth_url(place), password=PASSWORD,
        member=MEMBER, project=PROJECTS[0].name,
    )  # fmt: skip


def _nova(place: Place) -> None:
    _service(
        place, "nova", authtoken=_authtoken(place, "nova"), port=port(place, "nova"), transport=transport_url(place),
        api_database=database_url(place, "nova_api"), image_url=url(place, "glance"),
        placement=_client(place, "placement", "placement"), neutron=_client(place, "neutron", "neutron"),
        service_user=_client(place, "service_user", "nova"),
    )  # fmt: skip
    for host in HOSTS:
        place.make("data", host, "instances")
        place.render("openstack/compute.conf", place.folder / "etc" / f"{host}.conf", name=host)


def _drivers(place: Place) -> None:
    """What lets neutron find our mechanism driver: the entry point of a package of that name."""
    info = place.make("drivers", "hsops_lab.dist-info")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: hsops-lab\nVersion: 1\n")
    (info / "entry_points.txt").write_text(
        "[neutron.ml2.mechanism_drivers]\nhsops_lab = lab_ports:LabMechanismDriver\n"
    )


def _service(place: Place, name: str, **values: object) -> None:
    place.render(
        f"openstack/{name}.conf", place.folder / "etc" / f"{name}.conf", database=database_url(place, name), **values
    )


def _authtoken(place: Place, user: str) -> str:
    """How a service checks the tokens of its callers."""
    return _section("authtoken.conf", place, user=user)


def _client(place: Place, section: str, user: str) -> str:
    """How a service logs in where it is a client itself."""
    return _section("client.conf", place, section=section, user=user)


def _section(template: str, place: Place, **values: str) -> str:
    text = (TEMPLATES / "openstack" / template).read_text()
    return Template(text).substitute(auth_url=auth_url(place), password=PASSWORD, **values)
