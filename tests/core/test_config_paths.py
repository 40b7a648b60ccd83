"""Where hsops reads and writes, and which setting wins."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hsops.config import paths
from hsops.config.settings import setting
from hsops.config.sites import find_site_files
from hsops.errors import ConfigInvalid, UserError


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in os.environ:
        if name.startswith(("HSOPS_", "XDG_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_xdg_and_our_own_variables(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert paths.config_dir() == home / ".config/hsops"
    assert paths.state_dir() == home / ".local/state/hsops"
    assert paths.log_file().path == home / ".local/state/hsops/hsops.log"
    monkeypatch.setenv("XDG_CONFIG_HOME", "/xdg")
    monkeypatch.setenv("HSOPS_LOG_DIR", "/logs")
    assert paths.place("config") == ("config", Path("/xdg/hsops"), "XDG_CONFIG_HOME")
    assert paths.log_file() == ("log", Path("/logs/hsops.log"), "HSOPS_LOG_DIR")
    monkeypatch.setenv("HSOPS_CONFIG_DIR", "~/mine")
    assert paths.place("config") == ("config", home / "mine", "HSOPS_CONFIG_DIR")


def test_flag_then_environment_then_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert setting("site") == ("site", "", "default")
    folder = home / ".config/hsops"
    folder.mkdir(parents=True)
    (folder / "settings.yaml").write_text("site: ber1\nskin: light\n")
    assert setting("site") == ("site", "ber1", f"file {folder / 'settings.yaml'}")
    monkeypatch.setenv("HSOPS_SITE", "fra1")
    assert setting("site") == ("site", "fra1", "environment HSOPS_SITE")
    assert setting("site", "lab1") == ("site", "lab1", "flag --site")
    assert setting("skin").value == "light"


def test_a_wrong_settings_file_is_told(home: Path) -> None:
    folder = home / ".config/hsops"
    folder.mkdir(parents=True)
    (folder / "settings.yaml").write_text("sites: a\nskin: 3\n")
    with pytest.raises(ConfigInvalid) as caught:
        setting("site")
    assert [problem.line for problem in caught.value.problems] == [1, 2]
    assert "did you mean site" in str(caught.value)


def test_which_site_files(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="no site is configured"):
        find_site_files()
    folder = home / ".config/hsops/sites"
    folder.mkdir(parents=True)
    for name in ("fra1.yaml", "ber1.yml", "notes.txt", ".hidden.yaml"):
        (folder / name).write_text("")
    assert find_site_files() == [folder / "ber1.yml", folder / "fra1.yaml"]
    assert find_site_files("fra1") == [folder / "fra1.yaml"]
    assert find_site_files("@fra1,ber1,fra1") == [folder / "fra1.yaml", folder / "ber1.yml"]
    assert find_site_files("./x.yaml") == [Path("x.yaml")]
    monkeypatch.setenv("HSOPS_SITE", "ber1")
    assert find_site_files() == [folder / "ber1.yml"]
    assert len(find_site_files("all")) == 2
    with pytest.raises(UserError, match="did you mean fra1"):
        find_site_files("fra2")


def test_private_files(home: Path) -> None:
    folder = paths.private_dir(home / "a/b")
    assert folder is not None
    assert folder.stat().st_mode & 0o777 == 0o700
    paths.write_private(folder / "x", "one")
    assert (folder / "x").stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        paths.write_private(folder / "x", "two")
    assert (folder / "x").read_text() == "one"
    paths.write_private(folder / "x", "two", replace=True)
    assert (folder / "x").read_text() == "two"
    assert [path.name for path in folder.iterdir()] == ["x"]


def test_where_nothing_can_be_written(home: Path) -> None:
    (home / "file").write_text("")
    assert paths.private_dir(home / "file/state") is None
    assert paths.private_dir(Path("/proc/hsops")) is None
