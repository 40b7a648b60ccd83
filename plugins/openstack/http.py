"""Requests to the services: in worker threads, with a deadline for the whole exchange, errors in our words."""

from __future__ import annotations

import asyncio
import email.utils
import functools
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast
from urllib.parse import urlencode

import msgspec
import urllib3

from hsops.api import BadAnswer, HsopsError, TimedOut
from hsops.plugins.openstack.faults import Where, message, refusal, translate, was_reset
from hsops.plugins.openstack.login import AGENT, Login
from hsops.plugins.openstack.transport import Call

T = TypeVar("T")
Query = Sequence[tuple[str, str]]

LANES = 8
"""Requests at once to one cloud; also its worker threads."""
LARGEST = 256 * 1024 * 1024
"""Bytes of a body; a service that sends more is lying or broken."""
_CHUNK = 1 << 18


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer of a status below 400."""

    status: int
    body: bytes
    clock: float | None = None
    """The service's own time when it answered, epoch seconds; None when it did not say."""


NOTHING: Any = object()
"""No body; null is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked."""

    method: str
    url: str
    query: Query = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = NOTHING
    anonymous: bool = False
    """Without a token: documents that tell versions."""
    seconds: float | None = None
    """Time-out, when it is not the usual one."""


@functools.cache
def _decoder(type_: Any) -> msgspec.json.Decoder[Any]:
    """Made once for each type: making it costs more than decoding a short answer."""
    return msgspec.json.Decoder(type_)


def decode(answer: Answer, type_: type[T], where: Where) -> T:
    """The body as `type_`. Raises BadAnswer with its beginning when it is something else."""
    try:
        decoded: T = _decoder(cast(Hashable, type_)).decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        start = answer.body[:120].decode("utf-8", "replace")
        raise where.error(BadAnswer, f"not the JSON expected ({error}): {start}") from error
    return decoded


class Http:
    """The session in threads of its own, so that a dead cloud takes no thread from the other systems."""

    def __init__(self, system: str, timeout: float) -> None:
        self.system = system
        self.timeout = timeout
        self._threads = ThreadPoolExecutor(LANES, thread_name_prefix="openstack")
        self._lanes = asyncio.Semaphore(LANES)
        self._calls: set[Call] = set()
        self._closed = False

    async def thread(self, function: Callable[[], T], where: Where, seconds: float | None = None) -> T:
        """Run a blocking function that talks to the cloud. Raises HsopsError; the deadline holds whatever happens."""
        async with self._lanes:
            if self._closed:
                raise where.error(BadAnswer, "the connection is closed")
            call = Call()
            self._calls.add(call)
            job = asyncio.get_running_loop().run_in_executor(self._threads, call.run, function)
            try:
                return await asyncio.wait_for(job, seconds or self.timeout)
            except TimeoutError as error:
                raise where.error(TimedOut, f"no answer in {seconds or self.timeout:g} s") from error
            except HsopsError:
                raise
            except Exception as error:
                raise translate(error, where) from error
            finally:
                call.abort()  # at the deadline and when cancelled; harmless when it is over
                self._calls.discard(call)

    async def send(self, login: Login, request: Request, where: Where) -> Answer:
        """One request. Reads are tried once more when a kept-alive connection turned out to be dead."""

        def once() -> Answer:
            return _exchange(login, request, where)

        def twice() -> Answer:
            try:
                return once()
            except Exception as error:
                if isinstance(error, HsopsError) or not was_reset(error):
                    raise
                return once()

        return await self.thread(twice if request.method == "GET" else once, where, request.seconds)

    def close(self) -> None:
        """Cut every call off and let the threads go."""
        self._closed = True
        for call in list(self._calls):
            call.abort()
        self._threads.shutdown(wait=False, cancel_futures=True)


def _exchange(login: Login, request: Request, where: Where) -> Answer:
    """With the session's token; when the service does not believe it, with a new one, once."""
    token = {} if request.anonymous else login.token()
    answer = _once(login, request, token, where)
    if answer.status == 401 and token:
        answer = _once(login, request, login.renewed(token), where)
    if answer.status >= 400:
        raise refusal(answer.status, message(answer.body), where, reading=request.method == "GET")
    if answer.status >= 300 and answer.status != 300:  # 300 is how some services answer their list of versions
        raise where.error(BadAnswer, f"{answer.status}: it sends us elsewhere", "correct the endpoint in the catalogue")
    return answer


def _once(login: Login, request: Request, token: Mapping[str, str], where: Where) -> Answer:
    headers = {"Accept": "application/json", "User-Agent": AGENT, **request.headers, **token}
    body = None
    if request.body is not NOTHING:
        body, headers["Content-Type"] = msgspec.json.encode(request.body), "application/json"
    url = f"{request.url}?{urlencode(request.query)}" if request.query else request.url
    started = time.monotonic()
    response = login.pool.request(request.method, url, headers, body, request.seconds)
    try:
        content = _read(response, where)
    finally:
        response.release_conn()
    clock = _clock(response)
    return Answer(response.status, content, None if clock is None else clock - (time.monotonic() - started))


def _read(response: urllib3.BaseHTTPResponse, where: Where) -> bytes:
    chunks, size = [], 0
    for chunk in response.stream(_CHUNK):
        size += len(chunk)
        if size > LARGEST:
            response.close()
            raise where.error(BadAnswer, f"an answer of more than {LARGEST >> 20} MiB")
        chunks.append(chunk)
    return b"".join(chunks)


def _clock(response: urllib3.BaseHTTPResponse) -> float | None:
    try:
        return email.utils.parsedate_to_datetime(response.headers.get("Date", "")).timestamp()
    except (ValueError, TypeError):
        return None  # no Date header, or not a date
