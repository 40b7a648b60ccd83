"""The parts of a site file that say what may run and when: `approval`, `windows`, `gates`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import time
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from hsops.config.convert import Fault, convert
from hsops.config.document import Place
from hsops.durations import seconds
from hsops.policy import PROD, ApprovalRule, GateRule, Window
from hsops.registry import near

F = TypeVar("F", bound=msgspec.Struct)

Tell: TypeAlias = Callable[[Place, str, str], None]
"""``(place, what, hint)``: keeps a problem."""
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_LEAST, _MOST = 60.0, 30 * 86400.0


class _Approval(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    required: bool | Literal["auto"] = "auto"
    allowed_signers: str = ""
    timeout: str | int | float = "4h"
    identities: dict[str, str] = {}


class _Window(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    from_: str = msgspec.field(name="from")
    to: str
    zone: str
    days: tuple[str, ...] = _DAYS


class _Gates(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    off: list[str] = []
    patience: str | int | float = "30m"


def read_approval(data: Any, tier: str, folder: Path, tell: Tell) -> ApprovalRule:
    """The rule for approvals; relative paths begin at `folder`."""
    found = _section(data, "approval", "approval: {allowed_signers: allowed_signers}", _Approval, tell)
    if found is None:
        return ApprovalRule()
    if found.required is False and tier == PROD:
        hint = "leave it out; only lab and staging may do without a second person"
        tell(("approval", "required"), "approval: required: false is refused on tier prod", hint)
    signers = Path(found.allowed_signers).expanduser() if found.allowed_signers else None
    return ApprovalRule(
        required=None if found.required == "auto" else bool(found.required),
        allowed_signers=folder / signers if signers else None,
        timeout=_duration(found.timeout, ("approval", "timeout"), tell),
        identities=found.identities,
    )


def read_gates(data: Any, tell: Tell) -> GateRule:
    """The rule for gates."""
    found = _section(data, "gates", "gates: {off: [alerts.new]}", _Gates, tell)
    if found is None:
        return GateRule()
    return GateRule(off=tuple(found.off), patience=_duration(found.patience, ("gates", "patience"), tell))


def read_windows(data: Any, tell: Tell) -> tuple[Window, ...]:
    """The maintenance windows."""
    example = '- {name: night, days: [mon, tue], from: "22:00", to: "04:00", zone: Europe/Berlin}'
    if data is None:
        return ()
    if not isinstance(data, list):
        tell(("windows",), "windows is not a list of windows", example)
        return ()
    found: list[Window] = []
    for index, entry in enumerate(data):
        place: Place = ("windows", index)
        if not isinstance(entry, Mapping):
            tell(place, "a window is not a mapping", example)
            continue
        window = _window(entry, place, tell)
        if window is not None and window.name in {one.name for one in found}:
            tell((*place, "name"), f"a second window {window.name}", "give it another name")
        elif window is not None:
            found.append(window)
    return tuple(found)


def _window(entry: Mapping[str, Any], place: Place, tell: Tell) -> Window | None:
    read, faults = convert(entry, _Window, place)
    _say(faults, "windows", tell)
    if read is None:
        return None
    begin = _clock(read.from_, (*place, "from"), tell)
    end = _clock("00:00" if read.to == "24:00" else read.to, (*place, "to"), tell)
    days = _days(read.days, (*place, "days"), tell)
    if not _is_zone(read.zone):
        tell((*place, "zone"), "windows: there is no such time zone", "a name such as Europe/Berlin or UTC")
    elif begin is not None and end is not None and days:
        return Window(name=read.name, begin=begin, end=end, zone=read.zone, days=days)
    return None


def _section(data: Any, name: str, example: str, wanted: type[F], tell: Tell) -> F | None:
    if data is None:
        return None
    if not isinstance(data, Mapping):
        tell((name,), f"{name} is not a mapping", example)
        return None
    found, faults = convert(data, wanted, (name,))
    _say(faults, name, tell)
    return found


def _say(faults: Sequence[Fault], where: str, tell: Tell) -> None:
    for fault in faults:
        tell(fault.place, f"{where}: {fault.what}", fault.hint)


def _duration(raw: str | int | float, place: Place, tell: Tell) -> float:
    try:
        found = seconds(raw)
    except ValueError:
        found = 0.0
    if not _LEAST <= found <= _MOST:
        tell(place, f"{place[0]}: {place[1]} is not a duration between a minute and 30 days", "90s, 15m, 4h or 1h30m")
    return found


def _clock(text: str, place: Place, tell: Tell) -> time | None:
    match = _CLOCK.fullmatch(text)
    if match is None:
        tell(place, f"windows: {place[-1]} is not a time of day", '"22:00"')
        return None
    return time(int(match[1]), int(match[2]))


def _days(names: Sequence[str], place: Place, tell: Tell) -> tuple[int, ...]:
    for index, name in enumerate(names):
        if name not in _DAYS:
            tell((*place, index), "windows: not a day of the week", near(name, _DAYS))
    if not names:
        tell(place, "windows: days is empty", f"some of {', '.join(_DAYS)}; leave it out for every day")
    return tuple(sorted({_DAYS.index(name) for name in names if name in _DAYS}))


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        return False
    return True
