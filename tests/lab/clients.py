"""The systems' own command lines, run against the lab, to compare with what hsops shows."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from tests.lab import command
from tests.lab.env import Lab


def openstack(lab: Lab, *words: str, cloud: str | None = None, seconds: float = 180) -> str:
    """The output of ``openstack …`` from the environment the tests run in."""
    where = lab.openstack
    env = {"OS_CLIENT_CONFIG_FILE": str(where.config_file), "PYTHONWARNINGS": "ignore"}
    program = Path(sys.executable).with_name("openstack")
    return command.run([program, "--os-cloud", cloud or where.cloud, *words], env=env, seconds=seconds)


def openstack_json(lab: Lab, *words: str, cloud: str | None = None) -> Any:
    """The same with ``-f json``, parsed."""
    return json.loads(openstack(lab, *words, "-f", "json", cloud=cloud))


def ceph(lab: Lab, *words: str, seconds: float = 60) -> str:
    """The output of ``ceph …`` as the administrator."""
    where = lab.ceph
    options = ["--conf", str(where.conf), "--keyring", str(where.keyring), "--name", where.name]
    return command.run(["ceph", *options, *words], seconds=seconds)


def ceph_json(lab: Lab, *words: str) -> Any:
    """The same with ``--format json``, parsed."""
    return json.loads(ceph(lab, *words, "--format", "json"))


def amtool(lab: Lab, *words: str) -> str:
    """The output of ``amtool …``."""
    return command.run(["amtool", f"--alertmanager.url={lab.prometheus.alertmanager_url}", *words])


def promtool(lab: Lab, *words: str) -> str:
    """The output of ``promtool query instant SERVER …`` and the like: ``words`` are ``("instant", "up")``."""
    kind, *rest = words
    return command.run(["promtool", "query", kind, lab.prometheus.url, *rest])


def ssh(lab: Lab, remote: str, *, seconds: float = 60) -> str:
    """The output of a command run over SSH by OpenSSH's own client."""
    where = lab.ssh
    known = ["-o", f"UserKnownHostsFile={where.known_hosts}", "-o", "StrictHostKeyChecking=yes"]
    options = ["-F", "none", "-p", str(where.port), "-i", str(where.key), "-o", "BatchMode=yes"]
    return command.run(["ssh", *options, *known, f"{where.user}@{where.host}", remote], seconds=seconds)


def psql(lab: Lab, sql: str) -> str:
    """The output of one statement, unadorned."""
    return command.run(["psql", "-X", "-A", "-t", "-w", lab.postgres.dsn, "-c", sql]).strip()
