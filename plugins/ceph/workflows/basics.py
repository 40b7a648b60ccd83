"""What every workflow of the plugin uses: the open cluster, checks in one line, the wait for "clean"."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from hsops.api import CheckResult, Run, Sample
from hsops.plugins.ceph import clean

if TYPE_CHECKING:
    from hsops.plugins.ceph.client import CephClient

RECOVERY = 6 * 3600.0
"""Seconds that a recovery may take before somebody is asked; the trend asks much earlier when nothing moves."""
STUCK = 900.0
"""Seconds without progress after which a recovery counts as stuck."""
LOOK_EVERY = 2.0
"""Seconds between looks: the manager's reports come as often."""


def cluster(run: Run) -> CephClient:
    """The connection; only inside reads, checks and effects."""
    found: CephClient = run.system("ceph")
    return found


def verdict(name: str, trouble: str, well: str, hint: str = "") -> CheckResult:
    """A failed check when there is trouble."""
    return CheckResult(name=name, ok=not trouble, text=trouble or well, hint=hint if trouble else "")


async def check_cluster(run: Run) -> None:
    """The row that it was started on must be of this cluster: a site may have several."""

    async def look() -> CheckResult:
        asked, mine = str(run.values.get("cluster") or ""), (await cluster(run).status()).fsid
        trouble = f"this system is {mine}" if asked and not mine.startswith(asked) else ""
        return verdict("ceph.cluster", trouble, f"cluster {mine}", "start it on the site that has that cluster")

    await run.check("ceph.cluster", look)


async def check_clean(run: Run) -> bool:
    """The check before anything is changed."""

    async def look() -> CheckResult:
        return clean.result(await clean.now(cluster(run)))

    return await run.check(clean.NAME, look)


def until_clean(run: Run) -> Callable[[], Awaitable[Sample]]:
    """Looks for `Run.wait`; the reports that count are those after the first look."""
    watch = clean.Watch()

    async def look() -> Sample:
        found = await watch.look(cluster(run))
        return Sample(done=found.clean, text=found.text, left=found.left)

    return look


async def wait_clean(run: Run, name: str = "clean") -> None:
    """Wait for it, with the copies that are left as the trend."""
    await run.wait(name, until_clean(run), timeout=RECOVERY, every=LOOK_EVERY, stuck_after=STUCK)


async def verify_clean(run: Run, name: str = "clean") -> None:
    """The proof at the end."""

    async def look() -> CheckResult:
        return clean.result(await clean.settled(cluster(run)))

    await run.verify(name, look)
