"""Ports, hosts, passwords and addresses of the lab's cloud."""

from __future__ import annotations

from tests.lab.place import HOST, Place

PASSWORD = "admin"  # of a cloud on loopback without guests
HOSTS = ("hv1", "hv2", "hv3", "hv4")
PORTS = {
    "mariadb": 306, "keystone": 500, "placement": 501, "glance": 502, "nova": 503, "neutron": 504,
    "rabbitmq": 672, "rabbitmq-peers": 673, "epmd": 674,
}  # fmt: skip
"""After the first port of the system."""


def port(place: Place, service: str) -> int:
    """The port of one service."""
    return place.port + PORTS[service]


def url(place: Place, service: str, path: str = "") -> str:
    """The address of one service."""
    return f"http://{HOST}:{port(place, service)}{path}"


def auth_url(place: Place) -> str:
    """Where one logs in."""
    return url(place, "keystone", "/v3")
