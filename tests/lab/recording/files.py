"""Recordings as files: where they are, the form in which each is written, replacing one in one step."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parent.parent.parent
FOLDERS = {
    "prometheus": ("plugins/prometheus/recordings",),
    "alertmanager": ("plugins/alertmanager/recordings",),
    "ceph": ("plugins/ceph/recordings",),
    "openstack": ("plugins/openstack/recordings", "simulator/recordings/openstack"),
}
_FORMS: Sequence[Callable[[Any], str]] = (
    lambda data: json.dumps(data, indent=1, ensure_ascii=False) + "\n",
    lambda data: json.dumps(data, indent=1) + "\n",
    lambda data: "[\n" + ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in data) + "\n]\n",
    lambda data: "[\n" + ",\n".join(json.dumps(entry) for entry in data) + "\n]\n",
)


def files_of(system: str, tests: Path = TESTS) -> list[Path]:
    """The recordings of a system that are JSON documents."""
    return [file for folder in FOLDERS[system] for file in sorted((tests / folder).glob("*.json"))]


def form_of(file: Path) -> Callable[[Any], str]:
    """How that file is written. Raises ValueError for a form that is not known."""
    text = file.read_text(encoding="utf-8")
    data = json.loads(text)
    for form in _FORMS:
        if (isinstance(data, list) or form is _FORMS[0]) and form(data) == text:
            return form
    raise ValueError(f"{file} is written in a form that is not known")


def replace(file: Path, text: str) -> None:
    """Write the file anew; whoever reads meanwhile gets the old or the new one. Its mode stays."""
    handle, fresh = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with open(handle, "w", encoding="utf-8") as out:
            out.write(text)
        os.chmod(fresh, file.stat().st_mode & 0o777)
        os.replace(fresh, file)
    except BaseException:
        os.unlink(fresh)
        raise
