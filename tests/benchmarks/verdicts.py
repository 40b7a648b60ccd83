"""Targets and what was measured, printed the same way by every benchmark."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


class Cost(NamedTuple):
    """What a process took: seconds of processor and of wall."""

    cpu: float
    wall: float
    code: int
    output: bytes


def run_measured(argv: Sequence[str], env: Mapping[str, str] | None = None) -> Cost:
    """Run a program to its end and measure it with its children."""
    start = time.monotonic()
    surroundings = {**os.environ, **(env or {})}
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=surroundings)
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    return Cost(usage.ru_utime + usage.ru_stime, time.monotonic() - start, process.returncode, output)


@dataclass
class Verdicts:
    """Collects lines ``what: measured (target)`` and tells at the end whether all targets were met."""

    name: str
    measured: dict[str, float] = field(default_factory=dict)
    missed: list[str] = field(default_factory=list)

    def at_most(self, what: str, value: float, limit: float, unit: str = "") -> None:
        """`value` must not exceed `limit`."""
        self._line(what, value, value <= limit, f"<= {limit:g}{unit}", unit)

    def at_least(self, what: str, value: float, limit: float, unit: str = "") -> None:
        """`value` must reach `limit`."""
        self._line(what, value, value >= limit, f">= {limit:g}{unit}", unit)

    def fact(self, what: str, value: float, unit: str = "") -> None:
        """Something measured without a target."""
        self.measured[what] = round(value, 6)
        print(f"  {what}: {value:.4g}{unit}", flush=True)

    def _line(self, what: str, value: float, met: bool, target: str, unit: str) -> None:
        self.measured[what] = round(value, 6)
        if not met:
            self.missed.append(what)
        print(f"{'✓' if met else '✗'} {what}: {value:.4g}{unit} (target {target})", flush=True)

    def end(self) -> int:
        """Print everything as JSON; the exit code."""
        print(json.dumps({"benchmark": self.name, "measured": self.measured, "missed": self.missed}))
        return 1 if self.missed else 0
