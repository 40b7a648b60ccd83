"""The connection to one cloud: an authenticated session, the services' addresses and versions, and typed answers."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar, cast
from urllib.parse import parse_qsl, urlsplit

from hsops.api import BadAnswer, Context, HsopsError, NotFound, SystemHealth, Unreachable
from hsops.plugins.openstack import condition
from hsops.plugins.openstack.address import version as version_of
from hsops.plugins.openstack.directory import Directory
from hsops.plugins.openstack.endpoints import Endpoints, VersionDocument, agree, look_up, root
from hsops.plugins.openstack.faults import Where
from hsops.plugins.openstack.http import LANES, NOTHING, Answer, Http, Query, Request, decode
from hsops.plugins.openstack.login import Login, Secrets, fetch_secrets, log_in
from hsops.plugins.openstack.options import OpenStackOptions
from hsops.plugins.openstack.times import stamp

T = TypeVar("T")

MOST_PAGES = 10_000
_LONGEST_WRITE = 60.0
_CATALOGUE = "correct the endpoint in keystone's catalogue, or override it in clouds.yaml"
_MIGRATIONS_SINCE = "2.59"
_HEADERS = {"compute": "X-OpenStack-Nova-API-Version"}


class OpenStack:
    """One cloud. Reads give decoded values, writes give nothing; everything raises HsopsError."""

    def __init__(self, options: OpenStackOptions, context: Context) -> None:
        self.options = options
        self.system = context.system
        self.timeout = context.timeout
        self.endpoints = Endpoints()
        self.versions: dict[str, str] = {}
        self.directory = Directory(self)
        self._http = Http(context.system, context.timeout)
        self._login: Login | None = None

    async def open(self, context: Context, secrets: Secrets) -> None:
        """Log in, read the catalogue and agree on microversions."""
        where = Where(self.system, "login")
        # reading the configuration imports the client library, which is slow on a cold disk and no fault of the cloud
        login = await self._http.thread(
            lambda: log_in(self.options, context, secrets, LANES), where, max(30.0, self.timeout)
        )
        self._login = login
        self.endpoints = await self._http.thread(lambda: look_up(login), where)
        self.versions = {service: await self._agree(service) for service in ("compute", "placement")}

    async def _agree(self, service: str) -> str:
        where = Where(self.system, f"{service} GET /")
        url = root(service, self.endpoints.url(service, where), self.endpoints.project)
        try:
            answer = await self._http.send(self.login, Request(method="GET", url=url, anonymous=True), where)
        except NotFound as error:
            raise where.error(BadAnswer, f"there is no {service} API at {url}: {error.what}", _CATALOGUE) from error
        return agree(service, decode(answer, VersionDocument, where).highest, where)

    @property
    def login(self) -> Login:
        """The session. Only an opened connection has one."""
        assert self._login is not None, "not opened"  # noqa: S101 - connect() opens before anybody gets it
        return self._login

    async def aclose(self) -> None:
        """Cut calls off and let the threads go; never raises."""
        self._http.close()
        if self._login is not None:
            self._login.pool.close()
            self._login.session.session.close()

    async def health(self) -> SystemHealth:
        """Whether nova, neutron and placement answer."""
        return await condition.health(self)

    async def token_expires(self) -> datetime | None:
        """When the token ends; None when keystone does not say."""
        session = self.login.session

        def look() -> datetime | None:
            get_access = getattr(session.auth, "get_access", None)
            return None if get_access is None else cast("datetime | None", get_access(session).expires)

        return await self._http.thread(look, Where(self.system, "login"))

    # -- requests

    async def get(self, service: str, path: str, query: Query = (), *, version: str = "") -> Answer:
        """Read. When compute fails because another service is down, that one is named."""
        try:
            return await self.ask(service, "GET", path, query=query, version=version)
        except BadAnswer as error:
            raise await self._real_cause(service, error) from error

    async def fetch(self, service: str, path: str, type_: type[T], query: Query = (), *, version: str = "") -> T:
        """Read and decode."""
        where = self._where(service, "GET", path)
        return decode(await self.get(service, path, query, version=version), type_, where)

    async def pages(
        self, service: str, path: str, type_: type[T], query: Query = (), *, version: str = ""
    ) -> Sequence[tuple[Answer, T]]:
        """Read a list to its end. `type_` has a property `next` with the link to the next page or "".

        Of the link only the query is taken: its host is the service's idea of its own address.
        """
        where, pages, asked = self._where(service, "GET", path), [], tuple(query)
        while True:
            answer = await self.get(service, path, asked, version=version)
            page = decode(answer, type_, where)
            pages.append((answer, page))
            link = str(getattr(page, "next", ""))
            following = tuple(parse_qsl(urlsplit(link).query, keep_blank_values=True))
            if not link:
                return pages
            if following == asked or not following or len(pages) >= MOST_PAGES:
                raise where.error(BadAnswer, f"the list does not end: the next page is {link}")
            asked = following

    def recent(self, since: float) -> Query:
        """The filter for migrations changed since then (epoch seconds); empty where compute has no such filter."""
        if version_of(self.versions["compute"]) < version_of(_MIGRATIONS_SINCE):
            return ()
        return (("changes-since", stamp(since)),)

    async def write(self, service: str, method: str, path: str, body: Any = NOTHING, *, version: str = "") -> Answer:
        """Change something. Never sent twice; after TimedOut nobody knows whether it happened.

        It gets more time than a read: nova asks two hosts before it answers a live migration.
        """
        return await self.ask(service, method, path, body=body, version=version)

    async def ask(
        self, service: str, method: str, path: str, *, query: Query = (), body: Any = NOTHING, version: str = ""
    ) -> Answer:
        """One request; its error is what this service said, whatever the real cause."""
        where = self._where(service, method, path)
        request = Request(
            method=method,
            url=self.endpoints.url(service, where) + path,
            query=query,
            headers=self._version_headers(service, version),
            body=body,
            seconds=None if method == "GET" else max(self.timeout, _LONGEST_WRITE),
        )
        return await self._http.send(self.login, request, where)

    def _where(self, service: str, method: str, path: str) -> Where:
        return Where(self.system, f"{service} {method} {path}")

    def _version_headers(self, service: str, version: str) -> dict[str, str]:
        asked = version or self.versions.get(service, "")
        if not asked:
            return {}
        headers = {"OpenStack-API-Version": f"{service} {asked}"}
        if service in _HEADERS:
            headers[_HEADERS[service]] = asked
        return headers

    async def _real_cause(self, service: str, error: HsopsError) -> HsopsError:
        """Nova answers 500 to everything while neutron is down: say so, instead of calling nova broken."""
        if service != "compute" or not error.what.startswith("500"):
            return error
        for other in ("network", "placement", "identity"):
            trouble = await condition.trouble(self, other)
            if trouble is not None:
                return Unreachable(
                    f"{condition.PROJECTS[other]} does not answer ({trouble.what}), so compute answers {error.what}",
                    system=self.system,
                    thing=error.thing,
                    hint=f"bring {condition.PROJECTS[other]} back; compute itself may be well",
                )
        return error


async def connect(options: OpenStackOptions, context: Context) -> OpenStack:
    """Open a cloud. Raises Unreachable, AuthFailed, Forbidden, BadAnswer and Unsupported."""
    cloud = OpenStack(options, context)
    try:
        await cloud.open(context, await fetch_secrets(options, context))
    except BaseException:
        with contextlib.suppress(HsopsError):
            await cloud.aclose()
        raise
    return cloud
