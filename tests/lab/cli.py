"""The command line of the lab."""

from __future__ import annotations

import argparse
import fcntl
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from tests.lab import system as lab
from tests.lab.errors import LabError
from tests.lab.installer import install, missing
from tests.lab.place import root
from tests.lab.publish import env_file, publish
from tests.lab.report import say
from tests.lab.system import System
from tests.lab.systems import SYSTEMS, chosen


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit status: 0 done, 1 something failed."""
    options = _parser().parse_args(argv)
    try:
        return int(options.command(options))
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.lab", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    which = f"of {', '.join(SYSTEMS)}; all when none is named"

    def add(name: str, command: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=text, description=text)
        one.add_argument("systems", nargs="*", metavar="SYSTEM", help=which)
        one.set_defaults(command=command)
        return one

    add("install", _install, "install the missing Debian packages (root)")
    add("packages", _packages, "print the Debian packages, one a line")
    add("up", _up, "start what does not run; idempotent")
    add("down", _down, "stop").add_argument("--purge", action="store_true", help="remove the state, too")
    add("status", _status, "how each system is").add_argument("--json", action="store_true", help="as JSON")
    add("check", _check, "one real operation on each system")
    return parser


def _wanted(options: argparse.Namespace) -> list[System]:
    return chosen(options.systems)


def _packages(options: argparse.Namespace) -> int:
    print("\n".join(_package_names(_wanted(options))))
    return 0


def _package_names(systems: Sequence[System]) -> list[str]:
    return sorted({package for system in systems for package in system.packages})


def _install(options: argparse.Namespace) -> int:
    done = install(_package_names(_wanted(options)))
    say("install", f"installed {' '.join(done)}" if done else "nothing was missing")
    return 0


def _up(options: argparse.Namespace) -> int:
    systems = _wanted(options)
    if absent := missing(_package_names(systems)):
        raise LabError(f"packages are missing, run `python -m tests.lab install`: {' '.join(absent)}")
    with _alone():
        return _each(systems, _start)


def _start(system: System) -> str:
    seconds = lab.up(system)
    publish()
    return f"up after {seconds:.1f} s"


def _down(options: argparse.Namespace) -> int:
    def stop(system: System) -> str:
        lab.down(system, purge=options.purge)
        return "down, state removed" if options.purge else "down"

    with _alone():
        status = _each(_wanted(options), stop)
        publish()
    return status


def _check(options: argparse.Namespace) -> int:
    def check(system: System) -> str:
        if not lab.ready(system):
            raise LabError("not up")
        return system.check(system.place)

    return _each(_wanted(options), check)


def _each(systems: Sequence[System], work: Callable[[System], str]) -> int:
    """Do the work for all systems side by side; 1 when it failed for one of them."""

    def one(system: System) -> bool:
        try:
            print(f"{system.name}: {work(system)}", flush=True)
        except LabError as error:
            print(f"{system.name}: FAILED: {error}", file=sys.stderr, flush=True)
            return False
        return True

    with ThreadPoolExecutor(max(1, len(systems))) as pool:
        return 0 if all(list(pool.map(one, systems))) else 1


def _status(options: argparse.Namespace) -> int:
    states = {system.name: lab.state(system) for system in _wanted(options)}
    if options.json:
        systems = {name: _plain(one) for name, one in states.items()}
        print(json.dumps({"root": str(root()), "env": str(env_file()), "systems": systems}, indent=2))
        return 0
    for name, one in states.items():
        gone = f"  ended: {', '.join(one.ended)}" if one.ended else ""
        print(f"{name:<12} {one.word:<9} {len(one.processes):>3} processes {one.memory / 2**20:>6.0f} MiB{gone}")
    return 0


def _plain(one: lab.State) -> dict[str, object]:
    processes = {name: {"pid": found.pid, "alive": found.alive} for name, found in one.processes.items()}
    return {"state": one.word, "memory": one.memory, "processes": processes}


@contextmanager
def _alone() -> Iterator[None]:
    """Two starts at a time would trip over each other: the second one waits."""
    root().mkdir(parents=True, exist_ok=True)
    with (root() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
