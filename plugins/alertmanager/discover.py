"""What this machine's amtool knows of an Alertmanager."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from hsops.api import Found


def discover(env: Mapping[str, str], home: Path) -> Sequence[Found]:
    """``alertmanager.url`` of amtool's configuration: the user's, then the machine's."""
    config_home = Path(env.get("XDG_CONFIG_HOME") or home / ".config")
    for path in (config_home / "amtool" / "config.yml", Path("/etc/amtool/config.yml")):
        url = _url(path)
        if url:
            return [Found({"plugin": "alertmanager", "url": url}, str(path))]
    return []


def _url(path: Path) -> str:
    try:
        config = yaml.safe_load(path.read_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return ""  # no amtool here, or a file that amtool could not read either
    return str(config.get("alertmanager.url", "")) if isinstance(config, dict) else ""
