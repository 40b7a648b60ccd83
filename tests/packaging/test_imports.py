"""Who loads what: help and completion are light, nothing reaches a client library before it is needed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = (
    "aiohttp", "asyncssh", "dbos", "hvac", "kubernetes", "maas.client", "openstack", "pydantic", "rados", "requests",
    "rich", "sqlalchemy", "textual",
)  # fmt: skip


def heavy(code: str, tmp_path: Path, more: Sequence[str] = ()) -> list[str]:
    """The heavy modules that a fresh interpreter has after `code`."""
    told = f"{code}\nimport sys; print('\\n', *sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", told], capture_output=True, text=True, check=False, cwd=ROOT,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    modules = done.stdout.splitlines()[-1].split()
    return [name for name in modules if any(f"{name}.".startswith(f"{one}.") for one in (*HEAVY, *more))]


def command(arguments: Sequence[str]) -> str:
    return f"from hsops.cli.main import main\nassert main({list(arguments)!r}) == 0"


@pytest.mark.parametrize("arguments", [["--help"], ["get", "--help"], ["run", "--help"], ["runs", "--help"]])
def test_help_loads_nothing_heavy(tmp_path: Path, arguments: list[str]) -> None:
    assert heavy(command(arguments), tmp_path, ["asyncio", "msgspec", "yaml"]) == []


@pytest.mark.parametrize("arguments", [["kinds"], ["plugins", "-o", "json"], ["workflows"], ["info"]])
def test_catalogues_load_no_client_library(tmp_path: Path, arguments: list[str]) -> None:
    assert heavy(command(arguments), tmp_path) == []


@pytest.mark.parametrize(
    "module",
    ["api", "cli.main", "config", "filter", "live.graph", "live.store", "registry", "render", "session"],
)
def test_the_core_reaches_no_terminal_and_no_client_library(tmp_path: Path, module: str) -> None:
    assert heavy(f"import hsops.{module}", tmp_path) == []


def test_import_rules() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports; raise SystemExit(lint_imports())"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
