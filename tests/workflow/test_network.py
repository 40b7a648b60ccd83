"""PostgreSQL is restarted, the network falls silent, several workers share one database. Needs the lab's PostgreSQL."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

import pytest

from hsops.workflow.values import RunStatus
from tests.workflow import toy
from tests.workflow.conftest import PATIENCE, Children, opener, until
from tests.workflow.proxy import Proxy
from tests.workflow.test_failures import when

pytestmark = [pytest.mark.lab, pytest.mark.asyncio, pytest.mark.timeout(300)]

AWAY = float(os.environ.get("HSOPS_AWAY", "8"))
"""Seconds that the database is away. The long test: ``HSOPS_AWAY=60 pytest … test_network.py``."""
TTL = 2.0


@pytest.fixture
def proxy(postgres: str) -> Iterator[Proxy]:
    """The network between us and the database."""
    parts = urlsplit(postgres)
    with Proxy(parts.hostname or "127.0.0.1", parts.port or 5432) as found:
        yield found


@pytest.fixture
def behind(postgres: str, proxy: Proxy) -> str:
    """The database's URL through the proxy."""
    parts = urlsplit(postgres)
    user = parts.netloc.rpartition("@")[0]
    return urlunsplit(parts._replace(netloc=f"{user}@127.0.0.1:{proxy.port}" if user else f"127.0.0.1:{proxy.port}"))


@pytest.mark.parametrize("how", ["cut", "silence"])
async def test_the_database_is_away(world: toy.World, behind: str, proxy: Proxy, how: str) -> None:
    """Restarted, or not heard of for longer than a lease: nothing begins meanwhile, then the run goes on."""
    world.flag("size", "8")
    async with opener(world, behind)(ttl=TTL) as engine:
        run = await engine.submit("toy.drain", {"host": "h", "pause": "0.1"}, site="lab")
        await when(engine, run, lambda info: "move/vm-1" in world.did())
        getattr(proxy, how)()
        await asyncio.sleep(TTL)
        seen = world.tries()
        await asyncio.sleep(max(AWAY - TTL, 1.0))
        assert world.tries() == seen, "no effect begins under a lease that can not be renewed"
        assert how == "silence" or engine.trouble
        (proxy.mend if how == "cut" else proxy.speak)()
        info = await engine.join(run)
    assert info.status is RunStatus.DONE, info.reason
    tries = Counter(world.tries())
    assert set(Counter(world.did()).values()) == {1}
    assert sum(times - 1 for times in tries.values()) <= 2, "at most what was in flight ran again"


async def test_who_lost_the_network_is_replaced_and_fenced(
    world: toy.World, postgres: str, behind: str, proxy: Proxy, children: Children
) -> None:
    """A process without a network goes on living: another one takes its run over; when it is back it does nothing."""
    world.flag("size", "10")
    world.flag("hang-move-vm-1")
    cut_off = children.start(behind, "toy.drain", "host=h", "limit=1", "attended=yes", ttl=TTL)
    until(lambda: "move/vm-1" in world.tries(), "the child to work")
    proxy.silence()
    async with opener(world, postgres)(ttl=TTL) as engine:
        (info,) = await engine.runs()
        await when(engine, info.id, lambda info: info.attempts == 2)
        world.unflag("hang-move-vm-1")
        info = await engine.join(info.id)
        mine = [line for line in world.lines if line[0] == cut_off.pid and line[1] == "try"]
        proxy.speak()
        _, err = cut_off.communicate(timeout=100)
    assert info.status is RunStatus.DONE
    assert (cut_off.returncode, err) == (0, "")
    assert [line for line in world.lines if line[0] == cut_off.pid and line[1] == "try"] == mine
    assert set(Counter(world.did()).values()) == {1}


async def test_three_workers_and_one_is_killed(world: toy.World, postgres: str, children: Children) -> None:
    """The run of the dead one has exactly one new owner; the third does nothing."""
    world.flag("hang-mark")
    first = children.start(postgres, "toy.drain", "host=h")
    until(lambda: "mark" in world.tries(), "the first to work")
    crew = [children.start(postgres) for _ in range(2)]
    assert all(child.stdout is not None and child.stdout.readline() == "ready\n" for child in crew)
    async with opener(world, postgres)(work=False) as looker:
        (info,) = await looker.runs()
        assert (info.owner.rpartition("/")[2], info.attempts) == (str(first.pid), 1)
        first.kill()
        info = await when(looker, info.id, lambda info: info.attempts == 2)
        assert info.owner.rpartition("/")[2] in {str(child.pid) for child in crew}
        world.unflag("hang-mark")
        async with asyncio.timeout(PATIENCE):
            assert (await looker.join(info.id)).status is RunStatus.DONE
    for child in crew:
        _, err = child.communicate(timeout=PATIENCE)
        assert (child.returncode, err) == (0, "")
    assert {pid for pid, verb, _ in world.lines if verb == "try"} == {first.pid, int(info.owner.rpartition("/")[2])}
    assert Counter(world.tries()) == {what: 2 if what == "mark" else 1 for what in world.did()}
