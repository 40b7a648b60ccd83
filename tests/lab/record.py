"""``python -m tests.lab.record [--check] [SYSTEM…]``: refresh the tests' recordings from the running lab.

Plain questions are asked again and their answers written in the same form, without secrets, host names and paths of
this machine. What has effects, names ids or times of the recorded world, or shows something that the lab does not show
now is kept; every entry is told with the reason. ``--check`` writes nothing and ends with 1 when an answer is of
another shape (keys, types) than those recorded.

A sequence of entries is refreshed whole or not at all. Run the tests after it: those that state values of the recorded
world must be told the new ones.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from tests.lab.env import Lab, load, required
from tests.lab.errors import LabError
from tests.lab.recording.files import FOLDERS, TESTS, replace
from tests.lab.recording.refresh import NEEDS, Recordings, asker

SHAPE_CHANGED, NO_LAB = 1, 2


def main(argv: Sequence[str] | None = None) -> int:
    """Refresh or check; gives the exit code."""
    options = _options(argv)
    lab, changed, asked = load(), 0, 0
    for system in options.systems or FOLDERS:
        absent = lab.reason(NEEDS[system])
        if absent is not None:
            print(f"{system}: left as it is: {absent}")
            continue
        asked += 1
        changed += refresh(system, lab, check=options.check, verbose=options.verbose)
    if not asked or (required() and asked < len(options.systems or FOLDERS)):
        return NO_LAB
    return SHAPE_CHANGED if options.check and changed else 0


def refresh(system: str, lab: Lab, *, check: bool, verbose: bool = False) -> int:
    """One system's recordings; gives the number of entries whose shape has changed. Raises LabError."""
    recordings = Recordings(system)
    recordings.ask(asker(system, lab))
    changed = 0
    for file, verdicts in recordings.verdicts.items():
        fresh = [verdict for verdict in verdicts if (verdict.fresh is not None if check else not verdict.why)]
        print(f"{file.relative_to(TESTS)}: {len(fresh)} of {len(verdicts)} {'compared' if check else 'refreshed'}")
        for verdict in verdicts:
            if verdict.why and (verbose or not check):
                print(f"    kept      {verdict.name[:100]}: {verdict.why}")
            for change in verdict.changes:
                print(f"    CHANGED   {verdict.name[:100]}: {change}")
            changed += bool(verdict.changes)
        if fresh and not check:
            replace(file, recordings.texts[file])
    return changed


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.lab.record", description="Refresh the recordings from the lab."
    )
    parser.add_argument("systems", nargs="*", metavar="SYSTEM", help=f"of {', '.join(FOLDERS)}; all without")
    parser.add_argument("--check", action="store_true", help="write nothing; 1 when a shape has changed")
    parser.add_argument("-v", "--verbose", action="store_true", help="with --check: tell what was not asked, and why")
    options = parser.parse_args(argv)
    unknown = set(options.systems) - FOLDERS.keys()
    if unknown:
        parser.error(f"no recordings of {', '.join(sorted(unknown))}")
    return options


if __name__ == "__main__":
    try:
        sys.exit(main())
    except LabError as error:
        sys.exit(f"record: {error}")
