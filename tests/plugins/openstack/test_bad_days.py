"""A cloud that hangs, drips, lies, forgets us or has lost a service; on the simulated site's own wire."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager

import pytest
import yaml
from aiohttp import web

from hsops.api import Forbidden, Health
from hsops.errors import AuthFailed, BadAnswer, HsopsError, TimedOut, Unreachable
from hsops.plugin import Secret
from hsops.plugins.openstack.client import OpenStack, connect
from hsops.plugins.openstack.http import LANES
from hsops.plugins.openstack.options import OpenStackOptions
from hsops.plugins.openstack.sources import hypervisors, lists, servers
from hsops.simulator.site import SimulatedSite
from tests.plugins.openstack.recorded import Recorded, context, opened, options, rows
from tests.plugins.replay import Handler, drip, garbage, hang, refusing, serving


@pytest.fixture(scope="module")
def shared_site() -> Iterator[SimulatedSite]:
    """A small cloud."""
    with SimulatedSite(machines=16, servers=40, only=["openstack"]) as site:
        yield site


@pytest.fixture
def site(shared_site: SimulatedSite) -> Iterator[SimulatedSite]:
    """The cloud without a fault, before and after."""
    shared_site.heal()
    yield shared_site
    shared_site.heal()


@asynccontextmanager
async def cloud_of(site: SimulatedSite, seconds: float = 10.0) -> AsyncIterator[OpenStack]:
    """A connection to the simulated cloud."""
    system = yaml.safe_load(site.file.read_text())["systems"][0]
    chosen = OpenStackOptions(cloud=system["cloud"], config_file=system["config_file"])
    cloud = await connect(chosen, context(timeout=seconds))
    try:
        yield cloud
    finally:
        await cloud.aclose()


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("kind", "ours"),
    [
        ("api.silent", TimedOut),
        ("api.drip", TimedOut),
        ("api.garbage", BadAnswer),
        ("api.error", BadAnswer),
        ("api.refused", Unreachable),
        ("api.forbidden", Forbidden),
    ],
)
async def test_a_source_fails_in_words_and_recovers(site: SimulatedSite, kind: str, ours: type[HsopsError]) -> None:
    async with cloud_of(site, 2.0) as cloud:
        before = await servers.poll(cloud, None)
        fault = site.inject(kind, "openstack/compute")
        with pytest.raises(ours) as raised:
            await lists.services(cloud, None)
        assert "compute GET /os-services" in str(raised.value)
        assert "Traceback" not in str(raised.value)
        site.heal(fault.id)
        await _until(lambda: _answers(cloud))
        assert (await servers.poll(cloud, before.cursor)).cursor is not None


@pytest.mark.asyncio
async def test_a_drip_holds_no_thread(site: SimulatedSite) -> None:
    """Each poll of a dripping service ends at its deadline and gives its worker thread back."""
    async with cloud_of(site, 0.5) as cloud:
        fault = site.inject("api.drip", "openstack/compute", rate=5)
        for _ in range(2):
            await asyncio.gather(*(_fails(cloud) for _ in range(LANES)))
        busy = [thread for thread in threading.enumerate() if thread.name.startswith("openstack")]
        assert len(busy) <= LANES
        site.heal(fault.id)
        await _until(lambda: _answers(cloud))


async def _fails(cloud: OpenStack) -> None:
    with pytest.raises(HsopsError):
        await lists.services(cloud, None)


async def _answers(cloud: OpenStack) -> bool:
    try:
        return bool(rows(await lists.services(cloud, None)))
    except HsopsError:
        return False


async def _until(condition: Callable[[], Awaitable[bool]]) -> None:
    for _ in range(100):
        if await condition():
            return
        await asyncio.sleep(0.1)
    pytest.fail("it did not come")


@pytest.mark.asyncio
async def test_an_expired_token_is_not_noticed(site: SimulatedSite) -> None:
    async with cloud_of(site) as cloud:
        assert rows(await lists.services(cloud, None))
        site.inject("api.expired", "openstack")
        assert rows(await lists.services(cloud, None))


@pytest.mark.asyncio
async def test_nova_is_not_called_broken_when_neutron_is_down(site: SimulatedSite) -> None:
    async with cloud_of(site) as cloud:
        site.inject("api.refused", "openstack/network")
        site.inject("api.error", "openstack/compute", path="/servers/detail", status=500)
        with pytest.raises(Unreachable, match="neutron does not answer") as raised:
            await servers.poll(cloud, None)
        assert "bring neutron back" in raised.value.hint
        health = await cloud.health()
        assert health.health is Health.CRITICAL
        assert "neutron" in health.text


@pytest.mark.asyncio
async def test_nova_is_called_broken_when_it_is(site: SimulatedSite) -> None:
    async with cloud_of(site) as cloud:
        site.inject("api.error", "openstack/compute", path="/servers/detail", status=500)
        with pytest.raises(BadAnswer, match="500"):
            await servers.poll(cloud, None)


@pytest.mark.asyncio
@pytest.mark.parametrize("what", ["escape", "markup", "bidi", "newline", "huge"])
async def test_hostile_names_arrive_as_they_are(site: SimulatedSite, what: str) -> None:
    """They are data here; whoever draws them cleans them. Nothing breaks on the way, not even at 1 MB."""
    async with cloud_of(site) as cloud:
        site.inject("server.name", name=what)
        batch = await servers.poll(cloud, None)
        assert any(_odd(row.title()) for row in rows(batch))
        assert {row.health() for row in rows(batch)} <= set(Health)


def _odd(name: str) -> bool:
    return not (name.isascii() and name.isprintable()) or len(name) > 60 or "[" in name


@pytest.mark.asyncio
async def test_one_dead_service_leaves_the_others(site: SimulatedSite) -> None:
    async with cloud_of(site, 2.0) as cloud:
        site.inject("api.refused", "openstack/placement")
        batch = await hypervisors.poll(cloud, None)
        assert rows(batch)
        assert any("vcpu" in text for text in batch.missing)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("handler", "ours"),
    [
        pytest.param(hang, TimedOut, id="hang"),
        pytest.param(drip, TimedOut, id="drip"),
        pytest.param(garbage, BadAnswer, id="garbage"),
        pytest.param(refusing(401), AuthFailed, id="401"),
        pytest.param(refusing(404), BadAnswer, id="404"),
        pytest.param(refusing(500), BadAnswer, id="500"),
        pytest.param(refusing(503), Unreachable, id="503"),
    ],
)
async def test_logging_in_at_something_else(handler: Handler, ours: type[HsopsError]) -> None:
    async with serving(handler) as url:
        started = time.monotonic()
        with pytest.raises(ours):
            await connect(options(url), context(timeout=1.5))
        assert time.monotonic() - started < 30, "it must end"


@pytest.mark.asyncio
async def test_nobody_listens() -> None:
    with pytest.raises(Unreachable, match="refused"):
        await connect(options("http://127.0.0.1:9"), context())


@pytest.mark.asyncio
async def test_a_wrong_password() -> None:
    async with serving(Recorded("error_401_wrong_password", override=_wrong).answer) as url:
        with pytest.raises(AuthFailed, match="check user, password and project"):
            await connect(options(url), context())


async def _wrong(request: web.Request) -> web.Response | None:
    if request.path == "/v3/auth/tokens":
        error = {"code": 401, "message": "The request you have made requires authentication.", "title": "Unauthorized"}
        return web.json_response({"error": error}, status=401)
    return None


@pytest.mark.asyncio
async def test_a_deleted_application_credential_is_a_failed_login() -> None:
    """Keystone answers 404 then."""

    async def deleted(request: web.Request) -> web.Response | None:
        if request.path == "/v3/auth/tokens":
            error = {"code": 404, "message": "Could not find Application Credential: x.", "title": "Not Found"}
            return web.json_response({"error": error}, status=404)
        return None

    async with serving(Recorded(override=deleted).answer) as url:
        chosen = OpenStackOptions(
            auth_url=f"{url}/v3", application_credential_id="x", application_credential_secret=Secret(env="PW")
        )
        with pytest.raises(AuthFailed, match="Application Credential"):
            await connect(chosen, context())


@pytest.mark.asyncio
async def test_a_read_is_tried_again_when_the_connection_was_dead() -> None:
    resets = 0

    async def reset_once(request: web.Request) -> web.Response | None:
        nonlocal resets
        if request.path == "/v2.1/os-services" and not resets:
            resets += 1
            assert request.transport is not None
            request.transport.abort()
        return None

    async with opened(Recorded("compute_services_list", override=reset_once)) as cloud:
        assert rows(await lists.services(cloud, None))
    assert resets == 1


@pytest.mark.asyncio
async def test_a_write_is_never_sent_twice() -> None:
    writes = 0

    async def reset_always(request: web.Request) -> web.Response | None:
        nonlocal writes
        if request.method == "PUT":
            writes += 1
            assert request.transport is not None
            request.transport.abort()
        return None

    async with opened(Recorded("compute_services_list", override=reset_always)) as cloud:
        with pytest.raises(Unreachable):
            await cloud.write("compute", "PUT", "/os-services/x", {"status": "enabled"})
    assert writes == 1


@pytest.mark.asyncio
async def test_a_body_of_another_shape_is_quoted() -> None:
    async def other(request: web.Request) -> web.Response | None:
        return web.json_response({"services": "\x1b[31mnone"}) if "os-services" in request.path else None

    async with opened(Recorded(override=other)) as cloud:
        with pytest.raises(BadAnswer, match="not the JSON expected") as raised:
            await lists.services(cloud, None)
        assert "\x1b" not in str(raised.value)


@pytest.mark.asyncio
async def test_an_old_cloud_is_refused_with_its_version() -> None:
    async def old(request: web.Request) -> web.Response | None:
        if request.path == "/v2.1":
            return web.json_response({"version": {"id": "v2.1", "version": "2.38", "min_version": "2.1"}})
        return None

    async with serving(Recorded(override=old).answer) as url:
        with pytest.raises(HsopsError, match=r"2\.38.*2\.53"):
            await connect(options(url), context())
