"""A small real plugin over an in-memory system, as an outside author would write one."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import ClassVar

import pytest

from hsops.api import Batch, Column, Format, Health, Kind, Link, Resource, State, depends, same


class Box(Resource):
    """A machine of the toy system."""

    KIND: ClassVar[str] = "toy.box"
    id: str
    load: int = 0
    state: str = "up"
    host: str = ""

    def key(self) -> str:
        """Its id."""
        return self.id

    def health(self) -> Health:
        """Down is critical."""
        return Health.OK if self.state == "up" else Health.CRITICAL

    def links(self) -> Iterable[Link]:
        """It is a host."""
        return [same("host", self.host)] if self.host else []


class Job(Resource):
    """Something that runs on a box."""

    KIND: ClassVar[str] = "toy.job"
    id: str
    box: str

    def key(self) -> str:
        """Its id."""
        return self.id

    def links(self) -> Iterable[Link]:
        """It suffers with its box."""
        return [depends("toy.box", self.box)]


BOX = Kind(
    name="toy.box",
    title="box",
    plural="boxes",
    resource=Box,
    columns=(
        Column("name", "NAME", lambda box: box.id, priority=0),
        Column("state", "STATE", lambda box: State(box.health(), box.state), Format.STATE),
        Column("load", "LOAD", lambda box: box.load, Format.COUNT, track=False),
    ),
)
JOB = Kind(
    name="toy.job", title="job", plural="jobs", resource=Job, columns=(Column("name", "NAME", lambda job: job.id),)
)


def full(*resources: Resource) -> Batch:
    """The whole truth."""
    return Batch(upserts=resources, full=True)


@pytest.fixture
def kinds() -> Sequence[Kind]:
    """The toy system's kinds."""
    return (BOX, JOB)


@pytest.fixture
def ticks() -> Iterable[float]:
    """A clock that moves by one at every look."""
    return itertools.count(1000.0)
