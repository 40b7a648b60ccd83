"""Tell the world how to reach the lab: ``env.json`` for tests, ``site.yaml`` for hsops itself.

Both hold the systems whose start has been finished, and are written anew whenever one is started or stopped.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.lab import prometheus, ssh
from tests.lab.place import root
from tests.lab.system import ready
from tests.lab.systems import SYSTEMS

_LOCK = threading.Lock()


def env_file() -> Path:
    """The source of truth on what is there and where."""
    return root() / "env.json"


def site_file() -> Path:
    """The lab as a site of hsops."""
    return root() / "site.yaml"


def publish() -> None:
    """Join the systems that are ready with each other, and write both files."""
    with _LOCK:
        systems: dict[str, Any] = {
            name: dict(system.describe(system.place)) for name, system in SYSTEMS.items() if ready(system)
        }
        _join(systems)
        env = {"version": 1, "root": str(root()), "site_file": str(site_file()), "systems": systems}
        _write(env_file(), json.dumps(env, indent=2) + "\n")
        _write(site_file(), site_yaml(systems))


def _join(systems: Mapping[str, Any]) -> None:
    """The login user may use the cluster, and Prometheus watches it."""
    if "ceph" in systems:
        ssh.share_key(systems["ceph"]["keyring"])
    if "prometheus" in systems:
        prometheus.follow_ceph(SYSTEMS["prometheus"].place, systems.get("ceph", {}).get("metrics_url"))


def site_yaml(systems: Mapping[str, Any]) -> str:
    """The site file of these systems (JSON values are YAML values, so nothing needs a YAML writer)."""
    lines = ["site: lab", "tier: lab", "systems:" if systems else "systems: []"]
    for options in _site_systems(systems):
        words = [f"{key}: {json.dumps(value)}" for key, value in options.items()]
        lines += [f"{'  - ' if number == 0 else '    '}{word}" for number, word in enumerate(words)]
    return "\n".join(lines) + "\n"


def _site_systems(systems: Mapping[str, Any]) -> Iterator[dict[str, object]]:
    if found := systems.get("openstack"):
        yield {"plugin": "openstack", "cloud": found["cloud"], "config_file": found["config_file"]}
    if found := systems.get("ceph"):
        reach = {"ssh": systems["ssh"]} if "ssh" in systems else {}
        yield {"plugin": "ceph", "conf": found["conf"], "keyring": found["keyring"], **reach}
    if found := systems.get("ovn"):
        yield {"plugin": "ovn", "northbound": found["northbound"], "southbound": found["southbound"]}
    if found := systems.get("redfish"):
        yield {"plugin": "redfish", "bmcs": [{"name": "enclosure", "url": found["url"]}]}
    if found := systems.get("prometheus"):
        yield {"plugin": "prometheus", "url": found["url"]}
        yield {"plugin": "alertmanager", "url": found["alertmanager_url"]}
    if found := systems.get("linux"):
        yield {"plugin": "linux", **found}


def _write(file: Path, text: str) -> None:
    """Whole or not at all: a test may read it meanwhile."""
    fresh = file.with_name(f".{file.name}.new")
    fresh.write_text(text)
    os.replace(fresh, file)
