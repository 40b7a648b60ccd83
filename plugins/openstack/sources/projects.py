"""Projects with their use of nova's quota: one call a project, so a few at a time and within a time of its own."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from hsops.api import Batch, Forbidden, HsopsError, Source
from hsops.plugins.openstack.address import path
from hsops.plugins.openstack.fanout import each
from hsops.plugins.openstack.kinds.project import Project, Quota
from hsops.plugins.openstack.pages import QuotaAnswer

if TYPE_CHECKING:
    from hsops.plugins.openstack.client import OpenStack

SHARE = 2.0
"""Of a poll's four time-outs, quotas may take this many; the others keep what is known of them."""


async def poll(cloud: OpenStack, known: dict[str, Quota] | None) -> Batch:
    """Names at once; quotas as far as time allows, those not known yet first."""
    projects = await cloud.directory.projects.get(0.0)
    quotas = dict(known or {})
    missing = await _refresh(cloud, projects, quotas)
    rows = [_with(project, quotas.get(project.id)) for project in projects]
    return Batch(upserts=rows, full=True, cursor=quotas, missing=missing)


async def _refresh(cloud: OpenStack, projects: Sequence[Project], quotas: dict[str, Quota]) -> tuple[str, ...]:
    ends = time.monotonic() + SHARE * cloud.timeout
    left_out = 0

    async def look(project: str) -> None:
        nonlocal left_out
        if time.monotonic() > ends:
            left_out += project not in quotas
            return
        answer = await cloud.fetch("compute", path("os-quota-sets", project, "detail"), QuotaAnswer)
        quotas[project] = answer.quota_set

    try:
        await each(sorted((project.id for project in projects), key=lambda project: project in quotas), look)
    except Forbidden:
        return ("quotas of other projects: reading them needs the role admin",)
    except HsopsError as error:
        return (f"quotas: {error.what}",)
    return (f"quotas of {left_out} projects: not read yet",) if left_out else ()


def _with(project: Project, quota: Quota | None) -> Project:
    return Project(
        id=project.id,
        name=project.name,
        description=project.description,
        enabled=project.enabled,
        domain_id=project.domain_id,
        parent_id=project.parent_id,
        tags=project.tags,
        quota=quota,
    )


PROJECTS = Source(kinds=(Project.KIND,), poll=poll, every=60.0, background=300.0, relist=1800.0)
