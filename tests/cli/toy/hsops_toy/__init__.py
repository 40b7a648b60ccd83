"""A plugin as an outside author writes one. Its system is a JSON file: what is in it is the truth.

``{"boxes": [...], "jobs": [...], "fail": "unreachable|auth|forbidden|bad", "fail_jobs": ..., "missing": [...]}``
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

import msgspec

from hsops.api import (
    Action,
    Column,
    Danger,
    Format,
    Headline,
    Health,
    Input,
    Kind,
    Layer,
    Link,
    Lookup,
    Options,
    Panel,
    Plugin,
    Resource,
    Secret,
    Source,
    State,
    Workflow,
    depends,
    same,
)  # fmt: skip


class ToyOptions(Options, kw_only=True):
    """Where the file is."""

    path: str
    token: Secret | None = None


class Box(Resource):
    """A machine."""

    KIND: ClassVar[str] = "toy.box"
    id: str
    name: str = ""
    state: str = "up"
    load: float | None = None
    memory: int | None = None
    since: datetime | None = None
    host: str = ""
    tags: dict[str, str] = msgspec.field(default_factory=dict)

    def key(self) -> str:
        return self.id

    def title(self) -> str:
        return self.name or self.id

    def health(self) -> Health:
        words = {"up": Health.OK, "down": Health.CRITICAL, "slow": Health.WARN, "out": Health.MAINTENANCE}
        return words.get(self.state, Health.UNKNOWN)

    def links(self) -> Iterable[Link]:
        return [same("host", self.host)] if self.host else []

    def labels(self) -> Mapping[str, str]:
        return self.tags


class Job(Resource):
    """What runs on a box."""

    KIND: ClassVar[str] = "toy.job"
    id: str
    box: str

    def key(self) -> str:
        return self.id

    def links(self) -> Iterable[Link]:
        return [depends("toy.box", self.box)]


BOX = Kind(
    name="toy.box", title="box", plural="boxes", aliases=("bx",), resource=Box,
    columns=(
        Column("name", "NAME", lambda box: box.title(), priority=0),
        Column("state", "STATE", lambda box: State(box.health(), box.state), Format.STATE, priority=0),
        Column("load", "LOAD", lambda box: box.load, Format.BAR, priority=60),
        Column("memory", "MEMORY", lambda box: box.memory, Format.BYTES, priority=70),
        Column("since", "SINCE", lambda box: box.since, Format.AGE, priority=80),
        Column("nets", "NETS", lambda box: ("a", "b"), Format.LIST, wide=True),
    ),
)  # fmt: skip
JOB = Kind(
    name="toy.job", title="job", plural="jobs", resource=Job,
    columns=(Column("name", "NAME", lambda job: job.id, priority=0), Column("box", "BOX", lambda job: job.box)),
)  # fmt: skip


def _headlines(lookup: Lookup) -> Sequence[Headline]:
    boxes = lookup("toy.box")
    worst = max((box.health() for box in boxes), default=Health.OK)
    return [Headline(worst, f"{len(boxes)} boxes", "toy.box")]


async def _boxes(connection: Any, cursor: Any) -> Any:
    return connection.batch("boxes", Box, "fail_boxes")


async def _jobs(connection: Any, cursor: Any) -> Any:
    return connection.batch("jobs", Job, "fail_jobs")


PLUGIN = Plugin(
    name="toy", title="Toy", layer=Layer.COMPUTE, options=ToyOptions, connect="hsops_toy.client:connect",
    kinds=(BOX, JOB),
    sources=(
        Source(kinds=("toy.box",), poll=_boxes, every=0.2, background=0.2),
        Source(kinds=("toy.job",), poll=_jobs, every=0.2, background=0.2),
    ),
    panels=(Panel(kind="toy.box"),),
    headlines=_headlines,
    raw="hsops_toy.client:raw",
    actions=(
        Action(
            name="box.kick", title="kick", kinds=("toy.box",), danger=Danger.SAFE, run="hsops_toy.client:kick",
            command=lambda box, values: ["toy", "kick", box.id],
        ),
    ),
    workflows=(
        Workflow(
            name="box.empty", title="empty a box", summary="move every job away", run="hsops_toy.work:empty",
            inputs=(
                Input(name="box", title="box", type="ref", kind="toy.box", required=True),
                Input(name="reason", title="why", default="maintenance"),
                Input(name="at_most", title="how many at a time", type="int", default="1"),
                Input(name="gently", title="ask the jobs first", type="bool", default="true"),
            ),
            kinds=("toy.box",), target=lambda values: f"host/{values['box']}", systems=("toy",),
        ),
    ),
    discover="hsops_toy.client:discover",
)  # fmt: skip
