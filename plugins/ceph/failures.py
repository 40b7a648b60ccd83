"""What the cluster's own failures mean: error numbers of commands, of librados and of the ``ceph`` program."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Mapping
from typing import Any

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
from hsops.plugins.ceph.command import Command

NO_MONITOR = "check mon_host, the network and whether the monitors have a quorum"
NO_MANAGER = "ask ceph mgr stat whether one is active"
KEY = "check client and keyring"
_CONNECTING = re.compile(r"\[errno (\d+)\] (.*error connecting to the cluster.*)")
_DECISIONS: Mapping[int, type[HsopsError]] = {
    errno.EPERM: Forbidden,
    errno.EACCES: Forbidden,
    errno.ENOENT: NotFound,
    errno.EBUSY: Conflict,
    errno.EEXIST: Conflict,
    errno.EAGAIN: Conflict,
    errno.EINVAL: Unsupported,
    errno.EOPNOTSUPP: Unsupported,
    errno.ENOSYS: Unsupported,
    errno.ETIMEDOUT: TimedOut,
    errno.EINTR: TimedOut,
    errno.ENOTCONN: Unreachable,
    errno.ESHUTDOWN: Unreachable,
    errno.ECONNREFUSED: Unreachable,
}


def of_command(command: Command, code: int, text: str) -> HsopsError:
    """The cluster answered a command with an error number."""
    kind = _DECISIONS.get(code, BadAnswer)
    what = _last_line(text) or os.strerror(code)
    if kind is TimedOut:
        who, hint = ("no manager", NO_MANAGER) if command.manager else ("no monitor", NO_MONITOR)
        return TimedOut(f"{who} answered in time", thing=str(command), hint=hint)
    if kind is Forbidden:
        return Forbidden(what, thing=str(command), hint="give the cephx user the capability for it")
    return kind(what, thing=str(command))


def of_connect(explained: Mapping[str, Any]) -> HsopsError:
    """librados could not connect. `explained`: class, errno and text of the exception."""
    name, code, text = str(explained["class"]), int(explained["errno"]), str(explained["text"])
    if code in (errno.EACCES, errno.EPERM):
        return AuthFailed(f"the monitors refuse the key: {text}", hint=KEY)
    if code == errno.ENOENT and "conf_read_file" not in text:
        return AuthFailed(f"no key or no monitor address: {text}", hint="check keyring and conf: is the file readable?")
    if code in (errno.ETIMEDOUT, errno.EINTR) or name in ("TimedOut", "InterruptedOrTimeoutError"):
        return TimedOut(f"no monitor answers: {text}", hint=NO_MONITOR)
    return _setup(name, code, text) or Unreachable(f"librados cannot connect: {name}: {text}", hint=NO_MONITOR)


def of_library(explained: Mapping[str, Any]) -> HsopsError:
    """librados failed on an open connection, instead of handing over the cluster's answer."""
    name, code, text = str(explained["class"]), int(explained["errno"]), str(explained["text"])
    if code in (errno.ETIMEDOUT, errno.EINTR) or name in ("TimedOut", "InterruptedOrTimeoutError"):
        return TimedOut(f"no answer: {text}", hint=NO_MONITOR)
    return Unreachable(f"librados failed: {name}: {text}", hint="it is tried again by itself")


def _setup(name: str, code: int, text: str) -> Unsupported | None:
    """What is not there or not right on the machine that runs librados."""
    if name in ("ImportError", "ModuleNotFoundError"):
        return Unsupported(f"python3-rados is missing: {text}", hint="install python3-rados or set transport: cli")
    if code == errno.ENOENT:
        return Unsupported(f"no usable ceph.conf: {text}", hint="set conf to its path")
    if name == "Error" or code == errno.EINVAL:
        return Unsupported(f"librados refuses the settings: {text}", hint="check client (client.…), keyring and conf")
    return None


def of_client(status: int, text: str) -> HsopsError | None:
    """The ``ceph`` program failed before any command was sent; None when the cluster itself answered `status`."""
    found = _CONNECTING.search(text)
    if found:
        return of_connect({"class": "OSError", "errno": found[1], "text": found[2]})
    if "Error initializing cluster client" in text:
        name = re.search(r"client: (\w+)\(", text)
        code = errno.ENOENT if name and name[1] == "ObjectNotFound" else 0
        return of_connect({"class": name[1] if name else "Error", "errno": code, "text": _last_line(text)})
    if status == 1 and (text.endswith("timed out") or "Cluster connection aborted" in text):
        return TimedOut("no monitor answers", hint=NO_MONITOR)
    if status == 1 and "Traceback" in text:
        return BadAnswer(f"the ceph program is broken: {_last_line(text)}", hint="run it by hand on that host")
    return None


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""
