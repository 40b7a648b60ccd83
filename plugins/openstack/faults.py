"""What goes wrong below us, in our words: exceptions of keystoneauth, requests, urllib3 and openstacksdk, statuses."""

from __future__ import annotations

import http.client
import re
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec
import requests.exceptions
import urllib3.exceptions
from keystoneauth1 import exceptions as ksa

from hsops.api import (
    AuthFailed,
    BadAnswer,
    Conflict,
    Forbidden,
    HsopsError,
    NotFound,
    TimedOut,
    Unreachable,
    Unsupported,
)
from hsops.plugins.openstack import sdk
from hsops.plugins.openstack.transport import Aborted

_LOGIN_HINT = "check user, password and project; the service answers alike to a wrong one of each"
_URL_HINT = "is auth_url right? It usually ends in /v3"
_TLS_HINT = "set `ca:` in the site file to the CA that signed it, or correct the clock"
_SHORTEST_QUOTE = 200


@dataclass(frozen=True, slots=True)
class Where:
    """What was asked: the system's name in the site file and the call (``compute GET /servers/detail``)."""

    system: str
    call: str

    def error(self, kind: type[HsopsError], what: str, hint: str = "") -> HsopsError:
        """An error about this call."""
        return kind(what, system=self.system, thing=self.call, hint=hint)


def chain(error: BaseException) -> Iterator[BaseException]:
    """An exception and all those it was made of: causes, contexts, and what requests and urllib3 keep in `args`."""
    seen: list[BaseException] = []
    todo: list[BaseException | None] = [error]
    while todo:
        one = todo.pop()
        if one is None or any(one is other for other in seen):
            continue
        seen.append(one)
        yield one
        inner = [arg for arg in one.args if isinstance(arg, BaseException)]
        reason = getattr(one, "reason", None)
        todo += [one.__cause__, one.__context__, *inner, reason if isinstance(reason, BaseException) else None]


def was_reset(error: BaseException) -> bool:
    """Whether a kept-alive connection died under the request: an idempotent one is worth a second try."""
    dead = (ConnectionResetError, BrokenPipeError, http.client.RemoteDisconnected, http.client.IncompleteRead)
    return any(isinstance(one, (*dead, urllib3.exceptions.IncompleteRead)) for one in chain(error))


def translate(error: BaseException, where: Where) -> HsopsError:
    """The error of ours that stands for any exception a call may raise."""
    if isinstance(error, HsopsError):
        return error
    for rule in (_network, _login, _library):
        ours = rule(error, where)
        if ours is not None:
            return ours
    return where.error(BadAnswer, f"{type(error).__name__}: {error}")


def _network(error: BaseException, where: Where) -> HsopsError | None:
    """The lowest layers, wherever they are in the chain of causes."""
    parts = list(chain(error))
    if _any(parts, Aborted):
        return where.error(TimedOut, "no answer in time")
    tls = [one for one in parts if isinstance(one, _TLS)]
    if tls:
        return where.error(Unreachable, f"TLS failed: {_reason(tls)}", _TLS_HINT)
    not_http = [one for one in parts if isinstance(one, http.client.HTTPException) and not was_reset(one)]
    if not_http:
        return where.error(BadAnswer, f"not an HTTP answer: {_reason(not_http)}")
    # urllib3 derives "nobody listens" from its time-out
    if any(isinstance(one, _TIMEOUTS) and not isinstance(one, urllib3.exceptions.NewConnectionError) for one in parts):
        return where.error(TimedOut, "no answer in time", "is the service overloaded, or a firewall silent?")
    if _any(parts, *_CONNECTION):
        return where.error(Unreachable, _reason(parts), "is the service up, and the endpoint right?")
    return None


_TLS = (ssl.SSLError, requests.exceptions.SSLError, urllib3.exceptions.SSLError, ksa.SSLError)
_TIMEOUTS = (
    TimeoutError,
    requests.exceptions.Timeout,
    urllib3.exceptions.TimeoutError,
    ksa.ConnectTimeout,
    ksa.RequestTimeout,
    ksa.GatewayTimeout,
)
_CONNECTION = (
    ConnectionError,
    requests.exceptions.ConnectionError,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.RetryError,
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ProtocolError,
    urllib3.exceptions.MaxRetryError,
    urllib3.exceptions.ProxyError,
    urllib3.exceptions.ClosedPoolError,
    ksa.ConnectFailure,
)


def _any(parts: Sequence[BaseException], *kinds: type[BaseException]) -> bool:
    return any(isinstance(one, kinds) for one in parts)


def _reason(parts: Sequence[BaseException]) -> str:
    """The system's own sentence when there is one (``Connection refused``), else the innermost text."""
    for one in parts:
        if isinstance(one, OSError) and one.strerror:
            return one.strerror
    texts = [text for one in parts if (text := str(one).strip())]
    return min(texts, key=len)[:_SHORTEST_QUOTE] if texts else type(parts[0]).__name__


