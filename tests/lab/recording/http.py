"""Asks an HTTP system what was asked when it was recorded."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import requests

from tests.lab.env import Lab
from tests.lab.errors import LabError
from tests.lab.openstack.client import BASES, login
from tests.lab.openstack.layout import url
from tests.lab.recording import neutral
from tests.lab.systems import SYSTEMS

SECONDS = 60
_HELD = ("Accept", "Content-Type", "OpenStack-API-Version", "X-OpenStack-Nova-API-Version")
Neutral = Callable[[Any], Any]


@dataclass(frozen=True)
class Server:
    """Where a system answers. `base` gives the address of a recorded service; `token` is sent where one was sent."""

    base: Callable[[str], str]
    token: str = ""
    clean: Neutral = neutral.neutral

    def ask(self, entry: Mapping[str, Any], service: str) -> dict[str, Any]:
        """The same request again, as an entry of the same form."""
        request = entry["request"]
        headers = {name: value for name, value in request["headers"].items() if name in _HELD}
        if "X-Auth-Token" in request["headers"]:
            headers["X-Auth-Token"] = self.token
        query = urlencode([(name, value) for name, value in request.get("query", ())], quote_via=quote)
        address = self.base(request.get("service", service)) + request["path"] + (f"?{query}" if query else "")
        with requests.Session() as session:
            session.trust_env = False
            answer = session.get(address, headers=headers, timeout=SECONDS, allow_redirects=False)
        return {**entry, "response": self._response(entry["response"], answer)}

    def _response(self, recorded: Mapping[str, Any], answer: requests.Response) -> dict[str, Any]:
        fresh = {"status": answer.status_code, "reason": answer.reason}
        fresh["headers"] = {name: answer.headers[name] for name in recorded["headers"] if name in answer.headers}
        fresh["body"] = _body(answer)
        return {name: self.clean(fresh[name]) for name in recorded if name in fresh}


def _body(answer: requests.Response) -> Any:
    try:
        return json.loads(answer.text) if answer.text else None
    except ValueError:
        return answer.text


def prometheus(lab: Lab) -> Server:
    """Prometheus."""
    return Server(lambda service: lab.prometheus.url)


def alertmanager(lab: Lab) -> Server:
    """Alertmanager."""
    return Server(lambda service: lab.prometheus.alertmanager_url)


def openstack(lab: Lab) -> Server:
    """Every service of the cloud, as its administrator."""
    place = SYSTEMS["openstack"].place

    def base(service: str) -> str:
        if service not in BASES:
            raise LabError(f"it has no {service}")
        parts = urlsplit(url(place, BASES[service][0]))
        return f"{parts.scheme}://{parts.netloc}"

    return Server(base, login(place).token, lambda value: neutral.openstack(neutral.neutral(value)))
