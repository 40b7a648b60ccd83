"""Nothing of the machine, and no secret, gets into a recording."""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from typing import Any

from tests.lab.place import root

REDACTED = "REDACTED"
_SECRET_KEY = re.compile(r"(?i)(.*(token|passw(or)?d|secret)s?|authorization|key(ring)?|audit_ids?|.*_key)")
_SECRET_TEXT = re.compile(
    r"gAAAAA[\w=-]{20,}"  # a token of keystone
    r"|\bA[QA][A-Za-z0-9+/]{36}=="  # a key of cephx
    r"|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"  # user:password of a URL
    r"|(?i:(?<=password: )|(?<=secret: )|(?<=token: ))\S+"
)
_MACHINE = {
    "cpu": "AMD EPYC", "kernel_version": "6.1.0-lab", "kernel_description": "#1 SMP PREEMPT_DYNAMIC @0",
    "container_name": "osd-host",
}  # fmt: skip
"""Keys whose values tell of the machine, and what stands in recordings for them."""


def neutral(value: Any, key: str = "") -> Any:
    """`value` as it may be written down; `key` is its name in the object around it."""
    if isinstance(value, Mapping):
        return {name: neutral(inner, str(name)) for name, inner in value.items()}
    if isinstance(value, list):
        return [neutral(inner, key) for inner in value]
    if not isinstance(value, str):
        return value
    if key in _MACHINE:
        return _MACHINE[key]
    if value and _SECRET_KEY.fullmatch(key):
        return REDACTED
    return text(value)


def text(value: str) -> str:
    """A text without secrets, and without host names and paths of this machine."""
    value = value.replace(str(root()), "/srv/lab")
    value = re.sub(rf"(?<![\w.-]){re.escape(socket.gethostname())}(?![\w.-])", "lab-host", value)
    return _SECRET_TEXT.sub(REDACTED, value)


def openstack(value: Any) -> Any:
    """As the recordings of OpenStack have it: ``HOST:PORT`` for addresses of the services, ``HOST`` for loopback."""
    if isinstance(value, Mapping):
        return {name: openstack(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [openstack(inner) for inner in value]
    if not isinstance(value, str):
        return value
    return re.sub(r"127\.0\.0\.1", "HOST", re.sub(r"(?<=://)127\.0\.0\.1:\d+", "HOST:PORT", value))
