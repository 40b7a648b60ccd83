"""Redfish: sushy-emulator with its fake driver, twenty machines behind one service, all switched off.

It comes from PyPI into an environment of its own. It has no sessions, no sensors but temperatures, no event log.
"""

from __future__ import annotations

import os
import shutil
import sys
import urllib.request
from pathlib import Path

from tests.lab import process
from tests.lab.command import run
from tests.lab.place import HOST, Place
from tests.lab.system import Description, System, once
from tests.lab.waiting import port_open, wait_until

PACKAGE = "sushy-tools==2.2.0"
MACHINES = 20
_REGISTRY = ("PIP_", "UV_", "SSL_", "HTTP_", "HTTPS_", "NO_PROXY", "http_", "https_", "no_proxy")
"""The way to the package registry is this machine's own business."""


def up(place: Place) -> None:
    """Install it once, start it; returns when it answers."""
    venv = place.folder / "venv"
    with once(place, "environment") as todo:
        if todo:
            shutil.rmtree(venv, ignore_errors=True)
            env = {name: value for name, value in os.environ.items() if name.startswith(_REGISTRY)}
            run([sys.executable, "-m", "venv", venv], seconds=300)
            pip = [venv / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "5", PACKAGE]
            run(pip, env=env, seconds=900)
    place.make("state")
    config = place.folder / "emulator.conf"
    config.write_text(
        f"SUSHY_EMULATOR_LISTEN_IP = {HOST!r}\n"
        f"SUSHY_EMULATOR_LISTEN_PORT = {place.port}\n"
        f"SUSHY_EMULATOR_STATE_DIR = {str(place.folder / 'state')!r}\n"
        "SUSHY_EMULATOR_FAKE_DRIVER = True\n"
        f"SUSHY_EMULATOR_FAKE_SYSTEMS = {[_machine(number) for number in range(1, MACHINES + 1)]!r}\n"
        "SUSHY_EMULATOR_STORAGE = {}\n"
    )
    process.start(place, "emulator", [str(venv / "bin" / "sushy-emulator"), "--config", str(config), "--fake"])
    wait_until(lambda: _answers(place), "the emulator")


def _machine(number: int) -> dict[str, object]:
    nic = {"mac": f"52:54:00:00:00:{number:02x}", "ip": f"10.1.0.{number}"}
    uuid = f"00000000-0000-4000-8000-{number:012d}"
    return {"uuid": uuid, "name": name(number), "power_state": "Off", "nics": [nic]}


def name(number: int) -> str:
    """Of a machine, from 1."""
    return f"node{number:03d}"


def _answers(place: Place) -> bool:
    process.must_live(place, "emulator")
    return port_open(place.port)


def check(place: Place) -> str:
    """Ask for the collection."""
    url = f"http://{HOST}:{place.port}/redfish/v1/Systems"
    with urllib.request.urlopen(url, timeout=60) as answer:
        size = len(answer.read())
    return f"the collection of machines is {size} bytes"


def describe(place: Place) -> Description:
    """Where it is."""
    return {"url": f"http://{HOST}:{place.port}", "machines": [name(number) for number in range(1, MACHINES + 1)]}


SYSTEM = System(
    name="redfish",
    packages=(),
    up=up,
    check=check,
    describe=describe,
    made_from=(Path(__file__),),
)
