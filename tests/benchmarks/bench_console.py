"""The console on a large, busy simulated site, and its first paint against a minimal textual app.

python tests/benchmarks/bench_console.py [--seconds 60] [--machines 2000] [--servers 20000]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from hsops.simulator.process import SimulatedProcess
from tests.benchmarks.terminal import Terminal, load_of_machine
from tests.benchmarks.verdicts import Verdicts

HSOPS = str(Path(sys.executable).parent / "hsops")
MINIMAL = """
from textual.app import App
from textual.widgets import Static
class Minimal(App):
    def compose(self):
        yield Static("ready-to-measure")
Minimal().run()
"""


def environment(state: Path) -> dict[str, str]:
    """State and configuration of its own."""
    return {"HSOPS_STATE_DIR": str(state / "state"), "HSOPS_CONFIG_DIR": str(state / "config")}


def first_paint(argv: list[str], text: str, env: dict[str, str]) -> tuple[float, float]:
    """Wall and processor seconds until `text` is on the screen."""
    start = time.monotonic()
    with Terminal(argv, columns=120, lines=40, env=env) as terminal:
        while not any(text in line for line in terminal.screen()):
            terminal.read(quiet=0.01, wait=0.05, limit=0.1)
            assert time.monotonic() - start < 60, "\n".join(terminal.screen())
        return time.monotonic() - start, terminal.cpu_seconds()


def compare_first_paint(site: Path, verdicts: Verdicts, env: dict[str, str]) -> None:
    """In turns."""
    ours, minimal = [], []
    for _ in range(7):
        ours.append(first_paint([HSOPS, "--site", str(site)], "compute foundation", env))
        minimal.append(first_paint([sys.executable, "-c", MINIMAL], "ready-to-measure", env))
    wall = [statistics.median(run[0] for run in runs) for runs in (ours, minimal)]
    cpu = [statistics.median(run[1] for run in runs) for runs in (ours, minimal)]
    verdicts.fact("first paint", wall[0] * 1000, " ms")
    verdicts.fact("first paint of a minimal app", wall[1] * 1000, " ms")
    verdicts.fact("cpu until first paint over minimal", cpu[0] / cpu[1])
    verdicts.at_most("first paint over minimal", wall[0] / wall[1], 1.5)


def watch_overview(site: Path, verdicts: Verdicts, env: dict[str, str], seconds: float) -> None:
    """Processor, memory and bytes of the overview while one percent of the servers changes every second."""
    with Terminal([HSOPS, "--site", str(site)], columns=120, lines=40, env=env) as terminal:
        terminal.read(quiet=3600, wait=20, limit=45)  # the first lists are in
        print("\n".join(line.rstrip() for line in terminal.screen()[:12]))
        cpu, start, written = terminal.cpu_seconds(), time.monotonic(), 0
        while time.monotonic() - start < seconds:
            written += len(terminal.read(quiet=3600, wait=1, limit=5).data)
        took = time.monotonic() - start
        verdicts.at_most("console cpu of one core", (terminal.cpu_seconds() - cpu) / took, 0.25)
        verdicts.at_most("console memory", terminal.resident_bytes() / 2**20, 250, " MiB")
        verdicts.at_most("bytes to the terminal a second", written / took, 4000)


async def main() -> int:
    """Both on one simulated site."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--machines", type=int, default=2000)
    parser.add_argument("--servers", type=int, default=20000)
    options = parser.parse_args()
    verdicts = Verdicts("console")
    print(load_of_machine())
    os.environ.pop("NO_COLOR", None)
    with tempfile.TemporaryDirectory() as state:
        env = environment(Path(state))
        async with SimulatedProcess(machines=60, servers=200) as site:
            await asyncio.to_thread(compare_first_paint, site.file, verdicts, env)
        async with SimulatedProcess(machines=options.machines, servers=options.servers, churn=0.01) as site:
            await asyncio.to_thread(watch_overview, site.file, verdicts, env, options.seconds)
    return verdicts.end()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
