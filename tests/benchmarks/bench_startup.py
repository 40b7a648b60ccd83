"""How much it costs to start: CPU seconds of commands beside an empty typer program, in one run.

    python tests/benchmarks/bench_startup.py [ROUNDS]

Prints the medians and their ratios; the goal for ``hsops --help`` is at most 2.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

EMPTY = '''
import typer

app = typer.Typer()


@app.command()
def hello() -> None:
    """Say hello."""


app()
'''


def cpu(command: Sequence[str], env: Mapping[str, str]) -> float:
    """User and system seconds of one run."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, env=env, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main(rounds: int) -> None:
    """Measure by turns, so that a busy moment hits all alike."""
    with tempfile.TemporaryDirectory() as home:
        empty = Path(home) / "empty.py"
        empty.write_text(EMPTY)
        hsops = [sys.executable, "-m", "hsops.cli"]
        commands = {
            "python": [sys.executable, "-c", "pass"],
            "empty typer --help": [sys.executable, str(empty), "--help"],
            "hsops --help": [*hsops, "--help"],
            "hsops get --help": [*hsops, "get", "--help"],
            "hsops kinds": [*hsops, "kinds"],
        }
        env = {**os.environ, "HOME": home}
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        times: dict[str, list[float]] = {name: [] for name in commands}
        for turn in range(rounds + 1):
            for name, command in commands.items():
                used = cpu(command, env)
                if turn:  # the first turn fills caches
                    times[name].append(used)
    medians = {name: statistics.median(values) for name, values in times.items()}
    base = medians["empty typer --help"]
    for name, value in medians.items():
        print(f"{name:20}  {value * 1000:6.0f} ms CPU  {value / base:5.2f} x empty typer")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 9)
