"""Where hsops reads and writes. Configuration is read only; state, cache and logs are the program's own.

Precedence everywhere: flag, then environment, then file or default. `origins` says which one won.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple


class Origin(NamedTuple):
    """A path and what decided it."""

    name: str
    path: Path
    origin: str


PLACES = {
    "config": ("HSOPS_CONFIG_DIR", "XDG_CONFIG_HOME", ".config"),
    "state": ("HSOPS_STATE_DIR", "XDG_STATE_HOME", ".local/state"),
    "data": ("HSOPS_DATA_DIR", "XDG_DATA_HOME", ".local/share"),
    "cache": ("HSOPS_CACHE_DIR", "XDG_CACHE_HOME", ".cache"),
}


def place(name: str, env: Mapping[str, str] | None = None) -> Origin:
    """One of config, state, data, cache, with what decided it."""
    env = os.environ if env is None else env
    own, xdg, default = PLACES[name]
    if env.get(own):
        return Origin(name, Path(env[own]).expanduser(), own)
    if env.get(xdg):
        return Origin(name, Path(env[xdg]) / "hsops", xdg)
    return Origin(name, Path(env.get("HOME") or "~").expanduser() / default / "hsops", "default")


def config_dir() -> Path:
    """Site files, key map, aliases: read only for the program."""
    return place("config").path


def state_dir() -> Path:
    """Log, journal of runs, history, screen dumps."""
    return place("state").path


def data_dir() -> Path:
    """Themes of one's own."""
    return place("data").path


def cache_dir() -> Path:
    """What may be thrown away."""
    return place("cache").path


def log_file() -> Origin:
    """The log: ``HSOPS_LOG_DIR`` or the state folder."""
    folder = os.environ.get("HSOPS_LOG_DIR")
    if folder:
        return Origin("log", Path(folder).expanduser() / "hsops.log", "HSOPS_LOG_DIR")
    state = place("state")
    return Origin("log", state.path / "hsops.log", state.origin)


def origins() -> list[Origin]:
    """Every path and what decided it."""
    return [*(place(name) for name in PLACES), log_file()]


def private_dir(folder: Path) -> Path | None:
    """Make a folder that only its owner can enter; None where nothing can be written (a read-only home)."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK | os.X_OK) else None


def write_private(path: Path, text: str, *, replace: bool = False) -> None:
    """Write a file that only its owner can read, in one step. Raises FileExistsError unless `replace`, OSError."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with open(handle, "w", encoding="utf-8") as file:
            file.write(text)
        if replace:
            fresh.replace(path)
        else:
            path.hardlink_to(fresh)
    finally:
        fresh.unlink(missing_ok=True)
