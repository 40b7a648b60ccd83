"""The lab's cluster as a site of its own, with commands that stop and start its daemons, and the durable engine."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from hsops.config import load_site
from hsops.registry import Registry
from hsops.session import Session
from hsops.workflow.engine import Engine
from hsops.workflow.values import Plan, RunInfo
from tests.lab.ceph import service
from tests.lab.ceph.client import ceph_json
from tests.lab.env import Ceph
from tests.lab.place import place

SITE = "labceph"


@dataclass
class LabBench:
    """Runs on the real cluster, and what ``ceph`` itself says of it."""

    engine: Engine
    session: Session

    async def plan(self, workflow: str, **values: Any) -> Plan:
        """A plan; nothing happens."""
        return await self.engine.plan(workflow, given(values), {}, site=SITE)

    async def start(self, workflow: str, **more: Any) -> str:
        """Begin a run; `choices`, `force`, `attended` go to the engine, all else is an input."""
        options = {"attended": more.pop("attended", False), "force": more.pop("force", {})}
        choices: Mapping[str, str] = more.pop("choices", {})
        return await self.engine.submit(workflow, given(more), choices, site=SITE, **options)

    async def finish(self, workflow: str, **more: Any) -> RunInfo:
        """A run to its end."""
        return await self.engine.join(await self.start(workflow, **more))

    async def texts(self, run: str) -> dict[str, str]:
        """What each step and item of a run said last."""
        return {step.item or step.name: step.text for step in await self.engine.steps(run)}


def given(values: Mapping[str, Any]) -> dict[str, Any]:
    """Inputs as a form gives them: text."""
    return {name: str(value) for name, value in values.items()}


def said(*words: str) -> Any:
    """What the ``ceph`` program prints."""
    return ceph_json(place("ceph"), *words)


def weight(osd: int) -> float:
    """By ``ceph osd tree``."""
    found: float = next(node["crush_weight"] for node in said("osd", "tree")["nodes"] if node["id"] == osd)
    return found


def site_file(folder: Path, lab: Ceph, *, verbs: Sequence[str] = ("stop", "start", "restart", "create")) -> Path:
    """A site with nothing but the cluster; `verbs` are what the site has commands for."""
    commands = {verb: argv for verb, argv in service.commands().items() if verb in verbs}
    system = {"plugin": "ceph", "conf": str(lab.conf), "keyring": str(lab.keyring), "commands": commands}
    file = folder / "labceph.yaml"
    file.write_bytes(msgspec.yaml.encode({"site": SITE, "tier": "lab", "systems": [system]}))
    return file


@asynccontextmanager
async def bench(folder: Path, lab: Ceph, **more: Any) -> AsyncIterator[LabBench]:
    """All of it."""
    registry = Registry.load()
    async with (
        Session([load_site(site_file(folder, lab, **more), registry)], registry) as session,
        Engine(session, str(folder / "runs.sqlite"), registry.workflow) as engine,
    ):
        yield LabBench(engine, session)
