"""Packages: what would come, and an installation that goes on when the one who began it has died.

The package manager runs detached from the SSH session: a connection that breaks in the middle would leave it half
configured. It writes into a folder of root's own, one for each run, and whoever comes later waits for the same
installation instead of starting a second one.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Sequence

from hsops.api import HsopsError, Outcome, Progress, Unsupported
from hsops.plugins.linux.client import Fleet
from hsops.plugins.linux.probe import Facts

LONGEST = 3600.0
"""Seconds that an installation may take."""
_LOOK_EVERY = 1.0
_DEAF = 300.0
"""Seconds for which the host may not answer meanwhile: sshd or the network may be among the packages."""
_QUIET = ("DEBIAN_FRONTEND=noninteractive", "NEEDRESTART_SUSPEND=1")
_KEEP_FILES = ("-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold")
_FOLDER = "/run/hsops"

_START = r"""
umask 077; d=$1; shift; mkdir -p "${d%/*}" && chmod 700 "${d%/*}" || exit 1
if [ -e "$d/rc" ] && [ "$(cat "$d/rc")" != 0 ]; then rm -rf "$d"; fi
if [ -e "$d/pid" ] && [ ! -e "$d/rc" ] && ! kill -0 "$(cat "$d/pid")" 2>/dev/null; then rm -rf "$d"; fi
mkdir "$d" 2>/dev/null || exit 0
setsid sh -c 'd=$1; shift; echo $$ >"$d/pid"; "$@" >"$d/log" 2>&1; echo $? >"$d/rc.new"; mv "$d/rc.new" "$d/rc"' \
  sh "$d" "$@" </dev/null >/dev/null 2>&1 &
n=0; while [ ! -e "$d/pid" ] && [ $n -lt 50 ]; do n=$((n + 1)); sleep 0.1; done
"""
"""Starts it unless it runs or has ended well; one that has failed or was killed is started anew."""

_STATUS = r"""
d=$1; [ -d "$d" ] || { echo none; exit 0; }
if [ -e "$d/rc" ]; then echo "ended $(cat "$d/rc")"
elif kill -0 "$(cat "$d/pid" 2>/dev/null)" 2>/dev/null; then echo running
else echo killed; fi
tail -n 3 "$d/log" 2>/dev/null
"""


def command_of(facts: Facts) -> list[str]:
    """The command that installs everything pending without removing a package. Raises Unsupported."""
    if facts.manager == "apt":
        upgrade = ["apt-get", "-q", "-y", "--with-new-pkgs", *_KEEP_FILES, "upgrade"]
        refresh = ["apt-get", "-q", "update"]
        return ["env", *_QUIET, "sh", "-c", f"{' '.join(refresh)} && {' '.join(upgrade)}"]
    if facts.manager == "dnf":
        return ["dnf", "-q", "-y", "upgrade"]
    raise Unsupported(f"neither apt nor dnf: {facts.os or 'an unknown system'}", hint="upgrade it by its own means")


async def install(fleet: Fleet, host: str, run: str, command: Sequence[str], progress: Progress) -> Outcome:
    """Install, or wait for what an earlier life of this run has begun."""
    folder = f"{_FOLDER}/{re.sub('[^A-Za-z0-9_-]', '_', run)}-packages"
    await fleet.must(host, ["sh", "-c", _START, "sh", folder, *command], root=True)
    word, tail = await _end(fleet, host, folder, progress)
    fleet.forget(host)
    if word == "ended 0":
        return Outcome(status="done", text=tail or "installed")
    return Outcome(status="failed", text=f"the installation {word}: {tail}; look at {folder}/log on {host}")


async def _end(fleet: Fleet, host: str, folder: str, progress: Progress) -> tuple[str, str]:
    began = heard = time.monotonic()
    while True:
        try:
            answer = await fleet.run(host, ["sh", "-c", _STATUS, "sh", folder], root=True)
        except HsopsError as error:
            if time.monotonic() - heard > _DEAF:
                raise
            progress(f"does not answer meanwhile: {error.what}")
        else:
            heard = time.monotonic()
            word, *lines = answer.out.strip().splitlines() or ["none"]
            tail = lines[-1].strip() if lines else ""
            if word != "running":
                return word, tail
            progress(tail or "installing")
        if time.monotonic() - began > LONGEST:
            return f"has not ended after {LONGEST / 60:.0f} min", "it goes on there"
        await asyncio.sleep(_LOOK_EVERY)
