"""One recorded exchange or command, and whether it may be asked again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_IDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-|\b[0-9a-f]{32}\b|req-|/\d+(/|$)")
_TIMES = re.compile(r"\b\d{10}\b|20\d\d-\d\d-\d\d")
_ALONE = {"request", "response", "file", "call", "t"}
_HARMLESS = ("/auth/tokens", "/-/reload")
"""Posts that leave everything as it was."""
_READING = re.compile(
    r"ceph (-s|status|health|versions|df|mon dump|mon stat|quorum_status|node ls|mgr dump|pg (stat|dump|ls)|"
    r"osd (tree|dump|df|perf|stat|metadata|ok-to-stop|safe-to-destroy|pool (ls|get|stats|get-quota)|crush rule))\b"
)


@dataclass(frozen=True)
class Verdict:
    """What became of one entry. `why` is empty when it was refreshed; `changes` are those of its shape, if asked."""

    name: str
    why: str = ""
    changes: tuple[str, ...] = ()
    fresh: Any = field(default=None, compare=False)
    """The new entry, when there is one."""


def name_of(entry: Mapping[str, Any]) -> str:
    """``GET /path?query`` or the command."""
    if "command" in entry:
        return str(entry["command"])
    query = "&".join(f"{key}={value}" for key, value in entry["request"].get("query", ()))
    return f"{entry['request']['method']} {entry['request']['path']}" + (f"?{query}" if query else "")


def story(entry: Mapping[str, Any], file: str) -> str:
    """Which sequence an entry belongs to: what has an effect changes what the others of its sequence answer."""
    return str(entry.get("file", file))


def has_effect(entry: Mapping[str, Any]) -> bool:
    """Whether it changed something when it was recorded."""
    if "command" in entry:
        return not _READING.match(entry["command"]) and entry["exit"] == 0
    method, status = entry["request"]["method"], entry["response"]["status"]
    return method not in ("GET", "HEAD") and status < 300 and not entry["request"]["path"].endswith(_HARMLESS)


def is_told_by_others(entry: Mapping[str, Any]) -> bool:
    """Whether it shows another user than the administrator, or a broken service."""
    return "X-Auth-Token" in entry.get("request", {}).get("headers", ()) and _foreign(entry["response"]["status"])


def _foreign(status: int) -> bool:
    return status in (401, 403) or status >= 500


def names_ids(entry: Mapping[str, Any]) -> bool:
    """Whether its request names ids, which other answers of its sequence gave."""
    return "request" in entry and _IDS.search(name_of(entry)) is not None


def why_not(entry: Mapping[str, Any]) -> str:
    """Why an entry cannot be asked again; empty when it can."""
    return _why_no_command(entry) if "command" in entry else _why_no_request(entry)


def _why_no_command(entry: Mapping[str, Any]) -> str:
    if not _READING.match(entry["command"]):
        return "it has an effect"
    if "json" not in entry or "note" in entry:
        return "it is no plain question for JSON"
    return ""


def _why_no_request(entry: Mapping[str, Any]) -> str:
    request, status = entry["request"], entry["response"]["status"]
    if request["method"] != "GET":
        return "it has an effect"
    if set(entry) - _ALONE:
        return "it is a moment of a sequence"
    if names_ids(entry):
        return "it names ids of the recorded world"
    if _TIMES.search(name_of(entry)):
        return "it names times of the recorded world"
    if _foreign(status):
        return f"{status} needs another user or a broken service"
    return ""
