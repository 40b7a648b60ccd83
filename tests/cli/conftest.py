"""A site on the toy plugin, found through a real entry point, and the command line on it."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hsops.cli.main import main

TOY = Path(__file__).parent / "toy"
BOXES = [
    {"id": "b1", "name": "web-1", "load": 0.5, "memory": 2**30, "since": "2026-01-01T00:00:00Z", "host": "h1",
     "tags": {"env": "prod"}},
    {"id": "b2", "name": "web-2", "state": "down", "load": 0.25, "memory": 2**31, "host": "h2", "tags": {"env": "lab"}},
    {"id": "b10", "name": "web-10", "state": "slow"},
]  # fmt: skip
JOBS = [{"id": "j1", "box": "b1"}, {"id": "j2", "box": "b1"}, {"id": "j3", "box": "b2"}]


@dataclass
class Result:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Toy:
    """A home folder with one site of one system."""

    def __init__(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.home = home
        self.config = home / ".config/hsops"
        self.file = self.config / "sites/fra1.yaml"
        self._capsys = capsys
        self.file.parent.mkdir(parents=True)
        self.site("fra1", "world.json")
        self.world()

    def site(self, name: str, world: str, tier: str = "lab", more: str = "") -> Path:
        """Write a site file."""
        path = self.config / f"sites/{name}.yaml"
        path.write_text(f"site: {name}\ntier: {tier}\nsystems:\n  - plugin: toy\n    path: {self.home / world}\n{more}")
        return path

    def world(self, name: str = "world.json", **changes: Any) -> Path:
        """Write the truth, whole."""
        path = self.home / name
        fresh = path.with_suffix(".fresh")
        fresh.write_text(json.dumps({"boxes": BOXES, "jobs": JOBS, **changes}))
        fresh.replace(path)
        return path

    def truth(self) -> dict[str, Any]:
        """Read it."""
        found: dict[str, Any] = json.loads((self.home / "world.json").read_text())
        return found

    def run(self, *arguments: str) -> Result:
        """A command in this process."""
        self._capsys.readouterr()
        code = main(arguments)
        out, err = self._capsys.readouterr()
        assert "Traceback" not in err
        return Result(code, out, err)

    def process(self, *arguments: str, **more: Any) -> subprocess.Popen[str]:
        """A command in a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "hsops.cli", *arguments], env=self.environment(),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more,
        )  # fmt: skip

    def finished(self, *arguments: str) -> Result:
        """A command in a process of its own, ended."""
        process = self.process(*arguments)
        out, err = process.communicate(timeout=100)
        assert "Traceback" not in err
        return Result(process.returncode, out, err)

    def environment(self, **more: str) -> Mapping[str, str]:
        """What a command's process gets."""
        return {**os.environ, "PYTHONPATH": str(TOY), **more}


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Toy]:
    for name in [name for name in os.environ if name.startswith(("HSOPS_", "XDG_", "OS_", "BAO_", "VAULT_", "CEPH_"))]:
        monkeypatch.delenv(name)
    for name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.syspath_prepend(TOY)
    yield Toy(tmp_path, capsys)
    for logger in (logging.getLogger(), logging.getLogger("hsops")):
        for handler in list(logger.handlers):
            if type(handler).__module__.startswith("hsops") or isinstance(
                handler, (logging.FileHandler, logging.NullHandler)
            ):
                logger.removeHandler(handler)
                handler.close()
    logging.getLogger("hsops").propagate = True
