"""What really happened at Nova: asked with the openstack client, never with our own plugin."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from tests.lab.env import OpenStack

OPENSTACK = str(Path(sys.executable).parent / "openstack")


def ask(cloud: OpenStack, *arguments: str) -> Any:
    """The JSON that an `openstack` command prints."""
    env = {**os.environ, "OS_CLIENT_CONFIG_FILE": str(cloud.config_file)}
    argv = [OPENSTACK, "--os-cloud", cloud.cloud, *arguments, "-f", "json"]
    done = subprocess.run(argv, capture_output=True, text=True, env=env, check=True, timeout=120)
    return json.loads(done.stdout)


def servers_by_host(cloud: OpenStack) -> dict[str, set[str]]:
    """Server ids by the host that Nova says they are on."""
    found: dict[str, set[str]] = {host: set() for host in cloud.hosts}
    for server in ask(cloud, "server", "list", "--all-projects", "--long"):
        found.setdefault(server.get("Host") or "", set()).add(server["ID"])
    return found


def moves_from(cloud: OpenStack, host: str, known: set[int]) -> Counter[str]:
    """How often each server was moved away from a host by migrations that are not in `known`."""
    moves: Counter[str] = Counter()
    for record in migrations(cloud):
        moved = record["Status"] in ("completed", "confirmed", "finished", "running", "preparing", "queued", "accepted")
        if record["Source Compute"] == host and record["Id"] not in known and moved:
            moves[record["Server UUID"]] += 1
    return moves


def migrations(cloud: OpenStack) -> list[dict[str, Any]]:
    """Every migration record."""
    found: list[dict[str, Any]] = ask(cloud, "--os-compute-api-version", "2.59", "server", "migration", "list")
    return found


def service(cloud: OpenStack, host: str) -> dict[str, Any]:
    """The nova-compute service of a host."""
    command = ("compute", "service", "list", "--long", "--service", "nova-compute", "--host", host)
    found: list[dict[str, Any]] = ask(cloud, *command)
    return found[0]


def allocations(cloud: OpenStack, host: str) -> int:
    """How many consumers placement still counts on a host's provider; asked over plain HTTP through the client."""
    token = ask(cloud, "token", "issue")["id"]
    catalogue = {entry["Name"]: entry["Endpoints"] for entry in ask(cloud, "catalog", "list")}
    url = next(each["url"] for each in catalogue["placement"] if each["interface"] == "public")
    provider = _placement(url, token, f"/resource_providers?name={host}")["resource_providers"][0]["uuid"]
    return len(_placement(url, token, f"/resource_providers/{provider}/allocations")["allocations"])


def _placement(url: str, token: str, path: str) -> Any:
    from urllib.request import Request, urlopen

    headers = {"X-Auth-Token": token, "OpenStack-API-Version": "placement 1.20"}
    with urlopen(Request(url.rstrip("/") + path, headers=headers), timeout=60) as answer:  # noqa: S310 - loopback
        return json.loads(answer.read())
