"""The virtual table against its targets and against textual's DataTable, side by side on real pseudo-terminals.

    python tests/benchmarks/bench_table.py [--pages N]

Prints what was measured, the ratios, and all of it as json on the last line; exits 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # hsops and tests of this checkout

from hsops.screens.widgets.table_view import CHANGED_SECONDS
from tests.benchmarks.terminal import PAGE_DOWN, Terminal, load_of_machine, percentile

APP = Path(__file__).with_name("table_app.py")
MAKES = (("panel", 100_000), ("panel", 10_000), ("datatable", 10_000))
WARM_UP = 5
CHANGES = 5


@dataclass
class Measured:
    """One table in one terminal: seconds and bytes of each action."""

    name: str
    terminal: Terminal
    report: Path
    load: dict[str, float] = field(default_factory=dict)
    pages: list[float] = field(default_factory=list)
    page_bytes: list[int] = field(default_factory=list)
    page_cpu: float = 0.0
    change_bytes: list[int] = field(default_factory=list)
    fade_bytes: list[int] = field(default_factory=list)
    resident: int = 0

    def page_down(self) -> None:
        """One key; the time until its last byte."""
        cpu = self.terminal.cpu_seconds()
        burst = self.terminal.press(PAGE_DOWN)
        self.page_cpu += self.terminal.cpu_seconds() - cpu
        self.pages.append(burst.seconds)
        self.page_bytes.append(len(burst.data))

    def change(self) -> None:
        """Four visible cells change; then their marks fade (where a table marks changes)."""
        self.change_bytes.append(len(self.terminal.press("c", quiet=0.8).data))
        self.fade_bytes.append(len(self.terminal.read(quiet=0.8, wait=CHANGED_SECONDS + 1).data))

    def summary(self) -> dict[str, float]:
        """Milliseconds and bytes."""
        return {
            "load_ms": 1000 * self.load["load"],
            "load_settled_ms": 1000 * self.load["settled"],
            "page_down_median_ms": 1000 * statistics.median(self.pages),
            "page_down_p95_ms": 1000 * percentile(self.pages, 0.95),
            "page_down_cpu_ms": 1000 * self.page_cpu / len(self.pages),
            "page_down_bytes": statistics.median(self.page_bytes),
            "change_bytes": statistics.median(self.change_bytes),
            "fade_bytes": statistics.median(self.fade_bytes),
            "resident_mb": self.resident / 1e6,
        }


class Target(NamedTuple):
    """A figure to reach: at most or at least `bound`."""

    name: str
    value: float
    bound: float
    at_most: bool

    @property
    def met(self) -> bool:
        return self.value <= self.bound if self.at_most else self.value >= self.bound

    def __str__(self) -> str:
        relation = "at most" if self.at_most else "at least"
        return f"{'ok  ' if self.met else 'MISS'} {self.name}: {self.value:.1f} ({relation} {self.bound:g})"


def start(stack: ExitStack, folder: Path, make: str, rows: int) -> Measured:
    """A table in a terminal of its own, loaded and painted."""
    report = folder / f"{make}-{rows}.json"
    env = {"PYTHONPATH": str(APP.parents[2])}
    terminal = stack.enter_context(Terminal([sys.executable, str(APP), make, str(rows), str(report)], env=env))
    patience = time.monotonic() + 300
    while not report.exists():
        if terminal.process.poll() is not None or time.monotonic() > patience:
            sys.exit(f"{make} with {rows} rows did not start:\n" + "\n".join(terminal.screen()))
        terminal.read(quiet=0.3, wait=1)
    terminal.read(quiet=1.0, wait=1)
    return Measured(f"{make} {rows}", terminal, report, json.loads(report.read_text()))


def measure(pages: int) -> dict[str, dict[str, float]]:
    """All three tables, taking turns."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        tables = [
            start(stack, folder, *make) for make in (("panel", 100_000), ("panel", 10_000), ("datatable", 10_000))
        ]
        for turn in range(WARM_UP + pages):
            for table in tables:
                table.page_down()
                if turn == WARM_UP - 1:
                    table.pages.clear()
                    table.page_bytes.clear()
                    table.page_cpu = 0.0
        for _ in range(CHANGES):
            for table in tables:
                table.change()
        for table in tables:
            table.resident = table.terminal.resident_bytes()
        return {table.name: table.summary() for table in tables}


def targets(found: dict[str, dict[str, float]]) -> list[Target]:
    """The figures that were promised."""
    big, ours, theirs = found["panel 100000"], found["panel 10000"], found["datatable 10000"]
    with_fade = ours["change_bytes"] + ours["fade_bytes"]
    return [
        Target("page-down p95 at 100,000 rows, ms", big["page_down_p95_ms"], 16, True),
        Target(
            "page-down at 10,000 rows, times faster than DataTable (median)",
            theirs["page_down_median_ms"] / ours["page_down_median_ms"],
            8,
            False,
        ),
        Target(
            "bytes for four changed visible cells, times fewer than DataTable",
            theirs["change_bytes"] / ours["change_bytes"],
            30,
            False,
        ),
        Target(
            "the same, counting the bytes of the fading marks too",
            theirs["change_bytes"] / with_fade,
            30,
            False,
        ),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=60, help="page-downs measured for each table")
    pages = parser.parse_args().pages
    print(f"200x50, {load_of_machine()}")
    found = measure(pages)
    for name, values in found.items():
        print(name, " ".join(f"{key}={value:.1f}" for key, value in values.items()))
    judged = targets(found)
    print(*judged, sep="\n")
    print(json.dumps({"measured": found, "targets": {target.name: target.value for target in judged}}))
    return 0 if all(target.met for target in judged) else 1


if __name__ == "__main__":
    sys.exit(main())