def _login(error: BaseException, where: Where) -> HsopsError | None:
    """Keystone's refusals. An expired token and a deleted application credential are 404, not 401."""
    if not isinstance(error, ksa.HttpError):
        return _first(_LOGIN, error, where)
    status = int(getattr(error, "http_status", 0) or 0)
    if status == 404 and not _speaks_keystone(error):
        return where.error(BadAnswer, f"404: {error.message}", _URL_HINT)
    if status in (400, 401, 404):
        return where.error(AuthFailed, f"{status}: {error.message}", _LOGIN_HINT)
    return refusal(status, str(error.message), where, reading=True)


def _speaks_keystone(error: ksa.HttpError) -> bool:
    body = getattr(getattr(error, "response", None), "content", b"") or b""
    return isinstance(body, bytes) and b'"error"' in body


def _library(error: BaseException, where: Where) -> HsopsError | None:
    sdk.prepare()
    from openstack import exceptions as sdk_errors  # noqa: PLC0415 - late: only configuration raises these

    if isinstance(error, sdk_errors.ConfigException):
        return where.error(AuthFailed, str(error), "correct clouds.yaml or the OS_* variables")
    if isinstance(error, sdk_errors.SDKException):
        return where.error(BadAnswer, str(error))
    return _first(_LIBRARY, error, where)


_Rules = Sequence[tuple[tuple[type[BaseException], ...], type[HsopsError], str, str]]
"""Exceptions, what they are here, what is said before their text, and what to do."""

_LOGIN: _Rules = (
    ((ksa.MissingRequiredOptions, ksa.MissingAuthPlugin, ksa.AuthorizationFailure), AuthFailed, "", _LOGIN_HINT),
    (
        (ksa.EndpointNotFound, ksa.MissingAuthMethods),
        Unsupported,
        "",
        "is the login scoped to a project, and the region right?",
    ),
    ((ksa.AuthPluginException, ksa.ServiceProviderNotFound), Unsupported, "", "this way to log in does not work here"),
)
_LIBRARY: _Rules = (
    ((ksa.DiscoveryFailure, ksa.InvalidResponse), BadAnswer, "", _URL_HINT),
    ((msgspec.MsgspecError, UnicodeError), BadAnswer, "not the JSON expected: ", ""),
    (
        (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema, urllib3.exceptions.LocationValueError),
        BadAnswer,
        "not a URL: ",
        "correct the endpoint in the catalogue or the site file",
    ),
    ((requests.exceptions.RequestException, urllib3.exceptions.HTTPError), BadAnswer, "not HTTP as expected: ", ""),
    ((OSError,), Unreachable, "", ""),
)


def _first(rules: _Rules, error: BaseException, where: Where) -> HsopsError | None:
    for kinds, ours, prefix, hint in rules:
        if isinstance(error, kinds):
            return where.error(ours, f"{prefix}{error}", hint)
    return None


_REFUSALS: dict[int, tuple[type[HsopsError], str]] = {
    401: (AuthFailed, _LOGIN_HINT),
    403: (Forbidden, "this needs a role that the service's policy grants it to, mostly admin"),
    404: (NotFound, ""),
    406: (Unsupported, "the service speaks another range of microversions"),
    413: (Unreachable, "the service asks to slow down"),
    429: (Unreachable, "the service asks to slow down"),
    502: (Unreachable, "the service behind the proxy does not answer"),
    503: (Unreachable, "the service behind the proxy does not answer"),
    504: (TimedOut, "the service behind the proxy does not answer"),
}
_STATE = (400, 405, 409)
"""The object, not the request, is at fault when something was to be changed; a read cannot conflict."""


def refusal(status: int, text: str, where: Where, *, reading: bool) -> HsopsError:
    """The error for an HTTP status of 400 and more."""
    what = f"{status} {text}".strip()
    if status in _STATE and not reading:
        return where.error(Conflict, what)
    kind, hint = _REFUSALS.get(status, (BadAnswer, ""))
    return where.error(kind, what, hint)


_TAG = re.compile(r"<[^<>]{0,200}>")


def message(body: bytes) -> str:
    """What a service says in an error's body. Each has its own shape: JSON of several kinds, HTML, or plain text."""
    try:
        return _sentence(msgspec.json.decode(body)) or _quote(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _quote(body)


def _sentence(value: object) -> str:
    if isinstance(value, dict):
        for name in ("message", "detail", "faultstring", "description", "title"):
            if isinstance(value.get(name), str) and value[name]:
                return " ".join(str(value[name]).split())
        inner = value.get("error_message")
        if isinstance(inner, str):
            return message(inner.encode())
        return next((text for one in value.values() if (text := _sentence(one))), "")
    if isinstance(value, list) and value:
        return _sentence(value[0])
    return ""


def _quote(body: bytes) -> str:
    text = " ".join(_TAG.sub(" ", body[:2000].decode("utf-8", "replace")).split())
    return text[:_SHORTEST_QUOTE] + ("…" if len(text) > _SHORTEST_QUOTE else "")
