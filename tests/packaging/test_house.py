"""The house: links are links, nothing but hsops lands in site-packages, and nobody imports whom he must not."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINKED = ("plugins", "screens", "themes")
HEAVY = (
    "aiohttp", "asyncssh", "dbos", "hvac", "keystoneauth1", "kubernetes", "maas.client", "openstack", "requests",
    "sqlalchemy", "textual", "yaml",
)  # fmt: skip
"""Nothing of this is loaded by `hsops --help`. (`maas` alone is in every process: a namespace file of its wheel.)"""


@pytest.mark.parametrize("name", LINKED)
def test_the_folders_of_the_package_are_links_to_the_real_ones(name: str) -> None:
    link = ROOT / "hsops" / name
    assert link.is_symlink()
    assert str(link.readlink()) == f"../{name}"
    assert (ROOT / name).is_dir()
    assert not (ROOT / name).is_symlink()


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built by the project's own backend, as pip would."""
    folder = tmp_path_factory.mktemp("wheel")
    code = f"from hatchling.build import build_wheel; print(build_wheel({str(folder)!r}))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return folder / done.stdout.strip().splitlines()[-1]


def test_the_wheel_holds_every_file_once_and_only_hsops(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert len(names) == len(set(names))
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"hsops"}
    for wanted in ("hsops/plugins/ceph/__init__.py", "hsops/screens/overview.py", "hsops/themes/loader.py",
                   "hsops/screens/console.tcss", "hsops/py.typed"):  # fmt: skip
        assert wanted in names
    sources = {str(path.relative_to(ROOT)) for name in LINKED for path in (ROOT / name).rglob("*.py")}
    assert {f"hsops/{name}" for name in sources} <= set(names)


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "sys.argv = ['hsops', '--help']\n"
        "from hsops.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print('LOADED', *sorted(set({HEAVY!r}) & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "Usage" in done.stdout
    assert done.stdout.splitlines()[-1].strip() == "LOADED"


@pytest.mark.parametrize(
    ("module", "forbidden"),
    [
        ("hsops.cli.main", ("textual",)),
        ("hsops.session", ("textual", "typer", "rich")),
        ("hsops.workflow.engine", ("textual", "dbos")),
        ("hsops.simulator.site", ("textual", "typer")),
        ("hsops.app", ("openstack", "asyncssh", "dbos", "aiohttp", "kubernetes")),
    ],
)
def test_modules_do_not_load_what_they_do_not_need(module: str, forbidden: tuple[str, ...]) -> None:
    code = f"import sys, {module}; print('LOADED', *sorted(set({forbidden!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "LOADED"
