"""API faults as a client meets them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
import requests

from hsops.plugins.openstack.simulator import OpenStackFace
from hsops.simulator.population import ADMIN_PASSWORD
from hsops.simulator.site import SimulatedSite


class Client:
    """A logged-in user of the simulated cloud."""

    def __init__(self, face: OpenStackFace) -> None:
        assert face.cloud is not None
        self.urls = face.cloud.urls
        self.session = requests.Session()
        self.log_in()

    def log_in(self) -> None:
        user = {"name": "admin", "domain": {"id": "default"}, "password": ADMIN_PASSWORD}
        scope = {"project": {"name": "admin", "domain": {"id": "default"}}}
        identity = {"methods": ["password"], "password": {"user": user}}
        body = {"auth": {"identity": identity, "scope": scope}}
        answer = self.session.post(f"{self.urls['identity']}/v3/auth/tokens", json=body, timeout=60)
        self.session.headers["X-Auth-Token"] = answer.headers["X-Subject-Token"]

    def get(self, path: str, service: str = "compute", timeout: float = 60) -> requests.Response:
        return self.session.get(self.urls[service] + path, timeout=timeout)


@pytest.fixture(scope="module")
def site() -> Iterator[SimulatedSite]:
    with SimulatedSite(machines=20, servers=30, faces=[OpenStackFace()]) as running:
        yield running


@pytest.fixture
def client(site: SimulatedSite) -> Iterator[Client]:
    face = site._running[0]
    assert isinstance(face, OpenStackFace)
    yield Client(face)
    site.heal()


FLAVORS = "/v2.1/flavors"


def test_slow(site: SimulatedSite, client: Client) -> None:
    site.inject("api.slow", "openstack/compute", seconds=0.3)
    began = time.monotonic()
    assert client.get(FLAVORS).status_code == 200
    assert time.monotonic() - began >= 0.3


def test_silent_until_healed(site: SimulatedSite, client: Client) -> None:
    fault = site.inject("api.silent", "openstack/compute")
    with pytest.raises(requests.ReadTimeout):
        client.get(FLAVORS, timeout=0.3)
    threading.Timer(0.3, site.heal, [fault.id]).start()
    assert client.get(FLAVORS).status_code == 503
    assert client.get(FLAVORS).status_code == 200


def test_drip(site: SimulatedSite, client: Client) -> None:
    whole = client.get("/", "network").content
    site.inject("api.drip", "openstack/network", rate=500)
    began = time.monotonic()
    assert client.get("/", "network").content == whole
    assert time.monotonic() - began >= len(whole) / 500 * 0.9


def test_garbage(site: SimulatedSite, client: Client) -> None:
    site.inject("api.garbage", "openstack/compute")
    answer = client.get(FLAVORS)
    assert answer.status_code == 200
    with pytest.raises(requests.JSONDecodeError):
        answer.json()


def test_error_in_the_shape_of_each_service(site: SimulatedSite, client: Client) -> None:
    site.inject("api.error", "openstack", status=503)
    assert client.get(FLAVORS).json()["computeFault"]["code"] == 503
    assert client.get("/v2.0/networks", "network").json()["NeutronError"]["message"]
    assert client.get("/resource_providers", "placement").json()["errors"][0]["status"] == 503
    assert "<html>" in client.get("/v2/images", "image").text
    assert client.get("/v3/projects", "identity").json()["error"]["code"] == 503


def test_refused_and_back_on_the_same_port(site: SimulatedSite, client: Client) -> None:
    assert client.get(FLAVORS).status_code == 200
    fault = site.inject("api.refused", "openstack/compute")
    wait_until(lambda: refused(client))
    assert client.get("/v3/projects", "identity").status_code == 200  # the others go on
    site.heal(fault.id)
    wait_until(lambda: not refused(client))
    assert client.get(FLAVORS).status_code == 200


def refused(client: Client) -> bool:
    try:
        client.get(FLAVORS)
    except requests.ConnectionError:
        return True
    return False


def wait_until(condition: object, limit: float = 30.0) -> None:
    assert callable(condition)
    end = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_forbidden_for_one_kind(site: SimulatedSite, client: Client) -> None:
    site.inject("api.forbidden", "openstack/compute", path="/os-hypervisors")
    answer = client.get("/v2.1/os-hypervisors")
    assert answer.status_code == 403
    assert answer.json()["forbidden"]["code"] == 403
    assert client.get(FLAVORS).status_code == 200


def test_a_fault_for_a_number_of_requests(site: SimulatedSite, client: Client) -> None:
    site.inject("api.error", "openstack/compute", count=2)
    assert [client.get(FLAVORS).status_code for _ in range(3)] == [500, 500, 200]


def test_expired_tokens_are_refused_and_new_ones_are_not(site: SimulatedSite, client: Client) -> None:
    site.inject("api.expired", "openstack")
    assert client.get(FLAVORS).status_code == 401
    client.log_in()
    assert client.get(FLAVORS).status_code == 200


def test_nova_without_neutron(site: SimulatedSite, client: Client) -> None:
    site.inject("api.refused", "openstack/network")
    answer = client.get("/v2.1/servers/detail?all_tenants=1")
    assert answer.status_code == 500
    assert "ConnectFailure" in answer.json()["computeFault"]["message"]
    assert client.get("/v2.1/servers?all_tenants=1").status_code == 200
