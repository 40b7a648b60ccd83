"""Two real Alertmanagers that gossip: one silence for both, whichever is asked, also when one of them is away."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from hsops.config import load_site
from hsops.plugins.alertmanager.workflows import maintenance
from hsops.registry import Registry
from hsops.session import Session
from hsops.workflow.engine import Engine
from hsops.workflow.values import RunStatus
from tests.lab.env import Prometheus

pytestmark = [pytest.mark.lab, pytest.mark.asyncio, pytest.mark.timeout(200)]
PATIENCE = 60.0


def ports(count: int) -> list[int]:
    """Ports that are free now."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def get(url: str) -> Any:
    """A page; None while nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own servers
            return json.load(answer)
    except OSError:
        return None


class Pair:
    """Two members of one cluster."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which("prometheus-alertmanager")
        assert program is not None, "the lab's Alertmanager runs, so its program is there"
        web_a, web_b, gossip_a, gossip_b = ports(4)
        self.urls = [f"http://127.0.0.1:{web_a}", f"http://127.0.0.1:{web_b}"]
        config = folder / "alertmanager.yml"
        config.write_text("route: {receiver: none}\nreceivers: [{name: none}]\n")
        self.all = [
            subprocess.Popen(
                [
                    program, f"--config.file={config}", f"--storage.path={folder / str(web)}",
                    f"--web.listen-address=127.0.0.1:{web}", f"--cluster.listen-address=127.0.0.1:{own}",
                    f"--cluster.peer=127.0.0.1:{other}",
                ],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )
            for web, own, other in ((web_a, gossip_a, gossip_b), (web_b, gossip_b, gossip_a))
        ]  # fmt: skip
        self.site = folder / "site.yaml"
        systems = [{"plugin": "alertmanager", "name": f"am-{at}", "url": url} for at, url in enumerate(self.urls)]
        self.site.write_text(yaml.safe_dump({"site": "pair", "tier": "lab", "systems": systems}))

    def settled(self) -> bool:
        """Whether each sees both."""
        every = [get(f"{url}/api/v2/status") for url in self.urls]
        return all(one and one["cluster"]["status"] == "ready" and len(one["cluster"]["peers"]) == 2 for one in every)

    def silences(self, at: int = 0) -> list[str]:
        """States, as one of them has them."""
        return [one["status"]["state"] for one in get(f"{self.urls[at]}/api/v2/silences")]

    def end(self) -> None:
        """End both."""
        for one in self.all:
            one.kill()
            one.wait()


@pytest.fixture
def pair(lab_prometheus: Prometheus, tmp_path: Path) -> Iterator[Pair]:
    """A cluster that has settled."""
    found = Pair(tmp_path)
    try:
        deadline = time.monotonic() + PATIENCE
        while not found.settled():
            assert time.monotonic() < deadline, "the cluster does not settle"
            time.sleep(0.1)
        yield found
    finally:
        found.end()


async def test_one_silence_for_the_cluster(pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maintenance, "EVERY", 0.1)
    registry = Registry.load()
    values = {"host": "h1", "duration": "30m", "reason": "a test"}
    async with (
        Session([load_site(pair.site, registry)], registry) as session,
        Engine(session, tmp_path / "runs.sqlite", registry.workflow) as engine,
    ):
        plan = await engine.plan("silence.maintenance", values, {}, site="pair")
        assert plan.touches == {"alerts": 0, "alertmanagers": 1}
        run = await engine.submit("silence.maintenance", values, {}, site="pair", attended=False)
        await _until(lambda: pair.silences(0) == pair.silences(1) == ["active"])
        pair.all[1].kill()  # the run goes on with the member that is left
        pair.all[1].wait()
        await engine.abort(run, attended=False)
        info = await engine.join(run)
    assert info.status is RunStatus.ROLLED_BACK, info.reason
    assert pair.silences(0) == ["expired"]


async def test_a_member_that_is_away_as_it_begins(pair: Pair, tmp_path: Path) -> None:
    pair.all[0].kill()
    pair.all[0].wait()
    registry = Registry.load()
    values = {"host": "h1", "duration": "30m", "reason": "a test", "hold": "no"}
    async with (
        Session([load_site(pair.site, registry)], registry) as session,
        Engine(session, tmp_path / "runs.sqlite", registry.workflow) as engine,
    ):
        run = await engine.submit("silence.maintenance", values, {}, site="pair", attended=False)
        info = await engine.join(run)
    assert info.status is RunStatus.DONE, info.reason
    assert pair.silences(1) == ["active"]


async def test_a_drain_that_asks_every_member_makes_one(pair: Pair) -> None:
    registry = Registry.load()
    async with Session([load_site(pair.site, registry)], registry) as session:
        ids = [
            await one.create("h1", until=time.time() + 600, comment="hsops:x drain of h1", author="me")
            for one in await session.silencers("pair")
        ]
    assert len(ids) == 2
    assert len(set(ids)) == 1
    await _until(lambda: pair.silences(0) == pair.silences(1) == ["active"])


async def _until(condition: Any) -> None:
    for _ in range(int(PATIENCE / 0.1)):
        if condition():
            return
        await asyncio.sleep(0.1)
    pytest.fail("it did not come")
