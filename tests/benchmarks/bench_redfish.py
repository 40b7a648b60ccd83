"""What visiting 5,000 BMCs costs: ``python -m tests.benchmarks.bench_redfish``.

The BMCs are simulated in another process, each with login, sensors and power; the sweep that is measured comes after
the one in which sessions were opened and paths found, as all but the first do.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from pathlib import Path

import msgspec

from hsops.plugins.redfish.client import Redfish, connect
from hsops.plugins.redfish.options import RedfishOptions
from tests.benchmarks.verdicts import Verdicts
from tests.plugins.replay import ToyContext

BMCS = 5_000
CONCURRENCY = 50
SERVER = """
import asyncio, json, sys, tempfile
from pathlib import Path
from hsops.plugins.redfish.simulator import RedfishFace
from hsops.simulator.machines import Size
from hsops.simulator.world import World
async def main():
    with tempfile.TemporaryDirectory() as folder:
        world = World(Size(machines=int(sys.argv[1]), servers=10, osds_per_host=1), seed=1, folder=Path(folder))
        face = RedfishFace()
        print(json.dumps(await face.start(world)), flush=True)
        await asyncio.to_thread(sys.stdin.read)
        await face.stop()
asyncio.run(main())
"""


async def sweep(connection: Redfish) -> None:
    """Visit everybody once, so many at a time."""
    names = iter(list(connection.bmcs))

    async def work() -> None:
        for name in names:
            await connection.visit(name)

    await asyncio.gather(*(work() for _ in range(CONCURRENCY)))
    silent = [row.trouble for name in connection.bmcs for row in connection.rows(name).values() if row.trouble]
    assert not silent, silent[0]


async def measure(settings: dict[str, object]) -> tuple[float, float]:
    """CPU and wall seconds of the second sweep."""
    known = {key: value for key, value in settings.items() if key != "plugin"}
    connection = await connect(msgspec.convert(known, RedfishOptions), ToyContext(system="bmcs", timeout=60.0))
    await sweep(connection)
    cpu, wall = time.process_time(), time.monotonic()
    await sweep(connection)
    return time.process_time() - cpu, time.monotonic() - wall


def main() -> int:
    """Measure and judge."""
    verdicts = Verdicts("redfish")
    argv = [sys.executable, "-c", SERVER, str(BMCS)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root) as server:
        assert server.stdout is not None
        assert server.stdin is not None
        cpu, wall = asyncio.run(measure(msgspec.json.decode(server.stdout.readline())))
        server.stdin.close()
    verdicts.at_most(f"a sweep of {BMCS:,} BMCs, CPU seconds of a minute", cpu, 12.0)
    verdicts.fact("the same, wall seconds with the simulated BMCs on the same cores", wall)
    verdicts.fact("open connections at most", CONCURRENCY)
    return verdicts.end()


if __name__ == "__main__":
    sys.exit(main())
