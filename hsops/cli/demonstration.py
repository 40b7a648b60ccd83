"""The work behind ``hsops demo``."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Mapping
from typing import Any

from hsops.cli.opening import run
from hsops.cli.output import streams
from hsops.cli.terminal import show_console
from hsops.registry import resolve


def serve(options: Mapping[str, Any]) -> int:
    """Serve a simulated site until SIGINT or SIGTERM; its site file is printed when it is ready."""
    return run(_serve(options))


async def _serve(options: Mapping[str, Any]) -> int:
    done = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, done.set)
    async with resolve("hsops.simulator.site:SimulatedSite")(**options) as site:
        streams.write(f"{site.file}\n", flush=True)
        sys.stderr.write(f"serving until ctrl-c; in another terminal: hsops --site {site.file}\n")
        await done.wait()
    return 0


def show(options: Mapping[str, Any], *, skin: str) -> int:
    """Open the console on a simulated site, which lives in a process of its own and ends with the console."""
    return run(_show(options, skin))


async def _show(options: Mapping[str, Any], skin: str) -> int:
    sys.stderr.write("starting the simulated site…\n")
    async with resolve("hsops.simulator.process:SimulatedProcess")(**options) as site:
        return await show_console(str(site.file), skin=skin)
