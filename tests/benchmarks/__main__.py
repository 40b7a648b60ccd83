"""``python -m tests.benchmarks [NAME…]``: run the benchmarks, each in a process of its own; exit 1 when one missed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main() -> int:
    """Run all, or those named (``table`` for bench_table.py)."""
    wanted = sys.argv[1:]
    files = sorted(HERE.glob("bench_*.py"))
    chosen = [file for file in files if not wanted or file.stem.removeprefix("bench_") in wanted]
    missed = []
    for file in chosen:
        print(f"\n== {file.stem.removeprefix('bench_')}", flush=True)
        if subprocess.run([sys.executable, str(file)], check=False).returncode:
            missed.append(file.stem)
    print(f"\n{len(chosen)} benchmarks, missed: {', '.join(missed) or 'none'}")
    return 1 if missed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
