"""Install the Debian packages of the lab without letting them start services of their own."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.lab.command import run
from tests.lab.errors import LabError
from tests.lab.report import say

ATTEMPTS = 4
POLICY = Path("/usr/sbin/policy-rc.d")
"""Debian's own way to forbid the start of services: exit status 101 means "not allowed"."""
_ASIDE = POLICY.with_name("policy-rc.d.before-hsops-lab")
_OPTIONS = ("DPkg::Lock::Timeout=600", "Acquire::Retries=3", "DPkg::Options::=--force-unsafe-io")
"""Wait for others, ask again, and do not flush every file to the disk: half of the time."""
_APT = ("apt-get", "-q", *(word for option in _OPTIONS for word in ("-o", option)))
_ENV = {
    name: value
    for name, value in os.environ.items()
    if name.lower() in ("http_proxy", "https_proxy", "no_proxy", "ftp_proxy", "all_proxy")
}
"""The way to the package mirror is this machine's own business."""


def install(packages: Iterable[str]) -> list[str]:
    """Install what is missing and return it; raises :class:`LabError` when that fails every time."""
    absent = missing(packages)
    if not absent:
        return []
    if os.geteuid() != 0:
        raise LabError(f"root is needed to install {' '.join(absent)}")
    env = {**_ENV, "DEBIAN_FRONTEND": "noninteractive"}
    with services_forbidden():
        for attempt in range(1, ATTEMPTS + 1):
            try:
                run([*_APT, "update"], env=env, seconds=600)
                run([*_APT, "install", "--yes", "--no-install-recommends", *absent], env=env, seconds=1800)
            except LabError as error:
                if attempt == ATTEMPTS:
                    raise
                say("install", f"attempt {attempt} failed, trying again: {error}")
                time.sleep(5 * attempt)
                run(["dpkg", "--configure", "--pending"], env=env, seconds=900, fine=range(256))
            else:
                break
    return absent


def missing(packages: Iterable[str]) -> list[str]:
    """Those of the packages that are not installed."""
    wanted = sorted(set(packages))
    if not wanted:
        return []
    # exit status 1 only says that it knows nothing about some of them
    known = run(["dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Status}\\n", *wanted], fine=(0, 1))
    there = {line.split()[0] for line in known.splitlines() if line.endswith(" installed")}
    return [name for name in wanted if name not in there]


@contextmanager
def services_forbidden() -> Iterator[None]:
    """No package may start a service inside the block; what was there before comes back after it."""
    if POLICY.exists() and not _ASIDE.exists():  # a run that was killed may have left the original aside
        POLICY.rename(_ASIDE)
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        if _ASIDE.exists():
            _ASIDE.replace(POLICY)
        else:
            POLICY.unlink()
