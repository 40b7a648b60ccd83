"""`hsops get server -o json` on 1,008 servers against `openstack server list --all-projects`, side by side.

Both ask the same simulated cloud, in turns. Then a steady refresh (`changes-since`) against a full list.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from hsops.config import load_site
from hsops.registry import Registry
from hsops.session import Session
from hsops.simulator.process import SimulatedProcess
from tests.benchmarks.terminal import load_of_machine
from tests.benchmarks.verdicts import Cost, Verdicts, run_measured

SERVERS = 1008
ROUNDS = 5
BIN = Path(sys.executable).parent
KIND = "openstack.server"


def clients(site: Path) -> tuple[list[str], list[str], dict[str, str]]:
    """The two commands, and the environment of the second."""
    system = yaml.safe_load(site.read_text())["systems"][0]
    ours = [str(BIN / "hsops"), "--site", str(site), "get", "server", "-o", "json"]
    theirs = [str(BIN / "openstack"), "--os-cloud", system["cloud"], "server", "list", "--all-projects", "-f", "json"]
    return ours, theirs, {"OS_CLIENT_CONFIG_FILE": str(site.parent / system["config_file"])}


def compare(site: Path, verdicts: Verdicts) -> None:
    """Both commands in turns."""
    ours, theirs, env = clients(site)
    costs: dict[str, list[Cost]] = {"hsops": [], "openstack": []}
    for _ in range(ROUNDS):
        costs["hsops"].append(run_measured(ours))
        costs["openstack"].append(run_measured(theirs, env))
    for name, runs in costs.items():
        assert all(run.code == 0 for run in runs), f"{name} failed: {[run.code for run in runs]}"
        listed = json.loads(runs[0].output)
        count = len(listed["items"] if name == "hsops" else listed)
        assert count == SERVERS, f"{name} listed {count} servers"
    cpu = {name: statistics.median(run.cpu for run in runs) for name, runs in costs.items()}
    wall = {name: statistics.median(run.wall for run in runs) for name, runs in costs.items()}
    for name in costs:
        verdicts.fact(f"{name} cpu", cpu[name], " s")
        verdicts.fact(f"{name} wall", wall[name], " s")
    verdicts.at_most("cpu of hsops over openstack", cpu["hsops"] / cpu["openstack"], 0.1)
    verdicts.at_most("wall of hsops over openstack", wall["hsops"] / wall["openstack"], 1 / 3)


async def refreshes(site: Path, verdicts: Verdicts) -> None:
    """A full list and a difference, by the plugin's own source."""
    registry = Registry.load()
    async with Session([load_site(site, registry)], registry) as session:
        system = session.system_of(session.sites[0].name, "openstack")
        connection = await session.connection(session.sites[0].name, system)
        source = next(each for each in registry.plugin("openstack").sources if KIND in each.kinds)
        assert source.poll is not None
        batch = await source.poll(connection, None)
        assert len([row for row in batch.upserts if row.KIND == KIND]) == SERVERS
        full, delta = [], []
        for _ in range(20):
            start = time.process_time()
            batch = await source.poll(connection, None)
            full.append(time.process_time() - start)
            cursor = batch.cursor
            start = time.process_time()
            batch = await source.poll(connection, cursor)
            delta.append(time.process_time() - start)
            assert not batch.full
        verdicts.fact("full list cpu", statistics.median(full) * 1000, " ms")
        verdicts.fact("steady refresh cpu", statistics.median(delta) * 1000, " ms")
        verdicts.at_most("steady refresh over full list", statistics.median(delta) / statistics.median(full), 1 / 20)


async def main() -> int:
    """Run both comparisons on one simulated cloud."""
    verdicts = Verdicts("get")
    print(load_of_machine())
    async with SimulatedProcess(machines=60, servers=SERVERS, only="openstack") as site:
        await asyncio.to_thread(compare, site.file, verdicts)
        await refreshes(site.file, verdicts)
    return verdicts.end()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
