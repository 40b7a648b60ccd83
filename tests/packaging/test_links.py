"""The three folders at the root are in the package as links, and the wheel holds real files."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["plugins", "screens", "themes"])
def test_a_link_is_a_link(name: str) -> None:
    link = ROOT / "hsops" / name
    assert link.is_symlink()
    assert link.readlink() == Path("..") / name, "relative, so that a clone works anywhere"
    assert (ROOT / name / "__init__.py").is_file()
    assert not (ROOT / name).is_symlink()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Sequence[str]:
    """The names in a wheel built from this tree, without network and without an environment of its own."""
    out = tmp_path_factory.mktemp("wheel")
    code = f"from hatchling.build import build_wheel; print(build_wheel({str(out)!r}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(out / done.stdout.split()[-1]) as archive:
        return archive.namelist()


def test_nothing_but_hsops_lands_in_site_packages(wheel: Sequence[str]) -> None:
    tops = {name.split("/")[0] for name in wheel}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"hsops"}


def test_the_wheel_holds_every_module_once(wheel: Sequence[str]) -> None:
    assert len(wheel) == len(set(wheel))
    for folder in ("hsops", "plugins", "screens", "themes"):
        inside = "hsops" if folder == "hsops" else f"hsops/{folder}"
        for path in (ROOT / folder).rglob("*.py"):
            relative = path.relative_to(ROOT / folder)
            if "__pycache__" not in path.parts and not (folder == "hsops" and relative.parts[0] in _LINKED):
                assert f"{inside}/{relative}" in wheel


_LINKED = ("plugins", "screens", "themes")


def test_data_files_are_in_the_wheel(wheel: Sequence[str]) -> None:
    assert "hsops/py.typed" in wheel
    for path in (ROOT / "screens").rglob("*.tcss"):
        assert f"hsops/screens/{path.relative_to(ROOT / 'screens')}" in wheel
    assert not [name for name in wheel if name.endswith((".pyc", "~")) or "/tests/" in name]
    assert any(name.endswith("licenses/LICENSE") for name in wheel)
