"""One system's recordings, asked again: what became of every entry."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import requests

from tests.lab.env import Lab
from tests.lab.errors import LabError
from tests.lab.recording import http
from tests.lab.recording.ceph import ALONE, Cluster
from tests.lab.recording.entry import Verdict, has_effect, is_told_by_others, name_of, names_ids, story, why_not
from tests.lab.recording.files import files_of, form_of
from tests.lab.recording.shape import Shape, changes, lost

Ask = Callable[[Mapping[str, Any], str], Mapping[str, Any]]
"""Asks one entry again: ``(entry, name of its file without ending) -> fresh entry``."""
HTTP: Mapping[str, Callable[[Lab], http.Server]] = {
    "prometheus": http.prometheus, "alertmanager": http.alertmanager, "openstack": http.openstack,
}  # fmt: skip
BOUND = "others of its sequence name its ids"
"""Such an entry is asked and compared, but stays: a sequence is refreshed whole or not at all."""
NEEDS = {"prometheus": "prometheus", "alertmanager": "prometheus", "openstack": "openstack", "ceph": "ceph"}
"""The lab's system that each one's recordings come from."""


class Recordings:
    """The recordings of one system. `verdicts` and `texts` (the new files) are filled by `ask`."""

    def __init__(self, system: str, files: Sequence[Path] | None = None) -> None:
        self.system = system
        self.files = files_of(system) if files is None else files
        self.verdicts: dict[Path, list[Verdict]] = {}
        self.texts: dict[Path, str] = {}
        self._data = {file: json.loads(file.read_text(encoding="utf-8")) for file in self.files}
        self._shapes: dict[Hashable, Shape] = defaultdict(Shape)
        for file in self.files:
            for entry in _entries(self._data[file], file):
                self._shapes[_question(entry, file.stem)].add(_answer(entry))

    def ask(self, ask: Ask) -> None:
        """Ask everything that may be asked again."""
        for file in self.files:
            entries = _entries(self._data[file], file)
            told = _stories(entries, file)
            self.verdicts[file] = [self._judge(entry, file, ask, told) for entry in entries]
            pairs = zip(entries, self.verdicts[file], strict=True)
            fresh = [entry if verdict.why else verdict.fresh for entry, verdict in pairs]
            self.texts[file] = self._text(file, fresh)

    def _text(self, file: Path, fresh: Sequence[Mapping[str, Any]]) -> str:
        if _is_list_of_entries(self._data[file]):
            return form_of(file)(fresh)
        return form_of(file)(fresh[0]["json"]) if "json" in fresh[0] else file.read_text(encoding="utf-8")

    def _judge(self, entry: Mapping[str, Any], file: Path, ask: Ask, told: Mapping[str, str]) -> Verdict:
        if not _known(entry):
            return Verdict(str(entry.get("call", "?")), "it is a note, not an exchange")
        name = name_of(entry)
        sequence = told.get(story(entry, file.name), "")
        if why := why_not(entry) or (sequence if sequence != BOUND else ""):
            return Verdict(name, why)
        try:
            fresh = ask(entry, file.stem)
        except (LabError, requests.RequestException) as error:
            return Verdict(name, f"the lab gives no answer: {error}")
        verdict = self._compare(name, entry, fresh, file)
        return replace(verdict, why=verdict.why or sequence)

    def _compare(self, name: str, entry: Mapping[str, Any], fresh: Mapping[str, Any], file: Path) -> Verdict:
        then, now = _status(entry), _status(fresh)
        if then != now:
            return Verdict(name, f"the lab answers {now}, recorded {then}")
        found = tuple(sorted(changes(self._shapes[_question(entry, file.stem)], Shape(_answer(fresh)))))
        poorer = sorted(lost(Shape(_answer(entry)), Shape(_answer(fresh))))
        why = f"the lab shows less now: {', '.join(poorer[:3])}" if poorer and not found else ""
        return Verdict(name, why, found, fresh)


def asker(system: str, lab: Lab) -> Ask:
    """How a system of the lab is asked. Raises LabError when it is not up."""
    if system == "ceph":
        cluster = Cluster(lab.ceph.conf)
        return lambda entry, _: cluster.ask(entry)
    return HTTP[system](lab).ask


def _entries(data: Any, file: Path) -> list[Mapping[str, Any]]:
    if file.stem in ALONE and not _is_list_of_entries(data):
        return [{"command": f"ceph {ALONE[file.stem]}", "exit": 0, "json": data}]
    if _is_list_of_entries(data):
        return list(data)
    return [{"call": f"the whole of {file.name}"}]


def _stories(entries: Sequence[Mapping[str, Any]], file: Path) -> dict[str, str]:
    """Sequences that cannot be told again in part, and why."""
    found: dict[str, str] = {}
    for entry in filter(_known, entries):
        if has_effect(entry):
            found[story(entry, file.name)] = "others of its sequence have effects"
        elif is_told_by_others(entry):
            found.setdefault(story(entry, file.name), "its sequence is about another user or a broken service")
    for entry in filter(_known, entries):
        if names_ids(entry):
            found.setdefault(story(entry, file.name), BOUND)
    return found


def _is_list_of_entries(data: Any) -> bool:
    return isinstance(data, list) and bool(data) and all(isinstance(entry, dict) for entry in data) and any(
        "request" in entry or "command" in entry for entry in data
    )  # fmt: skip


def _known(entry: Mapping[str, Any]) -> bool:
    return "command" in entry or (bool(entry.get("request")) and "status" in (entry.get("response") or ()))


def _answer(entry: Mapping[str, Any]) -> Any:
    return entry.get("json") if "command" in entry else (entry.get("response") or {}).get("body")


def _status(entry: Mapping[str, Any]) -> int:
    return int(entry["exit"] if "command" in entry else entry["response"]["status"])


def _question(entry: Mapping[str, Any], service: str) -> Hashable:
    """What answers of one shape have in common: call without ids and filters, version, status."""
    if "command" in entry:
        return re.sub(r"\s+(\d+|-f json)\b", "", entry["command"])
    if not _known(entry):
        return ()
    request = entry["request"]
    path = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<=/)[0-9a-f]{32}|(?<=/)\d+", "{id}", request["path"].split("?")[0])
    version = request["headers"].get("OpenStack-API-Version", "")
    return (request.get("service", service), request["method"], path, version, entry["response"]["status"])
