"""The simulated site as a whole: files, control port, process of its own."""

from __future__ import annotations

import asyncio
import os
import stat
from pathlib import Path

import pytest
import requests
import yaml

from hsops.plugins.openstack.simulator import OpenStackFace
from hsops.simulator.process import SimulatedProcess
from hsops.simulator.site import SimulatedSite


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_files_are_private_and_go_away() -> None:
    with SimulatedSite(machines=20, servers=10, faces=[OpenStackFace()]) as site:
        folder = site.folder
        assert mode(folder) == 0o700
        files = [path for path in folder.rglob("*") if path.is_file()]
        assert {path.name for path in files} >= {"site.yaml", "clouds.yaml", "control.url"}
        assert {mode(path) for path in files} == {0o600}
        content = yaml.safe_load(site.file.read_text())
        assert (content["site"], content["tier"]) == ("simulated", "lab")
        assert content["systems"][0]["plugin"] == "openstack"
        assert "password" not in site.file.read_text()
    assert not folder.exists()


def test_errors_of_a_call_come_back() -> None:
    with SimulatedSite(machines=20, servers=10, faces=[]) as site:
        with pytest.raises(ZeroDivisionError):
            site.call(lambda world: 1 // 0)
        with pytest.raises(ValueError, match="no machine 'x'"):
            site.inject("host.down", "x")
    with pytest.raises(RuntimeError, match="not running"):
        site.call(lambda world: 1)


@pytest.mark.asyncio
async def test_time_goes_on_by_itself() -> None:
    async with SimulatedSite(machines=20, servers=10, speed=600, faces=[]) as site:
        before = site.call(lambda world: world.ticked)
        while site.call(lambda world: world.ticked) < before + 60:
            pass


def test_control_port() -> None:
    with SimulatedSite(machines=20, servers=10, faces=[]) as site:
        url = site.control
        about = requests.get(f"{url}/control/world", timeout=60).json()
        assert about["servers"] == 10
        body = {"kind": "host.down", "target": about["machines"][0]}
        fault = requests.post(f"{url}/control/fault", json=body, timeout=60).json()
        assert requests.get(f"{url}/control/world", timeout=60).json()["down"] == [about["machines"][0]]
        assert requests.post(f"{url}/control/fault", json={"kind": "fly"}, timeout=60).status_code == 400
        assert requests.post(f"{url}/control/fault", data=b"{", timeout=60).status_code == 400
        headers = {"Origin": "http://evil.example"}
        assert requests.post(f"{url}/control/fault", json=body, headers=headers, timeout=60).status_code == 403
        requests.delete(f"{url}/control/fault/{fault['id']}", timeout=60)
        assert requests.get(f"{url}/control/world", timeout=60).json()["down"] == []
        clock = requests.post(f"{url}/control/clock", json={"speed": 0}, timeout=60).json()
        assert clock["speed"] == 0
        assert (
            requests.post(f"{url}/control/clock", json={"advance": 60}, timeout=60).json()["now"] >= clock["now"] + 60
        )


@pytest.mark.asyncio
async def test_a_process_of_its_own() -> None:
    async with SimulatedProcess(machines=20, servers=10, only="openstack") as site:
        folder, pid = site.file.parent, site.pid
        answer = await asyncio.to_thread(requests.get, f"{site.control}/control/world", timeout=60)
        assert answer.json()["servers"] == 10
        assert pid != os.getpid()
    assert site.pid == 0
    assert not folder.exists()


@pytest.mark.asyncio
async def test_a_process_that_cannot_start_says_why() -> None:
    process = SimulatedProcess(machines="many")
    with pytest.raises(RuntimeError, match="invalid int value: 'many'"):
        await process.start()
