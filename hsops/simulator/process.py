"""The simulated site in a process of its own, so that its CPU is not the console's."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import IO

from hsops.errors import plain

START_TIMEOUT = 120.0


class SimulatedProcess:
    """Runs ``python -m hsops.simulator`` as a child; it ends with us, also when we are killed.

    `options` are the child's flags without their dashes (`machines=60, servers=500, churn=0.01` …).
    """

    def __init__(self, **options: float | str) -> None:
        self._options = options
        self._process: asyncio.subprocess.Process | None = None
        self._errors: IO[bytes] | None = None
        self.file = Path()
        """The site file."""
        self.control = ""
        """URL of the control port."""

    @property
    def pid(self) -> int:
        """Process id of the child; 0 when it is not running."""
        return self._process.pid if self._process is not None else 0

    async def start(self) -> Path:
        """Start it and wait until it serves; gives the site file. Raises RuntimeError with the child's last words."""
        flags = [f"--{name.replace('_', '-')}={value}" for name, value in self._options.items()]
        # A file and not a pipe: nobody reads it while all goes well, and a full pipe would stop the child.
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed in stop()
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "hsops.simulator", "--until-eof", *flags,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=self._errors,
        )  # fmt: skip
        assert self._process.stdout is not None  # noqa: S101 - a pipe was asked for
        try:
            line = await asyncio.wait_for(self._process.stdout.readline(), START_TIMEOUT)
        except BaseException:
            await self.stop()
            raise
        if not line:
            last = self._last_words()
            await self.stop()
            raise RuntimeError(f"the simulated site did not start: {last}")
        ready = json.loads(line)
        self.file, self.control = Path(ready["site"]), ready["control"]
        return self.file

    async def stop(self) -> None:
        """Ask it to end and wait until it has."""
        if self._process is not None:
            assert self._process.stdin is not None  # noqa: S101 - a pipe was asked for
            self._process.stdin.close()
            await self._process.communicate()
            self._process = None
        if self._errors is not None:
            self._errors.close()
            self._errors = None

    def _last_words(self) -> str:
        if self._errors is None:
            return "no reason given"
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").strip().splitlines()
        return plain(lines[-1]) if lines else "no reason given"

    async def __aenter__(self) -> SimulatedProcess:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
