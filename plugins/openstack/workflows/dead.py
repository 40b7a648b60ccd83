"""Whether a host is really dead: evacuating one that lives runs its servers twice and ruins their disks.

Nova knows only that nova-compute is silent. Whether the machine is off, nova cannot know: a person says it, in a
sentence that names the host.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import msgspec

from hsops.api import CheckResult
from hsops.plugins.openstack import compute
from hsops.plugins.openstack.faults import Where
from hsops.plugins.openstack.http import decode
from hsops.plugins.openstack.kinds.service import Service
from hsops.plugins.openstack.pages import Services
from hsops.plugins.openstack.times import moment
from hsops.plugins.openstack.workflows.checks import agents_of, verdict
from hsops.plugins.openstack.workflows.facts import Host

if TYPE_CHECKING:
    from hsops.plugins.openstack.client import OpenStack

FRESH = 30.0
"""Seconds: a service whose record is older than that does not report; they do every ten."""
LISTENS = 15.0
"""Seconds to listen for a report of one whose record is fresher: forcing it down has changed the record, too."""
SHARED, REBUILD = "shared", "rebuild"


def sentence(host: str) -> str:
    """What a person types who knows that the host is off."""
    return f"{host} is fenced"


async def fenced(host: Host, said: str) -> CheckResult:
    """Somebody says that the machine is off and stays off."""
    wanted = sentence(host.host)
    return verdict(
        "fenced",
        "" if " ".join(said.split()) == wanted else f"nobody has said that {host.host} is powered off and stays off",
        f"said: {wanted}",
        f"power it off at its BMC, see that it is off, then say so: --fenced '{wanted}'",
    )


async def service_dead(cloud: OpenStack, host: Host) -> CheckResult:
    """Nova-compute does not report. Nova shows one that is forced down as down, also while it lives."""
    service, age = await _report(cloud, host)
    lives = service.state == "up" and not service.forced_down
    if service.forced_down and (age is None or age < FRESH):
        lives = await _is_heard(cloud, host, service.updated_at)
    word = "forced down" if service.forced_down else service.state
    return verdict(
        "service.dead",
        f"nova-compute on {host.host} lives: it is {word} and reports" if lives else "",
        f"nova-compute on {host.host} is {word} and silent",
        "a host that lives is drained; one that has just died is counted as down after a minute",
    )


async def _report(cloud: OpenStack, host: Host) -> tuple[Service, float | None]:
    """The service, and how many seconds ago its record changed by nova's own clock."""
    answer = await cloud.get("compute", "/os-services", (("binary", "nova-compute"), ("host", host.host)))
    rows = decode(answer, Services, Where(cloud.system, "compute GET /os-services")).rows
    service = next((row for row in rows if row.host == host.host), None) or await compute.service(cloud, host.host)
    changed = moment(service.updated_at)
    return service, None if changed is None or answer.clock is None else answer.clock - changed.timestamp()


async def _is_heard(cloud: OpenStack, host: Host, before: str | None) -> bool:
    """Whether a report comes while one listens."""
    end = time.monotonic() + LISTENS
    while time.monotonic() < end:
        await asyncio.sleep(min(1.0, LISTENS / 3))
        service, _ = await _report(cloud, host)
        if service.updated_at != before:
            return True
    return False


async def host_silent(cloud: OpenStack, host: Host) -> CheckResult:
    """The network's agents on it are silent as well; one that lives shows that the host does."""
    alive = [agent.agent_type for agent in await agents_of(cloud, host) if agent.alive]
    return verdict(
        "host.silent",
        f"the host lives: {', '.join(alive)} report to neutron" if alive else "",
        "no network agent on it is alive",
        "only nova-compute has failed: restart it; its servers run on",
    )


class _Disk(msgspec.Struct):
    id: str
    image: object = None


class _Disks(msgspec.Struct):
    servers: list[_Disk]
    links: list[dict[str, str]] = msgspec.field(name="servers_links", default_factory=list)

    @property
    def next(self) -> str:
        """Link to the next page."""
        return next((link.get("href", "") for link in self.links if link.get("rel") == "next"), "")


async def from_images(cloud: OpenStack, host: Host) -> int:
    """How many servers of the host boot from an image rather than from a volume."""
    query = (("all_tenants", "1"), ("host", host.host))
    pages = await cloud.pages("compute", "/servers/detail", _Disks, query)
    return sum(bool(row.image) for _, page in pages for row in page.servers)


async def storage(count: int, said: str) -> CheckResult:
    """What happens to disks that may be on the dead machine: nova rebuilds them from the image without a word."""
    lost = f"{count} servers boot from an image"
    return verdict(
        "storage",
        f"{lost}: unless their disks are on shared storage, all that they wrote is lost" if count and not said else "",
        f"{lost}; {'their disks are on shared storage' if said == SHARED else 'their loss is accepted'}"
        if count else "every server boots from a volume",
        f"--storage {SHARED} when nova's instances are on shared storage, --storage {REBUILD} to accept the loss",
    )  # fmt: skip
