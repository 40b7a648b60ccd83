"""Every exception of the libraries below and every refusal of the services has a meaning of ours."""

from __future__ import annotations

import http.client
import inspect
import json
import socket
import ssl
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import msgspec
import pytest
import requests.exceptions
import urllib3.exceptions
from keystoneauth1 import exceptions as ksa

from hsops.errors import (
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
from hsops.plugins.openstack.faults import Where, message, refusal, translate, was_reset
from tests.plugins.openstack.recorded import entries

sdk.prepare()
from openstack import exceptions as sdk_errors  # noqa: E402 - only after sdk.prepare()

WHERE = Where("cloud", "compute GET /servers")


def of(module: ModuleType) -> Iterator[type[BaseException]]:
    """Every exception that a module offers."""
    for _, found in inspect.getmembers(module, inspect.isclass):
        if issubclass(found, Exception) and not issubclass(found, Warning):
            yield found


LOWER = sorted(
    {
        *of(ksa), *of(requests.exceptions), *of(urllib3.exceptions), *of(sdk_errors), *of(msgspec), *of(ssl),
        *of(socket),
        *of(http.client), UnicodeDecodeError, ConnectionResetError, BrokenPipeError, TimeoutError, OSError,
    },
    key=lambda kind: f"{kind.__module__}.{kind.__qualname__}",
)  # fmt: skip


class _Body:
    """What urllib3 tells its errors of."""

    length_remaining = 10

    def tell(self) -> int:
        return 0


def made(kind: type[BaseException]) -> BaseException:
    """An instance, however its constructor wants it."""
    for args in (
        (),
        ("why",),
        ("why", "more"),
        (None, "why"),
        (None, "url", "why"),
        (0, "why"),
        (_Body(), b"why"),
        (1, 2),
    ):
        try:
            error = kind(*args)
            str(error)
            return error
        except Exception:  # noqa: BLE001, S112 - the next form of arguments
            continue
    found = kind.__new__(kind)
    found.args = ("why",)
    return found


@pytest.mark.parametrize("kind", LOWER, ids=lambda kind: f"{kind.__module__}.{kind.__qualname__}")
def test_every_lower_exception_becomes_one_of_ours(kind: type[BaseException]) -> None:
    ours = translate(made(kind), WHERE)
    assert isinstance(ours, (Unreachable, AuthFailed, Forbidden, NotFound, Conflict, BadAnswer, Unsupported))
    assert str(ours).startswith("cloud compute GET /servers: ")


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (ksa.ConnectFailure("refused"), Unreachable),
        (ksa.ConnectTimeout("slow"), TimedOut),
        (ksa.SSLError("certificate verify failed"), Unreachable),
        (ksa.Unauthorized("no"), AuthFailed),
        (ksa.Forbidden("no"), Forbidden),
        (ksa.ServiceUnavailable("maintenance"), Unreachable),
        (ksa.BadGateway("proxy"), Unreachable),
        (ksa.InternalServerError("oops"), BadAnswer),
        (ksa.NotFound("no such page"), BadAnswer),
        (ksa.DiscoveryFailure("not keystone"), BadAnswer),
        (ksa.EmptyCatalog("nothing"), Unsupported),
        (ksa.MissingRequiredOptions([]), AuthFailed),
        (sdk_errors.ConfigException("no cloud"), AuthFailed),
        (urllib3.exceptions.NewConnectionError(None, "refused"), Unreachable),  # type: ignore[arg-type]
        (requests.exceptions.ReadTimeout("slow"), TimedOut),
        (requests.exceptions.InvalidURL("x:y:z"), BadAnswer),
        (urllib3.exceptions.ReadTimeoutError(None, "", "slow"), TimedOut),  # type: ignore[arg-type]
        (
            urllib3.exceptions.ProtocolError("aborted", ConnectionResetError(104, "Connection reset by peer")),
            Unreachable,
        ),
        (urllib3.exceptions.ProtocolError("bad", http.client.BadStatusLine("\x1b[31mSSH-2.0")), BadAnswer),
        (socket.gaierror(-2, "Name or service not known"), Unreachable),
        (ssl.SSLCertVerificationError("self-signed"), Unreachable),
        (msgspec.ValidationError("Expected `array`"), BadAnswer),
        (Unsupported("mine"), Unsupported),
        (ValueError("a fault of our own"), BadAnswer),
    ],
)
def test_what_each_means(error: Exception, ours: type[HsopsError]) -> None:
    assert type(translate(error, WHERE)) is ours


def test_the_reason_is_found_below_the_library() -> None:
    inner = ConnectionRefusedError(111, "Connection refused")
    outer = ksa.ConnectFailure("Unable to establish connection to http://x: HTTPConnectionPool(host='x', port=1): …")
    outer.__context__ = requests.exceptions.ConnectionError(inner)
    assert translate(outer, WHERE).what == "Connection refused"


def test_only_a_dead_connection_is_worth_a_second_try() -> None:
    assert was_reset(urllib3.exceptions.ProtocolError("x", http.client.RemoteDisconnected("closed")))
    assert was_reset(requests.exceptions.ConnectionError(ConnectionResetError(104, "reset")))
    assert not was_reset(ConnectionRefusedError(111, "refused"))
    assert not was_reset(urllib3.exceptions.ReadTimeoutError(None, "", "slow"))  # type: ignore[arg-type]


def test_nothing_of_a_servers_text_drives_a_terminal() -> None:
    error = translate(ksa.BadRequest("\x1b]52;c;ZXZpbA==\x07"), WHERE)
    assert "\x1b" not in str(error)
    assert "\x07" not in str(error)


RECORDED_ERRORS = [
    pytest.param(entry, id=f"{entry['request']['service']}-{entry['response']['status']}-{index}")
    for index, entry in enumerate(entries("error_404_409_400_406", "error_403_plain_member"))
    if entry["response"]["status"] >= 400
]


@pytest.mark.parametrize("entry", RECORDED_ERRORS)
def test_every_service_says_its_sentence_in_its_own_shape(entry: dict[str, Any]) -> None:
    body = entry["response"]["body"]
    text = message((body if isinstance(body, str) else json.dumps(body)).encode())
    assert text
    assert "<" not in text, "no HTML"
    assert not text.startswith("{"), "no JSON"
    status, method = entry["response"]["status"], entry["request"]["method"]
    error = refusal(status, text, WHERE, reading=method == "GET")
    expected = {401: AuthFailed, 403: Forbidden, 404: NotFound, 406: Unsupported}
    assert type(error) is expected.get(status, BadAnswer if method == "GET" else Conflict)


def test_odd_bodies() -> None:
    assert message(b"") == ""
    assert message(b"\xff\xfe") != ""
    assert message(b"[[[[") == "[[[["
    assert message(b'{"error_message": "{\\"faultstring\\": \\"no node\\"}"}') == "no node"
    assert len(message(b"x" * 5000)) < 210
