"""Which site files are opened."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hsops.config.paths import config_dir
from hsops.config.settings import setting
from hsops.errors import UserError
from hsops.registry import near

ALL = ("all", "@all")
_ENDINGS = (".yaml", ".yml")


def find_site_files(flag: str = "") -> Sequence[Path]:
    """The site files that `flag`, HSOPS_SITE or ``settings.yaml`` names, with commas between; all when nobody does.

    A word with a slash or a YAML ending is a path, any other the name of a file in ``sites/`` of the configuration
    folder. Raises UserError when there is none.
    """
    wanted = setting("site", flag).value
    if not wanted or wanted in ALL:
        found = list(site_files().values())
        if not found:
            raise UserError(
                f"no site is configured in {config_dir() / 'sites'}",
                hint="`hsops site init` writes a site file, `hsops demo` shows a simulated site",
            )
        return found
    return list(dict.fromkeys(_path(word.strip()) for word in wanted.split(",") if word.strip()))


def site_files() -> dict[str, Path]:
    """The files in ``sites/``, by name."""
    try:
        entries = sorted((config_dir() / "sites").iterdir())
    except OSError:
        return {}
    return {path.stem: path for path in entries if path.suffix in _ENDINGS and not path.name.startswith(".")}


def _path(word: str) -> Path:
    if "/" in word or word.endswith(_ENDINGS):
        return Path(word).expanduser()
    known = site_files()
    if word.removeprefix("@") not in known:
        hint = near(word, known, otherwise="" if known else "`hsops site init` writes a site file")
        raise UserError(f"there is no site {word} in {config_dir() / 'sites'}", hint=hint)
    return known[word.removeprefix("@")]
