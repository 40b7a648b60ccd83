"""Holds a face to recordings: same status, same keys, same types."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import aiohttp


def shape(value: Any) -> Any:
    """A value without its content: keys and types stay, a list is the shapes that occur in it."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    if isinstance(value, bool) or value is None:
        return type(value).__name__
    return "number" if isinstance(value, int | float) else "text"


FREE = ("labels", "annotations", "metric", "discoveredLabels")
"""Maps whose keys are data."""


def misfit(wanted: Any, seen: Any, place: str = "$") -> str:
    """Where `seen` lacks something that `wanted` has, or has another type; empty when it fits."""
    if isinstance(wanted, dict) and isinstance(seen, dict):
        return "" if place.rsplit(".", 1)[-1] in FREE else _misfit_of_keys(wanted, seen, place)
    if isinstance(wanted, list) and isinstance(seen, list):
        return _misfit_of_members(wanted, seen, place)
    fits = wanted == seen or ("NoneType" in (wanted, seen) and not isinstance(seen, dict | list))
    return "" if fits else f"{place} is {seen!r}, recorded {wanted!r}"


def _misfit_of_keys(wanted: dict[str, Any], seen: dict[str, Any], place: str) -> str:
    for key, inner in wanted.items():
        if key not in seen:
            return f"{place}.{key} is missing"
        if fault := misfit(inner, seen[key], f"{place}.{key}"):
            return fault
    return ""


def _misfit_of_members(wanted: list[Any], seen: list[Any], place: str) -> str:
    """Every member fits one of the recorded ones; an empty recorded list says nothing."""
    for member in seen:
        faults = [misfit(each, member, f"{place}[]") for each in wanted]
        if faults and all(faults):
            return faults[0]
    return ""


async def differences_of_shape(url: str, entries: Sequence[dict[str, Any]], skip: Sequence[str] = ()) -> list[str]:
    """Ask the face every recorded request (times shifted to now) and compare the answers' shapes."""
    faults: list[str] = []
    async with aiohttp.ClientSession() as session:
        for entry in entries:
            request, recorded = entry["request"], entry["response"]
            if any(text in request["path"] for text in skip):
                continue
            status, body = await _ask(session, url, request)
            name = f"{request['method']} {request['path']}"
            if status != recorded["status"]:
                faults.append(f"{name}: status {status}, recorded {recorded['status']}: {body!r:.200}")
            elif fault := misfit(shape(recorded["body"]), shape(body)):
                faults.append(f"{name}: {fault}")
    return faults


async def _ask(session: aiohttp.ClientSession, url: str, request: dict[str, Any]) -> tuple[int, Any]:
    body = request["body"]
    text = json.dumps(body) if isinstance(body, dict | list) else body or None
    headers = {name: value for name, value in request["headers"].items() if name in ("Content-Type", "Accept")}
    data = _shifted(text).encode() if text is not None else None
    async with session.request(request["method"], url + request["path"], data=data, headers=headers) as answer:
        content = await answer.text()
        try:
            return answer.status, json.loads(content)
        except ValueError:
            return answer.status, content


def _shifted(text: str) -> str:
    """Recorded instants of 2026 moved ten years ahead: what was in the future then is so again."""
    return re.sub(r'"2026-', '"2036-', text)
