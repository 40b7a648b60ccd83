"""The OpenStack face against recordings of real services: same status, same keys, same types, same error shapes.

Each recorded request is sent again with the ids of the simulated world in place of the recorded ones, after the world
was put into the state that the recorded answer needs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from hsops.plugins.openstack.simulator import OpenStackFace
from hsops.simulator.clock import Clock
from hsops.simulator.population import ADMIN_PASSWORD
from hsops.simulator.site import SimulatedSite
from hsops.simulator.world import World

FOLDER = Path(__file__).parent / "recordings" / "openstack"
ENTRIES = [
    (service, entry)
    for service in ("identity", "compute", "placement", "network", "image")
    for entry in json.loads((FOLDER / f"{service}.json").read_text(encoding="utf-8"))
]
START = 1795242000.0  # 2026-11-21T07:00:00Z, the hour after the recordings, so that their dates lie in the past
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<=/)[0-9a-f]{32}")
NOBODY = "00000000-0000-0000-0000-000000000000"

NOT_SPOKEN = {
    # Changes of the tenants' own things: hsops reads them only.
    ("identity", "POST", "/v3/projects"), ("identity", "PATCH", "/v3/projects/{id}"),
    ("identity", "DELETE", "/v3/projects/{id}"), ("identity", "POST", "/v3/users"),
    ("identity", "PUT", "/v3/projects/{id}/users/{id}/roles/{id}"),
    ("identity", "HEAD", "/v3/projects/{id}/users/{id}/roles/{id}"),
    ("identity", "DELETE", "/v3/projects/{id}/users/{id}/roles/{id}"),
    ("identity", "GET", "/v3/projects/{id}/users/{id}/roles"),
    ("compute", "POST", "/v2.1/flavors"), ("compute", "POST", "/v2.1/os-server-groups"),
    ("compute", "DELETE", "/v2.1/os-server-groups/{id}"),
    *{("network", "POST", f"/v2.0/{kind}") for kind in ("floatingips", "networks", "ports", "routers", "subnets")},
    *{("network", "DELETE", f"/v2.0/{kind}s/{{id}}") for kind in ("floatingip", "network", "port", "router", "subnet")},
    ("network", "PUT", "/v2.0/floatingips/{id}"), ("network", "PUT", "/v2.0/ports/{id}"),
    ("network", "GET", "/v2.0/floatingips/{id}"), ("network", "GET", "/v2.0/routers/{id}"),
    ("network", "PUT", "/v2.0/routers/{id}/add_router_interface"),
    ("network", "PUT", "/v2.0/routers/{id}/remove_router_interface"),
    ("network", "GET", "/v2.0/network-ip-availabilities"), ("network", "DELETE", "/v2.0/quotas/{id}"),
    ("image", "POST", "/v2/images"), ("image", "PATCH", "/v2/images/{id}"), ("image", "DELETE", "/v2/images/{id}"),
    ("image", "PUT", "/v2/images/{id}/file"), ("image", "PUT", "/v2/images/{id}/tags/hsops"),
    ("image", "POST", "/v2/images/{id}/actions/deactivate"), ("image", "POST", "/v2/images/{id}/actions/reactivate"),
}  # fmt: skip

FREE = ("metadata", "configurations", "cpu_info", "extra_specs", "hosts", "addresses", "provider_summaries", "usages",
        "binding:vif_details", "binding:profile")  # fmt: skip
"""Objects whose keys are names that somebody chose; only their kind is compared."""
OPTIONAL = re.compile(
    r"owner_specified\..*|os_distro|stores|"  # properties of images are free
    r"email|default_project_id|"  # users have them when they were given
    r"standard_attr_id|vlan_transparent|is_default|"  # neutron tells them in some answers only
    r"fault|.*_links|next|server_groups|servers"  # there when there is something to tell
)


def template(path: str) -> str:
    """The path with its ids taken out."""
    return re.sub(r"/\d+(?=/|$)", "/{n}", UUID.sub("{id}", path))


@pytest.fixture(scope="module")
def site() -> Iterator[SimulatedSite]:
    """A small cloud whose time stands still."""
    with SimulatedSite(machines=30, servers=80, clock=Clock(0, START), faces=[OpenStackFace()]) as running:
        yield running


@pytest.fixture(scope="module")
def urls(site: SimulatedSite) -> dict[str, str]:
    """Service type to URL."""
    face = site._running[0]
    assert isinstance(face, OpenStackFace)
    assert face.cloud is not None
    return face.cloud.urls


def log_in(urls: dict[str, str], user: str, project: str) -> str:
    """A token."""
    password = {"user": {"name": user, "domain": {"name": "Default"}, "password": ADMIN_PASSWORD}}
    scope = {"project": {"name": project, "domain": {"name": "Default"}}}
    auth = {"auth": {"identity": {"methods": ["password"], "password": password}, "scope": scope}}
    answer = requests.post(f"{urls['identity']}/v3/auth/tokens", json=auth, timeout=60)
    return answer.headers["X-Subject-Token"]


def differences(recorded: Any, simulated: Any, place: str = "") -> list[str]:
    """Where the shapes differ. None fits everything: a field that may be null."""
    if recorded is None or simulated is None:
        return []
    if isinstance(recorded, bool) != isinstance(simulated, bool):
        return [f"{place}: {recorded!r} against {simulated!r}"]
    if isinstance(recorded, dict) and isinstance(simulated, dict):
        return _differences_of_objects(recorded, simulated, place)
    if isinstance(recorded, list) and isinstance(simulated, list):
        return differences(recorded[0], simulated[0], f"{place}[]") if recorded and simulated else []
    if isinstance(recorded, int | float) and isinstance(simulated, int | float):
        return []
    return [] if type(recorded) is type(simulated) else [f"{place}: {recorded!r} against {simulated!r}"]


def _differences_of_objects(recorded: dict[str, Any], simulated: dict[str, Any], place: str) -> list[str]:
    if place.rpartition(".")[2] in FREE:
        return []
    ids = [key for key in recorded if UUID.fullmatch(key)]
    if ids:  # an object by id: compare any member with any
        return differences(recorded[ids[0]], next(iter(simulated.values()), None), f"{place}.*")
    found = []
    for key in recorded.keys() ^ simulated.keys():
        running = key == "links" and place.endswith("migrations[]")  # a record links to the migration while it runs
        if not running and not OPTIONAL.fullmatch(key):
            found.append(f"{place}.{key} is only in the {'recording' if key in recorded else 'simulation'}")
    for key in recorded.keys() & simulated.keys():
        found += differences(recorded[key], simulated[key], f"{place}.{key}")
    return found


# -- the state that a recorded answer needs ----------------------------------------------------------------------------
def any_server(world: World, status: str = "ACTIVE") -> str:
    """A server in that state that rests, with room to move."""
    compute = world.compute
    return next(s.id for s in compute.servers.values() if s.status == status and s.task_state is None and s.host)


def migrating(world: World) -> str:
    """A server whose live migration runs."""
    server = world.compute.servers[any_server(world)]
    world.movements.live(server, None)
    world.tick(2)
    return server.id


def resized(world: World) -> str:
    """A server that waits for confirmation."""
    server = world.compute.servers[any_server(world)]
    world.movements.cold(server)
    world.tick(5)
    return server.id


def stranded(world: World) -> str:
    """A server whose host is forced down."""
    server = world.compute.servers[any_server(world)]
    world.compute.hypervisors[server.host].service.forced_down = True
    return server.id


def deleted(world: World) -> str:
    """A server that was deleted."""
    server = world.compute.servers[any_server(world)]
    world.compute.delete(server)
    return server.id


def full(world: World) -> str:
    """A server that cannot go anywhere."""
    server = world.compute.servers[any_server(world)]
    for hypervisor in world.compute.hypervisors.values():
        hypervisor.service.enabled = hypervisor.host == server.host
    return server.id


SERVER_FOR: dict[tuple[str, str, int], Callable[[World], str]] = {
    ("confirmResize", "/v2.1/servers/{id}/action", 204): resized,
    ("revertResize", "/v2.1/servers/{id}/action", 202): resized,
    ("evacuate", "/v2.1/servers/{id}/action", 200): stranded,
    ("os-start", "/v2.1/servers/{id}/action", 202): lambda world: any_server(world, "SHUTOFF"),
    ("os-migrateLive", "/v2.1/servers/{id}/action", 400): full,
    ("", "/v2.1/servers/{id}/migrations", 200): migrating,
    ("", "/v2.1/servers/{id}/migrations/{n}", 200): migrating,
    ("", "/v2.1/servers/{id}/migrations/{n}", 202): migrating,
    ("force_complete", "/v2.1/servers/{id}/migrations/{n}/action", 202): migrating,
}


class Replay:
    """Sends one recorded request to the face."""

    def __init__(self, site: SimulatedSite, urls: dict[str, str], service: str, entry: dict[str, Any]) -> None:
        self.site, self.urls, self.service, self.entry = site, urls, service, entry
        self.request, self.response = entry["request"], entry["response"]
        self.template = template(self.request["path"])
        body = self.request["body"]
        self.action = next(iter(body), "") if isinstance(body, dict) and "/action" in self.template else ""
        self.status: int = self.response["status"]
        self.member = self.entry["file"] == "error_403_plain_member"

    def send(self) -> requests.Response:
        """The answer of the simulation; the world is healed afterwards."""
        self.site.call(self._reset)
        if self.entry["file"] == "error_neutron_down" and self.status == 500:
            self.site.inject("api.refused", "openstack/network")
        path = self.site.call(self._path)
        query = [(name, self.site.call(lambda world, n=name, v=value: self._value(world, n, v)))
                 for name, value in self.request["query"]]  # fmt: skip
        body = self.site.call(self._body)
        text = body if isinstance(body, str) else json.dumps(body)
        headers = {name: value for name, value in self.request["headers"].items() if "Version" in name}
        token = log_in(self.urls, "viewer" if self.member else "admin", "aurora-shop" if self.member else "admin")
        for name in ("X-Auth-Token", "X-Subject-Token"):
            if name in self.request["headers"]:
                headers[name] = token
        if self.status == 401 or "garbage" in self.entry["call"] or self._unknown_subject:
            headers.pop("X-Auth-Token" if self.status == 401 else "X-Subject-Token", None)
        try:
            return requests.request(
                self.request["method"], self.urls[self.service] + path, params=query, headers=headers,
                data=text if self.request["body"] is not None else None, allow_redirects=False, timeout=60,
            )  # fmt: skip
        finally:
            self.site.heal()

    @property
    def _unknown_subject(self) -> bool:
        return self.template == "/v3/auth/tokens" and self.status == 404 and self.request["method"] == "GET"

    def _reset(self, world: World) -> None:
        for hypervisor in world.compute.hypervisors.values():
            hypervisor.service.enabled, hypervisor.service.forced_down = True, False
            hypervisor.service.version += 1
        for project in world.compute.projects.values():
            project.quota = {}
        for migration in [m for m in world.compute.underway.values() if m.kind == "live-migration"]:
            world.movements.abort(migration)
        # The administrator's project owns servers in the recordings.
        admin = next(iter(world.compute.projects))
        server = world.compute.servers[any_server(world)]
        if not world.compute.by_project.get(admin):
            world.compute.by_project[server.project].pop(server.id)
            server.project = admin
            world.compute.by_project[admin] = {server.id: server}
        if "changes-since" in dict(self.request["query"]) and not world.compute.deleted:
            deleted(world)

    # -- recorded names to simulated ones --------------------------------------------------------------------------
    def _path(self, world: World) -> str:
        path: str = self.request["path"]
        if self.status == 404 or NOBODY in path:
            return path
        chosen = SERVER_FOR.get((self.action, self.template, self.status), any_server)
        if "os-instance-actions" in path and self.entry["file"] == "compute_changes_since_deleted":
            chosen = deleted
        kinds: list[tuple[str, Callable[[World], str]]] = [
            (r"servers/", chosen),
            (r"os-services/", lambda w: next(s.id for s in w.compute.services.values() if s.binary == "nova-compute")),
            (r"os-hypervisors/", lambda w: next(h.id for h in w.compute.hypervisors.values())),
            (r"(?:os-quota-sets|quotas|projects|os-simple-tenant-usage)/", self._project),
            (r"flavors/", lambda w: next(iter(w.compute.flavors))),
            (r"resource_providers/", self._provider),
            (r"allocations/", any_server),
            (r"networks/", lambda w: next(iter(w.network.networks))),
            (r"subnets/", lambda w: next(n.subnet for n in w.network.networks.values())),
            (r"ports/", lambda w: w.compute.servers[any_server(w)].port),
            (r"agents/", lambda w: next(a.id for a in w.network.agents.values() if a.kind == "Metadata agent")),
            (r"images/", lambda w: next(iter(w.compute.images))),
            (r"users/", lambda w: next(iter(w.compute.users))),
            (r"v3/services/", lambda w: self._catalogue_id()),
        ]
        for prefix, choose in kinds:
            if re.search(prefix + r"(?:" + UUID.pattern + ")", path):
                path = re.sub(rf"({prefix})(?:{UUID.pattern})", lambda m, c=choose: m[1] + c(world), path, count=1)
        path = re.sub(r"(?<=/migrations/)\d+", lambda _: str(max(world.compute.migrations, default=1)), path)
        path = re.sub(r"(?<=/os-aggregates/)\d+", self._aggregate(world), path)
        server = re.search(r"servers/([^/]+)/os-instance-actions/req-", path)
        if server:
            path = re.sub(r"req-.*", f"req-{server[1][24:32]}{server[1][8:]}", path)
        return path

    def _catalogue_id(self) -> str:
        face = self.site._running[0]
        assert isinstance(face, OpenStackFace)
        assert face.cloud is not None
        return str(face.cloud.catalog[0]["id"])

    def _aggregate(self, world: World) -> str:
        if self.request["method"] == "DELETE":
            last = world.compute.aggregates[max(world.compute.aggregates)]
            last.hosts = []
            return str(last.id)
        if self.action in ("add_host", "remove_host"):
            world.compute.aggregates[1].hosts = [] if self.action == "add_host" else [self._host(world)]
        return str(min(world.compute.aggregates))

    def _project(self, world: World) -> str:
        user = next(u for u in world.compute.users.values() if u.name == ("viewer" if self.member else "admin"))
        if self.status == 403 and self.member:
            return next(p for p in world.compute.projects if p != user.project)
        return user.project

    @staticmethod
    def _host(world: World) -> str:
        return world.compute.servers[any_server(world)].host

    def _provider(self, world: World) -> str:
        return world.compute.hypervisors[self._host(world)].id

    def _value(self, world: World, name: str, value: str) -> str:
        if name in ("host", "source_compute", "hypervisor_hostname_pattern"):
            return self._host(world)
        if name in ("instance_uuid", "device_id"):
            known = [m.server for m in world.compute.migrations.values()]
            return known[-1] if name == "instance_uuid" and known else any_server(world)
        if name in ("project_id", "tenant_id"):
            return self._project(world)
        if name == "marker" and self.status < 300:
            return self._marker(world)
        return value

    def _marker(self, world: World) -> str:
        """The id of the first row, so that the page after it is not empty."""
        rows: dict[str, Callable[[], str]] = {
            "/v2.1/servers/detail": lambda: next(world.compute.newest_first()).id,
            "/v2.1/flavors/detail": lambda: min(world.compute.flavors),
            "/v2.1/os-hypervisors": lambda: next(h.id for h in world.compute.hypervisors.values()),
            "/v2.0/networks": lambda: min(world.network.networks),
            "/v2/images": lambda: max(world.compute.images.values(), key=lambda i: (int(i.created), i.id)).id,
            "/v2.1/os-migrations": lambda: max(world.compute.migrations.values(), key=lambda m: m.id).uuid,
        }
        return rows[self.template]() if self.template in rows else NOBODY

    def _body(self, world: World) -> Any:
        body = self.request["body"]
        if not isinstance(body, dict):
            return body
        text = json.dumps(body).replace("REDACTED", ADMIN_PASSWORD if self.status != 401 else "wrong")
        text = re.sub(r'"hv\d"', lambda _: json.dumps(self._host(world)), text)
        flavor = world.compute.servers[any_server(world)].flavor.id
        other = next(f for f in world.compute.flavors if f != flavor)
        text = re.sub(r'"flavorRef": "[^"]*"', f'"flavorRef": "{other}"', text)
        if self.entry["file"] == "error_over_quota":
            world.compute.projects[self._project(world)].quota = {"instances": 0} if "server" in body else {}
            text = text.replace('"instances": 1', '"instances": 0')
        if self.template == "/v2.1/os-aggregates" and self.status == 409:
            text = text.replace("agg1", world.compute.aggregates[1].name)
        return json.loads(text)


def _skip(service: str, entry: dict[str, Any]) -> str:
    """Why an entry cannot be sent again; empty when it can."""
    request = entry["request"]
    path = template(request["path"])
    if (service, request["method"], path) in NOT_SPOKEN:
        return "the face does not speak it"
    if "garbage" in entry["call"] and service == "image":
        return "glance answers a garbage token in a third shape"
    if isinstance(request["body"], dict) and '"token"' in json.dumps(request["body"]):
        return "a log-in with a recorded token"
    if path.startswith("/v3/users/{id}/application_credentials"):
        return "the face has no application credentials"
    return ""


SENT = [(service, entry) for service, entry in ENTRIES if not _skip(service, entry)]


@pytest.mark.parametrize(
    ("service", "entry"),
    [
        pytest.param(
            s, e, id=f"{s}-{e['request']['method']}-{template(e['request']['path'])}-{e['response']['status']}-{n}"
        )
        for n, (s, e) in enumerate(SENT)
    ],
)
def test_same_shape(site: SimulatedSite, urls: dict[str, str], service: str, entry: dict[str, Any]) -> None:
    """Status, content type, echoed versions and the shape of the body."""
    replay = Replay(site, urls, service, entry)
    answer = replay.send()
    recorded = entry["response"]
    assert answer.status_code == recorded["status"], answer.text[:500]
    wanted = {name.lower(): value for name, value in recorded["headers"].items()}
    for name in ("openstack-api-version", "x-openstack-nova-api-version"):
        assert answer.headers.get(name) == wanted.get(name), name
    for name in ("www-authenticate", "x-subject-token"):
        assert (name in answer.headers) == (name in wanted), name
    body = recorded["body"]
    if body is None:
        assert answer.content == b""
    elif isinstance(body, str):
        assert "<html>" in answer.text
        assert answer.headers["Content-Type"].startswith("text/html")
    else:
        assert not differences(body, answer.json())


def test_most_of_what_was_recorded_is_sent() -> None:
    """The list of what the face does not speak stays short, and names nothing that was not recorded."""
    recorded = {(service, e["request"]["method"], template(e["request"]["path"])) for service, e in ENTRIES}
    assert recorded >= NOT_SPOKEN
    assert len(SENT) > 0.8 * len(ENTRIES)


def test_a_difference_is_found() -> None:
    """The comparison itself: a missing key, another type, a wrong member of a list."""
    assert differences({"a": 1}, {"a": 1.5}) == []
    assert differences({"a": [{"b": None}]}, {"a": [{"b": "x"}]}) == []
    assert differences({"a": 1}, {"b": 1}) != []
    assert differences({"a": [{"b": 1}]}, {"a": [{"b": "1"}]}) != []
    assert differences({"a": True}, {"a": 1}) != []
