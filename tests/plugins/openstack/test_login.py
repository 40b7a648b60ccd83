"""Settings, clouds.yaml, trust: how a connection comes to be, and what it costs in imports."""

from __future__ import annotations

import ssl
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
import yaml
from aiohttp import web

from hsops.errors import AuthFailed, BadAnswer, Unreachable, Unsupported
from hsops.plugin import Secret
from hsops.plugins.openstack.client import connect
from hsops.plugins.openstack.endpoints import VersionDocument, agree, root
from hsops.plugins.openstack.faults import Where
from hsops.plugins.openstack.login import Secrets, log_in
from hsops.plugins.openstack.options import OpenStackOptions
from tests.plugins.openstack.recorded import Recorded, body_of, context, options
from tests.plugins.replay import serving

WHERE = Where("cloud", "compute GET /")


def clouds_yaml(folder: Path, url: str, **more: object) -> Path:
    """A clouds.yaml and a secure.yaml with the password beside it."""
    auth = {"auth_url": f"{url}/v3", "username": "admin", "project_name": "admin"}
    auth |= {"user_domain_id": "default", "project_domain_id": "default"}
    path = folder / "clouds.yaml"
    path.write_text(yaml.safe_dump({"clouds": {"fra1": {"auth": auth, "region_name": "RegionOne", **more}}}))
    secure = {"clouds": {"fra1": {"auth": {"password": "secret"}}}}
    (folder / "secure.yaml").write_text(yaml.safe_dump(secure))
    return path


@pytest.mark.asyncio
async def test_clouds_yaml_with_its_secure_yaml(tmp_path: Path) -> None:
    async with serving(Recorded().answer) as url:
        cloud = await connect(OpenStackOptions(cloud="fra1", config_file=str(clouds_yaml(tmp_path, url))), context())
        await cloud.aclose()
        await cloud.aclose()
    assert cloud.endpoints.urls == {
        "compute": f"{url}/v2.1", "placement": url, "network": f"{url}/v2.0", "identity": f"{url}/v3",
    }  # fmt: skip
    assert cloud.versions == {"compute": "2.90", "placement": "1.38"}


@pytest.mark.asyncio
async def test_an_endpoint_of_clouds_yaml_wins_over_the_catalogue(tmp_path: Path) -> None:
    async with serving(Recorded().answer) as url:
        path = clouds_yaml(tmp_path, url, network_endpoint_override="http://192.0.2.1:9696")
        cloud = await connect(OpenStackOptions(cloud="fra1", config_file=str(path)), context())
        await cloud.aclose()
    assert cloud.endpoints.urls["network"] == "http://192.0.2.1:9696/v2.0"


@pytest.mark.asyncio
async def test_a_cloud_that_clouds_yaml_does_not_have(tmp_path: Path) -> None:
    path = clouds_yaml(tmp_path, "http://127.0.0.1:9")
    with pytest.raises(AuthFailed, match="ams1"):
        await connect(OpenStackOptions(cloud="ams1", config_file=str(path)), context())


@pytest.mark.asyncio
async def test_a_region_that_the_catalogue_does_not_have() -> None:
    async with serving(Recorded().answer) as url:
        with pytest.raises(Unsupported, match="no compute endpoint"):
            await connect(options(url, region="nowhere"), context())


@pytest.mark.asyncio
async def test_a_login_without_a_project_has_no_catalogue() -> None:
    async def unscoped(request: web.Request) -> web.Response | None:
        if request.path != "/v3/auth/tokens":
            return None
        token = {"methods": ["password"], "user": {"id": "u", "name": "u", "domain": {"id": "d", "name": "D"}}}
        times = {"expires_at": "2099-01-01T00:00:00.000000Z", "issued_at": "2026-01-01T00:00:00.000000Z"}
        return web.json_response({"token": token | times}, status=201, headers={"X-Subject-Token": "t"})

    async with serving(Recorded(override=unscoped).answer) as url:
        with pytest.raises(Unsupported, match="scoped"):
            await connect(options(url), context())


@pytest.mark.parametrize("where", ["options", "clouds.yaml"])
def test_unverified_certificates_are_refused_on_prod(tmp_path: Path, where: str) -> None:
    path = clouds_yaml(tmp_path, "https://127.0.0.1:9", verify=where != "clouds.yaml")
    chosen = OpenStackOptions(cloud="fra1", config_file=str(path), insecure=where == "options")
    with pytest.raises(Unsupported, match="prod"):
        log_in(chosen, context(tier="prod"), Secrets(), 2)
    assert log_in(chosen, context(tier="lab"), Secrets(), 2).session.verify is False


