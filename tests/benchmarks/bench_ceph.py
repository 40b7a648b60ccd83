"""What a refresh of a Ceph cluster of 1,000 OSDs costs the console: ``python -m tests.benchmarks.bench_ceph``.

The answers come from the simulated world (real shapes, 1,000 OSDs, 33,000 placement groups), made beforehand, so that
only the client's work is measured: decode, rows, store. Side by side in the same run: ``json.loads`` of the same bytes.
With ``--ssh`` also over a real SSH connection to the simulated host in another process.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from hsops.live.store import Store
from hsops.plugins.ceph import PLUGIN
from hsops.plugins.ceph.client import CephClient, connect
from hsops.plugins.ceph.command import Command
from hsops.plugins.ceph.pg_map import pg_map
from hsops.plugins.ceph.simulator.catalogue import answer
from hsops.plugins.ceph.sources.osd_map import MapMemory
from hsops.plugins.ceph.sources.osds import OsdMemory
from hsops.plugins.ceph.transport.base import Reply
from hsops.simulator.clock import Clock
from hsops.simulator.machines import Size
from hsops.simulator.world import World
from tests.plugins.ceph.helping import Context, options

LIMIT_MS = 50.0
ROUNDS = 9


class Canned:
    """A transport that gives the world's answers of the moment when they were made."""

    name = "canned"
    lost = False

    def __init__(self, world: World) -> None:
        self.world = world
        self.bodies: dict[str, bytes] = {}

    async def command(self, command: Command, timeout: float) -> Reply:  # noqa: ASYNC109 - the transports' signature
        """From the can; made at the first use."""
        key = str(command)
        if key not in self.bodies:
            self.bodies[key] = answer(self.world, key.split()[1:]).body()
        return Reply(0, self.bodies[key], "")

    async def aclose(self) -> None:
        """Nothing to close."""


async def cpu(work: Callable[[], Awaitable[object]], rounds: int = ROUNDS) -> float:
    """Median CPU milliseconds of this process."""
    spent = []
    for _ in range(rounds):
        begin = time.process_time()
        await work()
        spent.append((time.process_time() - begin) * 1e3)
    return statistics.median(spent)


class Console:
    """The plugin's sources and a store, as a session has them."""

    def __init__(self, client: CephClient) -> None:
        self.client = client
        self.store = Store(PLUGIN.kinds)
        self.cursors: dict[str, Any] = {}

    async def poll(self, *kinds: str, full: bool) -> None:
        """One poll of the sources that feed these kinds, into the store."""
        for source in PLUGIN.sources:
            if source.kinds[0] in kinds and source.poll is not None:
                cursor = None if full else self.cursors.get(source.kinds[0])
                batch = await source.poll(self.client, cursor)
                self.cursors[source.kinds[0]] = batch.cursor
                self.store.apply("bench", "ceph", source.kinds, batch)


async def canned(world: World) -> bool:
    """Client work alone. Returns whether the limit held."""
    transport = Canned(world)
    client = CephClient(transport, "ceph", 10)
    console = Console(client)
    refresh = ("ceph.cluster", "ceph.host", "ceph.pool")

    async def map_moved() -> None:
        world.ceph.epoch += 1
        for key in ("ceph status", "ceph osd dump"):
            body = json.loads(transport.bodies[key])
            (body["osdmap"] if key == "ceph status" else body)["epoch"] = world.ceph.epoch
            transport.bodies[key] = json.dumps(body).encode()
        client.forget_status()
        client.forget(OsdMemory)  # fill and latency are read again, too

    await console.poll(*refresh, "ceph.pg", full=True)
    full = []
    for _ in range(ROUNDS):
        await map_moved()
        full.append(await cpu(lambda: console.poll(*refresh, full=True), 1))
    first = statistics.median(full)
    client.forget_status()
    steady = await cpu(lambda: console.poll(*refresh, full=False))
    bodies = [body for key, body in transport.bodies.items() if not key.startswith("ceph pg dump")]
    naive = await cpu(lambda: _loads(bodies))
    print(f"OSDs {len(world.ceph.osds):,}, placement groups {len(world.ceph.pgs):,}, {sum(map(len, bodies)):,} bytes")
    print(f"refresh after a change of the map   {first:7.1f} ms CPU   limit {LIMIT_MS:g}")
    print(f"  json.loads of the same bytes      {naive:7.1f} ms CPU   {first / naive:.2f} x, rows and store included")
    print(f"steady refresh, nothing changed     {steady:7.1f} ms CPU   {steady / first:.3f} of the full one")
    await placement_groups(console, transport)
    return first <= LIMIT_MS


