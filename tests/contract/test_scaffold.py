"""What ``hsops workflows new`` and ``hsops plugins new`` write passes ruff, mypy --strict and its own tests."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hsops.cli.scaffold import new_plugin, new_workflow
from hsops.errors import UserError

ROOT = Path(__file__).parents[2]
CONFIG = ["--config", str(ROOT / "pyproject.toml"), "--no-cache"]


def python(folder: Path, *words: str) -> str:
    """The output of ``python -m …`` in a folder, with what lies in it importable; it must succeed."""
    env = {**os.environ, "PYTHONPATH": f"{folder}:{ROOT}", "MYPYPATH": "", "HSOPS_STATE_DIR": str(folder / "state")}
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=folder, env=env, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def hsops(folder: Path, *words: str) -> str:
    """The output of a command."""
    return python(folder, "hsops.cli", *words)


def passes(folder: Path, *paths: str) -> None:
    """Lint, format and types, by the rules of the house; asserts are what tests are for."""
    python(folder, "ruff", "check", *CONFIG, "--extend-per-file-ignores", "test_*.py:S101", *paths)
    python(folder, "ruff", "format", "--check", *CONFIG, *paths)
    python(folder, "mypy", "--strict", "--cache-dir", str(folder / ".mypy"), *paths)


def its_tests_pass(folder: Path, *paths: str) -> None:
    """Its own tests, with warnings as errors."""
    out = python(folder, "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:asyncio", "-W", "error", *paths)
    assert " passed" in out, out


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_workflow_on_its_own(tmp_path: Path) -> None:
    printed = hsops(tmp_path, "workflows", "new", "host.tidy-up")
    assert printed.split() == ["host_tidy_up/__init__.py", "host_tidy_up/runbook.py", "test_host_tidy_up.py"]
    passes(tmp_path, "host_tidy_up", "test_host_tidy_up.py")
    its_tests_pass(tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_plugin_and_a_workflow_in_it(tmp_path: Path) -> None:
    hsops(tmp_path, "plugins", "new", "light_bulbs")
    home = tmp_path / "hsops-light-bulbs"
    info = home / "hsops_light_bulbs-0.1.0.dist-info"  # as an installation would leave it
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: hsops-light-bulbs\nVersion: 0.1.0\n")
    (info / "entry_points.txt").write_text("[hsops.plugins]\nlight_bulbs = hsops_light_bulbs:PLUGIN\n")
    assert "light_bulbs" in hsops(home, "plugins", "-o", "json")
    hsops(home, "workflows", "new", "bulb.swap", "--plugin", "light_bulbs")
    assert (home / "hsops_light_bulbs" / "workflows" / "bulb_swap" / "runbook.py").exists()
    manifest = home / "hsops_light_bulbs" / "__init__.py"
    text = manifest.read_text()
    added = "from hsops_light_bulbs.workflows.bulb_swap import WORKFLOW\n"
    text = text.replace("import PANELS, THING\n", f"import PANELS, THING\n{added}")
    manifest.write_text(text.replace("    panels=PANELS,\n", "    panels=PANELS,\n    workflows=(WORKFLOW,),\n"))
    passes(home, "hsops_light_bulbs", "test_light_bulbs.py", "test_bulb_swap.py")
    its_tests_pass(home, "test_light_bulbs.py", "test_bulb_swap.py")
    assert "bulb.swap" in hsops(home, "workflows", "-o", "name")


@pytest.mark.parametrize("name", ["tidy", "Host.tidy", "host.", "host tidy", "../x.y"])
def test_a_name_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match="no name of a workflow"):
        new_workflow(name, folder=str(tmp_path))
    with pytest.raises(UserError, match="no name of a plugin"):
        new_plugin("x-" + name, folder=str(tmp_path))
    assert not list(tmp_path.iterdir())


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    made = new_workflow("host.tidy", folder=str(tmp_path))
    made.files[1].write_text("mine")
    made.files[0].unlink()
    with pytest.raises(UserError, match="it is there already"):
        new_workflow("host.tidy", folder=str(tmp_path))
    assert made.files[1].read_text() == "mine"
    assert not made.files[0].exists()


def test_names_that_are_taken(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is a workflow"):
        new_workflow("silence.maintenance", folder=str(tmp_path))
    with pytest.raises(UserError, match="there is a plugin"):
        new_plugin("ceph", folder=str(tmp_path))
    with pytest.raises(UserError, match="two places"):
        new_workflow("host.tidy", folder=str(tmp_path), plugin="ceph")
    with pytest.raises(UserError, match="there is no plugin"):
        new_workflow("host.tidy", plugin="chep")


def test_the_quality_rules_begin_as_todo(tmp_path: Path) -> None:
    made = new_plugin("lamps", folder=str(tmp_path))
    (manifest,) = [file.read_text() for file in made.files if file.name == "__init__.py"]
    assert manifest.count("QualityStatus.TODO") >= 5
    assert "QualityStatus.DONE" not in manifest
