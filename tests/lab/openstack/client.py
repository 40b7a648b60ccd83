"""A small client of the cloud's HTTP interfaces, so that the lab needs no OpenStack library of its own."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.lab.errors import LabError
from tests.lab.openstack.layout import PASSWORD, auth_url, url
from tests.lab.place import Place

BASES = {
    "identity": ("keystone", "/v3"),
    "placement": ("placement", ""),
    "image": ("glance", "/v2"),
    "compute": ("nova", "/v2.1"),
    "network": ("neutron", "/v2.0"),
}
VERSIONS = {"compute": "compute 2.90", "placement": "placement 1.39"}


@dataclass(frozen=True)
class Cloud:
    """One login: the administrator, or another user, in one project."""

    place: Place
    token: str
    user: str
    """The id of who logged in."""

    def get(self, service: str, path: str) -> Any:
        """The parsed answer; raises :class:`LabError` for every status but 2xx."""
        return self.call("GET", service, path)

    def post(self, service: str, path: str, body: Mapping[str, object]) -> Any:
        """The parsed answer, None when there is none."""
        return self.call("POST", service, path, body)

    def call(self, method: str, service: str, path: str, body: Mapping[str, object] | None = None) -> Any:
        """Any method."""
        name, base = BASES[service]
        return _send(method, url(self.place, name, base + path), self._headers(service), body)[1]

    def upload(self, image: str, data: bytes) -> None:
        """The bytes of an image."""
        headers = {**self._headers("image"), "Content-Type": "application/octet-stream"}
        _exchange("PUT", url(self.place, "glance", f"/v2/images/{image}/file"), headers, data)

    def _headers(self, service: str) -> dict[str, str]:
        version = {"OpenStack-API-Version": VERSIONS[service]} if service in VERSIONS else {}
        return {"X-Auth-Token": self.token, **version}


def login(place: Place, project: str = "admin", user: str = "admin") -> Cloud:
    """Log in with the lab's password."""
    default = {"name": "Default"}
    who = {"user": {"name": user, "password": PASSWORD, "domain": default}}
    auth = {
        "identity": {"methods": ["password"], "password": who},
        "scope": {"project": {"name": project, "domain": default}},
    }
    headers, body = _send("POST", f"{auth_url(place)}/auth/tokens", {}, {"auth": auth})
    return Cloud(place, headers["X-Subject-Token"], body["token"]["user"]["id"])


def _send(method: str, address: str, headers: Mapping[str, str], body: Mapping[str, object] | None) -> tuple[Any, Any]:
    data = None if body is None else json.dumps(body).encode()
    kinds = {"Content-Type": "application/json", "Accept": "application/json"}
    answer_headers, answer = _exchange(method, address, {**kinds, **headers}, data)
    return answer_headers, json.loads(answer) if answer else None


def _exchange(method: str, address: str, headers: Mapping[str, str], data: bytes | None) -> tuple[Any, bytes]:
    request = urllib.request.Request(address, data=data, headers=dict(headers), method=method)  # noqa: S310 - always http
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=120) as reply:
            return reply.headers, reply.read()
    except urllib.error.HTTPError as error:
        with error:
            text = error.read().decode(errors="replace")[:1000]
        raise LabError(f"openstack: {method} {address} answered {error.code}: {text}") from error
    except OSError as error:
        raise LabError(f"openstack: {method} {address}: {error}") from error