def test_the_environment_does_not_weaken_trust(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere.pem")
    monkeypatch.setenv("HTTPS_PROXY", "http://192.0.2.1:3128")
    login = log_in(options("https://127.0.0.1:9", ca=str(tmp_path / "ca.pem")), context(), Secrets("p"), 2)
    assert login.session.session.trust_env is False
    assert login.session.verify == str(tmp_path / "ca.pem")


@pytest.mark.asyncio
async def test_a_certificate_of_nobody_is_named(tmp_path: Path) -> None:
    certificate = self_signed(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", Recorded().answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    url = f"https://127.0.0.1:{runner.addresses[0][1]}"
    try:
        with pytest.raises(Unreachable, match=r"TLS failed.*`ca:`"):
            await connect(options(url), context())
        for trusting in (options(url, ca=str(certificate)), options(url, insecure=True)):
            cloud = await connect(trusting, context())
            await cloud.aclose()
            assert cloud.versions["compute"] == "2.90"
    finally:
        await runner.cleanup()


def self_signed(folder: Path) -> Path:
    """A key and a certificate for 127.0.0.1 in one file."""
    path = folder / "server.pem"
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
            "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(folder / "key.pem"), "-out", str(path),
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip
    path.write_text(path.read_text() + (folder / "key.pem").read_text())
    return path


def test_microversions_are_agreed() -> None:
    document = msgspec.json.decode(body_of("version_discovery", "/v2.1"), type=VersionDocument)
    assert document.highest == "2.93"
    assert agree("compute", document.highest, WHERE) == "2.90"
    assert agree("compute", "2.60", WHERE) == "2.60"
    assert agree("placement", "1.17", WHERE) == "1.17"
    with pytest.raises(Unsupported):
        agree("placement", "0.0", WHERE)


def test_the_project_in_an_old_endpoint_is_no_part_of_the_root() -> None:
    assert root("compute", "http://c/v2.1/p1", "p1") == "http://c/v2.1"
    assert root("compute", "http://c/compute/v2.1", "p1") == "http://c/compute/v2.1"
    assert root("placement", "http://c/placement", "p1") == "http://c/placement/"


def _python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_manifest_imports_no_client_library() -> None:
    modules = "('openstack', 'keystoneauth1', 'requests', 'urllib3', 'yaml', 'aiohttp')"
    assert _python(f"import sys, hsops.plugins.openstack; print([m for m in {modules} if m in sys.modules])") == "[]"


def test_the_configuration_is_loaded_without_the_rest_of_the_sdk() -> None:
    code = (
        "import sys; from hsops.plugins.openstack import sdk; sdk.prepare(); import openstack.config.loader;"
        "print('openstack.connection' in sys.modules);"
        "from openstack import exceptions; print(exceptions.SDKException.__name__);"
        "import openstack; print(openstack.connect.__name__, openstack.connection.Connection.__name__,"
        " 'openstack.connection' in sys.modules)"
    )
    assert _python(code).split("\n") == ["False", "SDKException", "connect Connection True"]


def test_a_process_that_has_the_sdk_keeps_it() -> None:
    code = "import openstack; before = openstack; from hsops.plugins.openstack import sdk; sdk.prepare(); import sys;"
    assert _python(code + "print(sys.modules['openstack'] is before)") == "True"


def test_no_secret_is_printed() -> None:
    chosen = OpenStackOptions(auth_url="http://x", password=Secret(env="OS_PASSWORD"))
    assert "secret" not in repr(chosen).lower().replace("secret(", "").replace("credential_secret", "")


@pytest.mark.asyncio
async def test_a_catalogue_that_points_nowhere() -> None:
    """`connect` may only raise what a feed can act on."""

    async def nowhere(request: web.Request) -> web.Response | None:
        return web.Response(status=404, text="nginx") if request.path == "/v2.1" else None

    async with serving(Recorded(override=nowhere).answer) as url:
        with pytest.raises(BadAnswer, match=r"no compute API at .*: 404 nginx"):
            await connect(options(url), context())
