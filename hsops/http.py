"""A small HTTP client for plugins: every failure is one of our errors, every answer has a limit in time and size.

aiohttp is imported when the first client is made. Environment proxies and netrc are not consulted: what a site file
says is what happens.
"""

from __future__ import annotations

import base64
import os
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from hsops.errors import AuthFailed, BadAnswer, Forbidden, HsopsError, NotFound, TimedOut, Unreachable
from hsops.plugin import Context, Options, Secret

if TYPE_CHECKING:
    import aiohttp

T = TypeVar("T")
LARGEST = 256 * 1024 * 1024
"""Bytes of a body; a server that sends more is lying or broken."""


class HttpOptions(Options):
    """Settings that every HTTP system has: a URL, a user with a password or a token, and how to trust its TLS."""

    url: str
    username: str = ""
    password: Secret | None = None
    token: Secret | None = None
    ca: str = ""
    insecure: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where and how to ask. `headers` gives the authentication anew for every request."""

    url: str
    system: str
    timeout: float = 10.0
    ca: Path | None = None
    insecure: bool = False
    headers: Callable[[], Awaitable[Mapping[str, str]]] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    def json(self, type_: type[T], *, system: str) -> T:
        """Decode the body. Raises BadAnswer with its beginning when it is not what was expected."""
        try:
            return msgspec.json.decode(self.body, type=type_)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise BadAnswer(f"not the JSON expected ({error}): {beginning(self.body)}", system=system) from error


def endpoint_of(options: HttpOptions, context: Context, extra: Mapping[str, str] | None = None) -> Endpoint:
    """The endpoint that settings describe; secrets are resolved anew for every request, so that they may rotate."""

    async def headers() -> Mapping[str, str]:
        found = dict(extra or {})
        if options.token is not None:
            found["Authorization"] = f"Bearer {await context.secret(options.token)}"
        elif options.password is not None:
            pair = f"{options.username}:{await context.secret(options.password)}"
            found["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        return found

    return Endpoint(
        url=options.url,
        system=context.system,
        timeout=context.timeout,
        ca=context.path(options.ca) if options.ca else None,
        insecure=options.insecure,
        headers=headers,
    )


def beginning(body: bytes, limit: int = 120) -> str:
    """The first characters of a body, for a message."""
    return body[:limit].decode("utf-8", "replace") + ("…" if len(body) > limit else "")


def reason(error: Exception) -> str:
    """The system's own words for a failed connection (``Connection refused``), else the library's."""
    inner = getattr(error, "os_error", error)
    if isinstance(inner, OSError) and inner.errno is not None and inner.errno > 0:
        return os.strerror(inner.errno)
    return str(getattr(inner, "strerror", None) or error) or type(error).__name__


class HttpClient:
    """Requests to one endpoint over kept-alive connections."""

    def __init__(self, endpoint: Endpoint) -> None:
        import aiohttp  # noqa: PLC0415 - late: not every command talks HTTP

        self._endpoint = endpoint
        self._aiohttp = aiohttp
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=endpoint.timeout, sock_connect=endpoint.timeout),
            connector=aiohttp.TCPConnector(ssl=self._tls(), limit=8),
            trust_env=False,
        )

    def _tls(self) -> ssl.SSLContext | bool:
        if self._endpoint.insecure:
            return False
        if self._endpoint.ca is None:
            return True
        try:
            return ssl.create_default_context(cafile=str(self._endpoint.ca))
        except (OSError, ssl.SSLError) as error:
            raise BadAnswer(
                f"the CA file {self._endpoint.ca} cannot be used: {error}",
                system=self._endpoint.system,
                hint="name a PEM file in the site file",
            ) from error

    async def aclose(self) -> None:
        """Close the connections."""
        await self._session.close()

    async def get(self, path: str, params: Sequence[tuple[str, str]] = ()) -> Answer:
        """GET, once more when a kept-alive connection turned out to be dead."""
        try:
            return await self.request("GET", path, params=params)
        except _Disconnected:
            return await self.request("GET", path, params=params)

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Sequence[tuple[str, str]] = (),
        json: Any = None,
        accept: Sequence[int] = (),
    ) -> Answer:
        """One request. Statuses of 400 and more raise, but for those in `accept`. Raises HsopsError."""
        headers = dict(await self._endpoint.headers()) if self._endpoint.headers is not None else {}
        body = None
        if json is not None:
            body, headers["Content-Type"] = msgspec.json.encode(json), "application/json"
        answer = await self._send(method, self._endpoint.url.rstrip("/") + path, list(params), headers, body)
        if answer.status >= 400 and answer.status not in accept:
            raise self._refused(answer, f"{method} {path}")
        return answer

    async def _send(
        self, method: str, url: str, params: list[tuple[str, str]], headers: Mapping[str, str], body: bytes | None
    ) -> Answer:
        lib = self._aiohttp
        try:
            async with self._session.request(method, url, params=params, headers=headers, data=body) as response:
                content = await self._read(response)
                return Answer(response.status, content, dict(response.headers))
        except HsopsError:
            raise
        except TimeoutError as error:
            hint = "is it overloaded or behind a firewall?"
            raise self._error(TimedOut, f"no answer in {self._endpoint.timeout:g} s", hint) from error
        except lib.ClientConnectorCertificateError as error:
            hint = "set `ca:` in the site file to the CA that signed it"
            raise self._error(BadAnswer, f"its certificate is not trusted: {error}", hint) from error
        except lib.ServerDisconnectedError as error:
            raise self._error(_Disconnected, "it closed the connection without an answer") from error
        except lib.InvalidURL as error:
            raise self._error(BadAnswer, f"not a URL: {error}", "correct `url:` in the site file") from error
        except (lib.ClientConnectionError, OSError) as error:
            raise self._error(Unreachable, reason(error), f"is {self._place} up?") from error
        except (lib.ClientError, ValueError) as error:
            raise self._error(BadAnswer, f"not HTTP as expected: {error}") from error

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        chunks, size = [], 0
        async for chunk in response.content.iter_chunked(1 << 18):
            size += len(chunk)
            if size > LARGEST:
                raise self._error(BadAnswer, f"an answer of more than {LARGEST >> 20} MiB")
            chunks.append(chunk)
        return b"".join(chunks)

    def _refused(self, answer: Answer, call: str) -> HsopsError:
        text = f"{call}: {answer.status} {beginning(answer.body)}".strip()
        if answer.status == 401:
            return self._error(AuthFailed, text, "correct the credentials in the site file")
        if answer.status == 403:
            return self._error(Forbidden, text, "this user lacks the permission")
        if answer.status == 404:
            return self._error(NotFound, text)
        if answer.status in (502, 503, 504):
            return self._error(Unreachable, text)
        return self._error(BadAnswer, text)

    @property
    def _place(self) -> str:
        return self._endpoint.url.split("://")[-1].split("/")[0].rpartition("@")[2]

    def _error(self, kind: type[HsopsError], what: str, hint: str = "") -> HsopsError:
        return kind(what, system=self._endpoint.system, hint=hint)


class _Disconnected(Unreachable):
    """The server closed a connection that was kept alive; an idempotent request is worth a second try."""
