"""``python -m hsops.simulator``: serve a simulated site until interrupted.

Prints one line of JSON when it is ready: ``{"site": FILE, "control": URL}``. What the control port takes is told in
`hsops.simulator.control`.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading

from hsops.simulator.machines import Size
from hsops.simulator.site import SimulatedSite


def main(argv: list[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM (or the end of standard input, when that was asked for)."""
    options = _options(argv)
    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())
    if options.until_eof:
        threading.Thread(target=_wait_for_eof, args=(done,), daemon=True).start()
    size = Size(
        machines=options.machines,
        servers=options.servers,
        storage=options.storage,
        osds_per_host=options.osds_per_host,
        projects=options.projects,
    )
    only = options.only.split(",") if options.only else None
    with SimulatedSite(
        size=size,
        seed=options.seed,
        speed=options.speed,
        churn=options.churn,
        incidents=options.incidents,
        only=only,
    ) as site:
        sys.stdout.write(json.dumps({"site": str(site.file), "control": site.control}) + "\n")
        sys.stdout.flush()
        done.wait()
    return 0


def _wait_for_eof(done: threading.Event) -> None:
    sys.stdin.read()
    done.set()


def _options(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m hsops.simulator", description=__doc__)
    parser.add_argument("--machines", type=int, default=60)
    parser.add_argument("--servers", type=int, default=500)
    parser.add_argument("--storage", type=int, help="machines with OSDs")
    parser.add_argument("--osds-per-host", type=int)
    parser.add_argument("--projects", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--speed", type=float, default=1.0, help="seconds of the world in one second")
    parser.add_argument("--churn", type=float, default=0.0, help="fraction of the servers that changes in a second")
    parser.add_argument("--incidents", type=float, default=0.0, help="something goes wrong every so many seconds")
    parser.add_argument("--only", default="", help="serve these plugins only, separated by commas")
    parser.add_argument("--until-eof", action="store_true", help="end with standard input")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
