"""HTTP that can be cut off: requests' own time-outs are per read, so a server that drips would hold a thread for ever.

Every socket that a call opens or takes from the pool is known to the `Call`; `Call.abort` shuts them down from
another thread, and whatever read was waiting ends at once.
"""

from __future__ import annotations

import contextlib
import os.path
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

import certifi
import requests
import requests.adapters
import urllib3
import urllib3.connection
import urllib3.connectionpool

T = TypeVar("T")
_current = threading.local()


class Aborted(Exception):
    """The call was cut off before it had a connection."""


class _Cuttable(Protocol):
    def cut(self) -> None: ...


class Call:
    """One blocking function that runs in a worker thread, and the connections it uses."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connections: list[_Cuttable] = []
        self._aborted = False

    def run(self, function: Callable[[], T]) -> T:
        """Run it in this thread; connections made meanwhile belong to this call."""
        _current.call = self
        try:
            return function()
        finally:
            _current.call = None
            with self._lock:
                self._connections.clear()

    def uses(self, connection: _Cuttable) -> None:
        """Remember a connection. Raises Aborted when the call is over already."""
        with self._lock:
            if self._aborted:
                raise Aborted
            if connection not in self._connections:
                self._connections.append(connection)

    def abort(self) -> None:
        """Shut every connection of this call down. Safe from any thread."""
        with self._lock:
            self._aborted = True
            for connection in self._connections:
                connection.cut()


def _use(connection: _Cuttable) -> None:
    call: Call | None = getattr(_current, "call", None)
    if call is not None:
        call.uses(connection)


class _HttpConnection(urllib3.connection.HTTPConnection):
    """Tells the current call of itself when it connects and when it is used again."""

    _kept: socket.socket | None = None

    def connect(self) -> None:
        _use(self)
        super().connect()
        self._kept = self.sock

    def request(self, *args: Any, **kwargs: Any) -> None:
        _use(self)
        super().request(*args, **kwargs)

    def cut(self) -> None:
        """Shut the socket down, also while it shakes hands or after http.client has let go of it."""
        for sock in (self.sock, self._kept):
            if sock is not None:
                with contextlib.suppress(OSError):
                    # not SSLSocket's own: that would take the TLS state away under the reader's feet
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)


class _HttpsConnection(_HttpConnection, urllib3.connection.HTTPSConnection):
    """The same over TLS."""


class _HttpPool(urllib3.connectionpool.HTTPConnectionPool):
    ConnectionCls = _HttpConnection  # pyright: ignore[reportAssignmentType] - urllib3's own class is no match either


class _HttpsPool(urllib3.connectionpool.HTTPSConnectionPool):
    ConnectionCls = _HttpsConnection  # pyright: ignore[reportAssignmentType] - as above


class _Adapter(requests.adapters.HTTPAdapter):
    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **kwargs: Any) -> None:
        super().init_poolmanager(connections, maxsize, block, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose certificates are believed, and our own. As requests takes them."""

    verify: bool | str = True
    """A PEM file or a folder of them; True: the bundle that requests brings along."""
    cert: str | tuple[str, str] | None = None


class Pool:
    """Kept-alive connections for the calls themselves: half the CPU of a requests session for a short answer."""

    def __init__(self, lanes: int, trust: Trust, timeout: float) -> None:
        self._manager = urllib3.PoolManager(num_pools=8, maxsize=lanes, retries=False, **_tls(trust))
        self._manager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
        self._seconds = timeout

    def request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, seconds: float | None = None
    ) -> urllib3.BaseHTTPResponse:
        """Send and give the answer with its body unread. Redirects are not followed."""
        parts = urlsplit(url)
        pool = self._manager.connection_from_host(parts.hostname or "", parts.port, parts.scheme)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path or "/"
        patience = urllib3.Timeout(connect=self._seconds, read=seconds or self._seconds)
        return pool.urlopen(
            method, target, body, headers, False, redirect=False, timeout=patience, preload_content=False
        )

    def close(self) -> None:
        """Close the connections that nobody uses."""
        self._manager.clear()


def _tls(trust: Trust) -> dict[str, Any]:
    if trust.verify is False:
        return {"cert_reqs": "CERT_NONE"}
    where = certifi.where() if trust.verify is True else str(trust.verify)
    own = (trust.cert, None) if isinstance(trust.cert, str) else trust.cert or (None, None)
    authorities = "ca_cert_dir" if os.path.isdir(where) else "ca_certs"
    return {"cert_reqs": "CERT_REQUIRED", authorities: where, "cert_file": own[0], "key_file": own[1]}


def new_session(lanes: int) -> requests.Session:
    """For the login: a requests session without the environment's proxies, CA bundles and netrc."""
    session = requests.Session()
    session.trust_env = False
    adapter = _Adapter(pool_connections=8, pool_maxsize=lanes, max_retries=0)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session
