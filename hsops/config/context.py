"""What a plugin's `connect` gets beside its options; secrets are resolved here and nowhere else."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import stat
from collections.abc import Sequence
from pathlib import Path

from hsops.config.values import Site, System
from hsops.errors import AuthFailed
from hsops.plugin import Secret

LARGEST = 64 * 1024
"""Bytes of a secret; what is longer is not one."""
COMMAND_TIME = 30.0
"""Seconds a secret's command may take: a password store may wait for a smart card."""

_log = logging.getLogger(__name__)


class SystemContext:
    """The context of one system of a site (`hsops.plugin.Context`)."""

    def __init__(self, site: Site, system: System) -> None:
        self.site = site.name
        self.system = system.name
        self.tier: str = site.tier
        self.timeout = system.timeout
        self._folder = site.file.parent

    def path(self, name: str) -> Path:
        """``~`` expanded; a relative path is taken from the site file's folder."""
        return self._folder / _home(name)

    async def secret(self, secret: Secret) -> str:
        """The value of a reference, without its line end. It is never written anywhere. Raises AuthFailed."""
        if secret.env is not None:
            return self._from_environment(secret.env)
        if secret.file is not None:
            return await asyncio.to_thread(self._from_file, self.path(secret.file))
        return await self._from_command(secret.command or ())

    def _failed(self, what: str, hint: str) -> AuthFailed:
        return AuthFailed(what, system=self.system, hint=hint)

    def _from_environment(self, name: str) -> str:
        value = os.environ.get(name)
        if not value:
            raise self._failed(f"the secret's environment variable {name} is not set", f"export {name}")
        return value

    def _from_file(self, path: Path) -> str:
        try:
            with path.open("rb") as file:
                mode = os.fstat(file.fileno()).st_mode
                raw = file.read(LARGEST + 1)
        except OSError as error:
            what = f"the secret's file {path} cannot be read: {error.strerror}"
            raise self._failed(what, "check the path, its owner and mode") from error
        if stat.S_ISREG(mode) and mode & 0o077:
            _log.warning("%s: the secret's file %s is open to others: chmod 600", self.system, path)
        return self._text(raw, f"the secret's file {path}")

    def _text(self, raw: bytes, origin: str) -> str:
        hint = "check the reference in the site file"
        if len(raw) > LARGEST:
            raise self._failed(f"{origin} gives more than {LARGEST} bytes", hint)
        try:
            value = raw.decode().rstrip("\r\n")
        except UnicodeDecodeError:
            raise self._failed(f"{origin} does not give text", hint) from None
        if not value:
            raise self._failed(f"{origin} gives nothing", hint)
        return value

    async def _from_command(self, argv: Sequence[str]) -> str:
        """Run the command without a shell and without our standard input."""
        if not argv:
            raise self._failed("a secret refers to nothing", "write env, file or command")
        program = _home(argv[0])
        origin = f"the secret's command {program}"
        pipe = asyncio.subprocess.PIPE
        try:
            process = await asyncio.create_subprocess_exec(
                program, *argv[1:], cwd=self._folder, stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=pipe
            )
        except OSError as error:
            raise self._failed(f"{origin} cannot be run: {error.strerror}", "check the program's path") from error
        try:
            async with asyncio.timeout(COMMAND_TIME):
                out, told = await process.communicate()
        except TimeoutError:
            raise self._failed(f"{origin} did not end in {COMMAND_TIME:g} s", "does it ask for something?") from None
        finally:
            await _end(process)
        if process.returncode:
            why = _first_line(told)
            what = f"{origin} ended with {process.returncode}" + (f": {why}" if why else "")
            raise self._failed(what, "run it by hand")
        return self._text(out, origin)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _home(name: str) -> str:
    return os.path.expanduser(name)


def _first_line(raw: bytes) -> str:
    return raw[:4000].decode(errors="replace").strip().partition("\n")[0][:200]
