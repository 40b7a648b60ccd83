"""From the site file's settings to an authenticated session. Blocking: runs in a worker thread."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keystoneauth1.identity.v3 as identity
import urllib3
from keystoneauth1.session import Session

from hsops.api import Context, Unsupported
from hsops.plugins.openstack import sdk
from hsops.plugins.openstack.options import OpenStackOptions
from hsops.plugins.openstack.transport import Pool, Trust, new_session

AGENT = "hsops"


@dataclass(frozen=True, slots=True)
class Login:
    """A session and what the catalogue is asked with."""

    session: Session
    pool: Pool
    region: str | None = None
    interface: str = "public"
    overrides: Mapping[str, str] = field(default_factory=dict)
    """Service type -> URL, where the configuration has one beside the catalogue."""
    _renewing: threading.Lock = field(default_factory=threading.Lock)

    def token(self) -> Mapping[str, str]:
        """The header with the token, logging in when there is none."""
        return self.session.get_auth_headers() or {}

    def renewed(self, refused: Mapping[str, str]) -> Mapping[str, str]:
        """A token that is not `refused`. Of many requests that are refused at once, one logs in for all."""
        with self._renewing:
            if self.token() == refused:
                self.session.invalidate()
            return self.token()


@dataclass(frozen=True, slots=True)
class Secrets:
    """The values behind the references, fetched before the thread starts."""

    password: str = ""
    application_credential: str = ""


async def fetch_secrets(options: OpenStackOptions, context: Context) -> Secrets:
    """Resolve the references. Raises AuthFailed."""
    password, credential = options.password, options.application_credential_secret
    return Secrets(
        await context.secret(password) if password is not None else "",
        await context.secret(credential) if credential is not None else "",
    )


def log_in(options: OpenStackOptions, context: Context, secrets: Secrets, lanes: int) -> Login:
    """Read the configuration and make the session; no request is sent yet."""
    sdk.prepare()
    if options.auth_url:
        return _from_options(options, context, secrets, lanes)
    return _from_clouds_yaml(options, context, lanes)


def _from_options(options: OpenStackOptions, context: Context, secrets: Secrets, lanes: int) -> Login:
    auth: identity.ApplicationCredential | identity.Password
    if options.application_credential_id:
        auth = identity.ApplicationCredential(
            auth_url=options.auth_url,
            application_credential_id=options.application_credential_id,
            application_credential_secret=secrets.application_credential,
        )
    else:
        auth = identity.Password(
            auth_url=options.auth_url,
            username=options.username,
            password=secrets.password,
            user_domain_name=options.user_domain,
            project_name=options.project or None,
            project_domain_name=options.project_domain if options.project else None,
        )
    verify: bool | str = str(context.path(options.ca)) if options.ca else True
    trust = _trust(False if options.insecure else verify, None, context)
    session, pool = _session(auth, trust, context, lanes)
    return Login(session, pool, options.region or None, options.interface or "public")


def _from_clouds_yaml(options: OpenStackOptions, context: Context, lanes: int) -> Login:
    from openstack.config.loader import OpenStackConfig  # noqa: PLC0415 - late: only after sdk.prepare()

    files: dict[str, list[str]] = {}
    if options.config_file:
        path = context.path(options.config_file)
        files = {"config_files": [str(path)], "secure_files": [str(_beside(path))]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its hints on deprecated keys would go to the terminal
        config = OpenStackConfig(**files)  # type: ignore[arg-type]  # two of its many keyword arguments
        cloud = config.get_one(cloud=options.cloud or None, region_name=options.region or None)
        verify, cert = cloud.get_requests_verify_args()
    if options.ca:
        verify = str(context.path(options.ca))
    trust = _trust(False if options.insecure else verify, cert, context)
    session, pool = _session(cloud.get_auth(), trust, context, lanes)
    services = ("compute", "placement", "network", "identity")
    overrides = {name: url for name in services if (url := _override(cloud, name))}
    interface = options.interface or cloud.get_interface() or "public"
    return Login(session, pool, cloud.get_region_name() or None, str(interface), overrides)


def _beside(path: Path) -> Path:
    return path.with_name("secure" + path.suffix)


def _override(cloud: Any, service: str) -> str:
    return str(cloud.config.get(f"{service}_endpoint_override") or "")


def _trust(verify: bool | str | None, cert: str | tuple[str, str] | None, context: Context) -> Trust:
    if verify is not False:
        return Trust(verify or True, cert)
    if context.tier == "prod":
        raise Unsupported(
            "certificates would not be verified, on a site of tier prod",
            system=context.system,
            hint="set `ca:` and remove insecure/verify from the site file and clouds.yaml",
        )
    urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    return Trust(False, cert)


def _session(auth: Any, trust: Trust, context: Context, lanes: int) -> tuple[Session, Pool]:
    session = Session(
        auth=auth,
        session=new_session(lanes),
        verify=trust.verify,
        cert=trust.cert,
        timeout=context.timeout,
        user_agent=AGENT,
    )
    return session, Pool(lanes, trust, context.timeout)
