"""The helper that keeps librados connections open and answers commands on its standard streams.

It runs as ``python3 -u -c SOURCE`` under an interpreter that has python3-rados, often on another host: the standard
library and ``rados`` only, and no syntax newer than Python 3.6. It ends when its input ends, so nothing is left behind
when the connection is lost.

A frame is two lengths (big-endian, 4 bytes each), a JSON header and a body of bytes. After the line `GREETING` the
first frame in is the settings; the answer to it is ``{"ready": …}`` or ``{"failed": …}``. Then a frame in is a request
``{"id", "manager", "command"}`` and a frame out its answer ``{"id", "code", "text"}`` with the answer's bytes as body.
"""
# ruff: noqa: UP006, UP035, UP045 - runs on the Python of the Ceph host: 3.6 has no list[int] and no X | None

import errno
import json
import os
import struct
import sys
import threading
from typing import Any, BinaryIO, Dict, Optional, Tuple

GREETING = b"hsops-ceph-agent 1"
LENGTHS = struct.Struct(">II")
MONITORS, MANAGER = 8, 4
"""Commands under way at once."""


class Cluster:
    """Two librados connections: one for the monitors, and one for the manager as soon as it is asked.

    The one for the manager has no time-out of its own: when librados gives up a manager's command and the manager
    answers after all, librados 16.2 writes to freed memory and takes the process down. Raises what ``rados`` raises.
    """

    def __init__(self, settings: Dict[str, Any]) -> None:
        self._settings = settings
        limit = str(settings["timeout"])
        self._monitors = self._open({"rados_mon_op_timeout": limit, "rados_osd_op_timeout": limit})
        self._manager = None  # type: Any
        self._opening = threading.Lock()

    def _open(self, conf: Dict[str, str]) -> Any:
        import rados  # type: ignore[import-not-found,unused-ignore] # noqa: PLC0415 - from the Ceph packages, not from PyPI

        settings = self._settings
        opened = rados.Rados(conffile=settings.get("conf") or "", name=settings["name"])
        opened.conf_parse_env("CEPH_ARGS")
        if settings.get("keyring"):
            opened.conf_set("keyring", settings["keyring"])
        opened.conf_set("client_mount_timeout", str(settings["timeout"]))
        for key, value in conf.items():
            opened.conf_set(key, value)
        opened.connect(timeout=settings["timeout"])
        return opened

    def command(self, request: Dict[str, Any], manager: bool) -> Tuple[int, bytes, str]:
        """Code (positive errno), answer and text."""
        if manager:
            with self._opening:
                if self._manager is None:
                    self._manager = self._open({})
            code, out, text = self._manager.mgr_command(json.dumps(request), b"")
        else:
            code, out, text = self._monitors.mon_command(json.dumps(request), b"")
        return abs(code), out, text


def explain(error: BaseException) -> Dict[str, Any]:
    """An exception as plain data."""
    return {"class": type(error).__name__, "errno": abs(getattr(error, "errno", None) or 0), "text": str(error)}


def read_frame(stream: BinaryIO) -> Optional[Tuple[Dict[str, Any], bytes]]:
    """The next frame; None at the end."""
    lengths = stream.read(LENGTHS.size)
    if len(lengths) < LENGTHS.size:
        return None
    header_size, body_size = LENGTHS.unpack(lengths)
    return json.loads(stream.read(header_size).decode()), stream.read(body_size)


def frame(header: Dict[str, Any], body: bytes = b"") -> bytes:
    """A frame as bytes."""
    text = json.dumps(header).encode()
    return LENGTHS.pack(len(text), len(body)) + text + body


class Answering:
    """Answers each request in a thread of its own, a few at a time."""

    def __init__(self, cluster: Cluster, out: BinaryIO) -> None:
        self._cluster = cluster
        self._out = out
        self._writing = threading.Lock()
        self._free = {False: threading.Semaphore(MONITORS), True: threading.Semaphore(MANAGER)}

    def take(self, request: Dict[str, Any]) -> None:
        """Start to answer. While too many commands wait for a dead manager, the next one is refused at once."""
        manager = bool(request["manager"])
        if self._free[manager].acquire(blocking=not manager):
            threading.Thread(target=self._answer, args=(request, manager), daemon=True).start()
        else:
            self.write({"id": request["id"], "code": errno.ETIMEDOUT, "text": "others wait for the manager already"})

    def _answer(self, request: Dict[str, Any], manager: bool) -> None:
        try:
            code, body, text = self._cluster.command(request["command"], manager)
            header = {"id": request["id"], "code": code, "text": text}
        except Exception as error:  # noqa: BLE001 - whatever librados raises belongs to the one who asked
            header, body = {"id": request["id"], "failed": explain(error)}, b""
        finally:
            self._free[manager].release()
        self.write(header, body)

    def write(self, header: Dict[str, Any], body: bytes = b"") -> None:
        """Send a frame whole; without a reader there is nothing left to do."""
        try:
            with self._writing:
                self._out.write(frame(header, body))
                self._out.flush()
        except OSError:
            os._exit(0)


def main() -> None:
    """Connect, say so, answer until the input ends."""
    source, out = sys.stdin.buffer, sys.stdout.buffer
    out.write(GREETING + b"\n")
    out.flush()
    first = read_frame(source)
    if first is None:
        return
    try:
        cluster = Cluster(first[0])
    except Exception as error:  # noqa: BLE001 - told to the other side, which decides
        out.write(frame({"failed": explain(error)}))
        out.flush()
        return
    answering = Answering(cluster, out)
    answering.write({"ready": GREETING.decode()})
    while True:
        got = read_frame(source)
        if got is None:
            os._exit(0)  # threads may still wait inside librados; nobody is left to hear them
        answering.take(got[0])


if __name__ == "__main__":
    main()