async def _loads(bodies: list[bytes]) -> None:
    for body in bodies:
        json.loads(body)


async def placement_groups(console: Console, transport: Canned) -> None:
    """The big one: all groups, none changed, one in a hundred changed; and the map for the screen."""
    key = next(key for key in transport.bodies if key.startswith("ceph pg dump"))
    body = transport.bodies[key]
    full = await cpu(lambda: console.poll("ceph.pg", full=True))
    same = await cpu(lambda: console.poll("ceph.pg", full=False))
    status = json.loads(transport.bodies["ceph status"])
    status["pgmap"]["pgs_by_state"].append({"state_name": "active+clean+scrubbing", "count": len(body) // 12000})
    transport.bodies["ceph status"] = json.dumps(status).encode()
    console.client.forget_status()
    parts = body.split(b'"active+clean"')
    turns = []
    for turn in range(ROUNDS):
        joined = [parts[0]]
        for index, part in enumerate(parts[1:]):
            joined += [b'"active+clean+scrubbing"' if index % 100 == turn else b'"active+clean"', part]
        transport.bodies[key] = b"".join(joined)
        turns.append(await cpu(lambda: console.poll("ceph.pg", full=False), 1))
    rows = console.store.lookup("bench", "ceph")
    begin = time.process_time()
    pg_map(rows)
    drawn = (time.process_time() - begin) * 1e3
    naive = await cpu(lambda: _loads([body]))
    print(f"placement groups, {len(body):,} bytes; json.loads alone {naive:.1f} ms CPU")
    print(f"  full list {full:.1f} ms, unchanged {same:.1f} ms, 1 % changed {statistics.median(turns):.1f} ms")
    print(f"  PG map for the screen {drawn:.1f} ms")


SERVER = """
import asyncio, json, sys, tempfile
from pathlib import Path
from hsops.plugins.ceph.simulator import CephFace
from hsops.simulator.clock import Clock
from hsops.simulator.machines import Size
from hsops.simulator.world import World

async def main():
    with tempfile.TemporaryDirectory() as folder:
        world = World(Size(machines=2000, servers=100), clock=Clock(0, 1.8e9), folder=Path(folder))
        world.ceph.pgs
        face = CephFace()
        face.has_rados = sys.argv[1] == "agent"
        print(json.dumps(await face.start(world)), flush=True)
        await asyncio.to_thread(sys.stdin.read)
        await face.stop()

asyncio.run(main())
"""


async def over_ssh(transport: str) -> None:
    """The same with a real connection; the simulated host is another process."""
    server = subprocess.Popen(  # noqa: ASYNC220 - before anything is measured
        [sys.executable, "-c", SERVER, transport], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert server.stdin is not None
    assert server.stdout is not None
    try:
        settings = json.loads(server.stdout.readline())
        client = await connect(options(settings), Context(timeout=30))
        console = Console(client)

        async def refresh() -> None:
            client.forget_status()
            client.forget(MapMemory)
            client.forget(OsdMemory)
            await console.poll("ceph.cluster", "ceph.host", "ceph.pool", full=True)

        await refresh()
        print(f"over SSH by {client.via}: full refresh {await cpu(refresh):.1f} ms CPU, decryption included")
        await client.aclose()
    finally:
        server.stdin.close()
        server.wait(30)


def main() -> int:
    """Run it; exit 1 when the limit was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ssh", action="store_true", help="also over SSH")
    parser.add_argument("--machines", type=int, default=2000)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        size = Size(machines=chosen.machines, servers=100)
        held = asyncio.run(canned(World(size, clock=Clock(0, 1.8e9), folder=Path(folder))))
    if chosen.ssh:
        for transport in ("agent", "cli"):
            asyncio.run(over_ssh(transport))
    print("held" if held else "MISSED")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
