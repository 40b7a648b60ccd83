"""Run the lab's programs: always with a small known environment, always with a time limit."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence

from tests.lab.errors import LabError

PATH = "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
PYTHON = "/usr/bin/python3"  # Debian's own: the distribution's OpenStack and Ceph modules live there


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """What every program of the lab sees: no proxy, no virtual environment, no locale surprises."""
    return {"PATH": PATH, "LANG": "C.UTF-8", "HOME": "/root", "PYTHONDONTWRITEBYTECODE": "1", **(extra or {})}


def which(program: str) -> str | None:
    """Where a program is on the lab's own search path."""
    return shutil.which(program, path=PATH)


def run(
    argv: Sequence[str | os.PathLike[str]],
    *,
    env: Mapping[str, str] | None = None,
    stdin: str | None = None,
    user: str | None = None,
    seconds: float = 300,
    fine: Sequence[int] = (0,),
) -> str:
    """The standard output of a command that must succeed.

    ``user`` runs it under another account.  Raises :class:`LabError` with the command and its own words when the exit
    status is not in ``fine``, when it is missing, or after ``seconds``.
    """
    words = as_user(user, [os.fspath(word) for word in argv])
    try:
        done = subprocess.run(
            words, env=environment(env), input=stdin or "", capture_output=True, text=True, errors="replace",
            timeout=seconds, check=False, cwd="/",
        )  # fmt: skip
    except FileNotFoundError as error:
        raise LabError(f"{words[0]} is not installed: run `python -m tests.lab install`") from error
    except subprocess.TimeoutExpired as error:
        raise LabError(f"`{shlex.join(words)}` did not end in {seconds:.0f} s") from error
    if done.returncode not in fine:
        said = (done.stderr or done.stdout).strip()[-2000:]
        raise LabError(f"`{shlex.join(words)}` ended with {done.returncode}: {said}")
    return done.stdout


def as_user(user: str | None, argv: Sequence[str]) -> list[str]:
    """The same command under another account (an exec chain: the process id stays)."""
    if user is None:
        return list(argv)
    return ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", *argv]
