"""The console as the environment wants it: folders, theme, ASCII, key map; and what it does to its process."""

from __future__ import annotations

import gc
import logging
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from hsops.app import make_app
from hsops.errors import ConfigInvalid, UserError
from hsops.screens.process import nothing_on_stderr, quick_start
from tests.screens.cloud import World, make_session


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own, without wishes."""
    for name in ("NO_COLOR", "HSOPS_SKIN", "HSOPS_ASCII"):
        monkeypatch.delenv(name, raising=False)
    for name in ("CONFIG", "STATE", "DATA"):
        monkeypatch.setenv(f"HSOPS_{name}_DIR", str(tmp_path / name.lower()))
    (tmp_path / "config").mkdir()
    return tmp_path


def test_plain(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    app = make_app(make_session(World()))
    assert app.theme == "hsops-dark"
    assert app.desk.state_dir == home / "state"
    assert app.desk.ascii_only is False
    assert not app.desk.runs.worth_listing, "without an engine there is nothing to list"


def test_wishes_of_the_environment(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HSOPS_SKIN", "colour-blind")
    monkeypatch.setenv("HSOPS_ASCII", "1")
    app = make_app(make_session(World()))
    assert (app.theme, app.desk.ascii_only) == ("hsops-colour-blind", True)
    assert make_app(make_session(World()), theme="light").theme == "hsops-light", "the flag wins"
    monkeypatch.setenv("NO_COLOR", "1")
    assert make_app(make_session(World()), theme="light").theme == "hsops-mono"


def test_the_settings_file_names_the_theme(home: Path) -> None:
    (home / "config" / "settings.yaml").write_text("skin: light\n")
    assert make_app(make_session(World())).theme == "hsops-light"


def test_an_unknown_theme_is_told_before_the_screen_is_taken(home: Path) -> None:
    with pytest.raises(UserError, match="did you mean light"):
        make_app(make_session(World()), theme="lihgt")


def test_the_key_map_is_read_and_checked(home: Path) -> None:
    path = home / "config" / "keys.yaml"
    path.write_text("app.command: ';'\n")
    assert make_app(make_session(World()))._keymap == {"app.command": "semicolon"}
    path.write_text("app.command: ';'\napp.help: ';'\n")
    with pytest.raises(ConfigInvalid, match=r"keys\.yaml:2: app\.help: ; is taken by app\.command"):
        make_app(make_session(World()))


def test_nothing_reaches_stderr_while_the_console_has_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    log = logging.getLogger("hsops.somewhere")
    handler = logging.StreamHandler()
    logging.getLogger("hsops").addHandler(handler)
    try:
        with warnings.catch_warnings(), nothing_on_stderr():
            warnings.simplefilter("default")
            log.warning("a source is down")
            logging.getLogger("some.library").error("boom")
            warnings.warn("old call", stacklevel=1)
        assert capfd.readouterr().err == ""
        log.warning("back at the prompt")
        assert "back at the prompt" in capfd.readouterr().err
    finally:
        logging.getLogger("hsops").removeHandler(handler)


def test_garbage_is_collected_again_after_the_first_paint() -> None:
    assert gc.isenabled()
    with quick_start() as started:
        assert not gc.isenabled()
        started()
        assert gc.isenabled()
    with quick_start():
        pass
    assert gc.isenabled()
    gc.unfreeze()


def test_the_first_paint_loads_neither_a_client_library_nor_the_engine() -> None:
    code = (
        "import sys, hsops.app, hsops.screens.overview\n"
        "heavy = {'openstack', 'kubernetes', 'asyncssh', 'aiohttp', 'dbos', 'sqlalchemy', 'hvac', 'typer',"
        " 'hsops.screens.panel', 'hsops.screens.form', 'hsops.screens.keymap', 'hsops.workflow.engine'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
