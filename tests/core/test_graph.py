"""The graph: links of different systems meet at anchors, and impact follows them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from hsops.live.graph import Graph
from hsops.live.store import Store
from hsops.model import Batch, Column, Key, Kind, Link, Relation, Resource, about, depends, same
from tests.core.conftest import BOX, JOB, Box, Job, full


class Disk(Resource):
    """Something of another system on a host."""

    KIND: ClassVar[str] = "disks.disk"
    id: str
    host: str

    def key(self) -> str:
        """Its id."""
        return self.id

    def links(self) -> Iterable[Link]:
        """It is in a host."""
        return [depends("host", self.host)]


class Alarm(Resource):
    """Tells of a host."""

    KIND: ClassVar[str] = "alarms.alarm"
    id: str
    host: str

    def key(self) -> str:
        """Its id."""
        return self.id

    def links(self) -> Iterable[Link]:
        """About a host."""
        return [about("host", self.host)]


NAME = (Column("name", "NAME", lambda row: row.id),)
DISK = Kind(name="disks.disk", title="disk", plural="disks", resource=Disk, columns=NAME)
ALARM = Kind(name="alarms.alarm", title="alarm", plural="alarms", resource=Alarm, columns=NAME)
KINDS = (BOX, JOB, DISK, ALARM)


def cloud() -> tuple[Store, Graph]:
    store = Store(KINDS)
    store.apply("s1", "toy", ["toy.box", "toy.job"], full(Box("b1", host="h1"), Box("b2", host="h2"), Job("j1", "b1")))
    store.apply("s1", "disks", ["disks.disk"], full(Disk("d1", "h1"), Disk("d2", "h2")))
    store.apply("s1", "alarms", ["alarms.alarm"], full(Alarm("a1", "h1")))
    return store, Graph(store, [kind.name for kind in KINDS])


def names(keys: Iterable[Key]) -> set[str]:
    return {str(key) for key in keys}


HOST = Key("s1", "", "host", "h1")
BOX1 = Key("s1", "toy", "toy.box", "b1")


def test_impact_of_a_host_crosses_systems_and_leaves_alerts_out() -> None:
    _, graph = cloud()
    impact = graph.impact(HOST)
    assert names(hit.key for hit in impact) == {"toy.box/b1", "toy.job/j1", "disks.disk/d1"}
    job = next(hit for hit in impact if hit.key.kind == "toy.job")
    assert [str(step) for step in job.path] == ["host/h1", "toy.box/b1", "toy.job/j1"]
    assert job.distance == 2


def test_impact_of_a_row_reaches_what_shares_its_host() -> None:
    _, graph = cloud()
    assert names(hit.key for hit in graph.impact(BOX1)) == {"host/h1", "toy.job/j1", "disks.disk/d1"}
    assert graph.impact(Key("s1", "disks", "disks.disk", "d1")) == []


def test_related_and_about_look_through_the_anchor() -> None:
    _, graph = cloud()
    assert names(edge.key for edge in graph.related(BOX1)) == {
        "host/h1", "toy.job/j1", "disks.disk/d1", "alarms.alarm/a1",
    }  # fmt: skip
    assert names(graph.about(BOX1)) == {"alarms.alarm/a1"}
    anchor = next(edge for edge in graph.related(BOX1) if edge.key == HOST)
    assert (anchor.relation, anchor.outward, anchor.exists) == (Relation.IS, True, False)


def test_the_graph_follows_the_store() -> None:
    store, graph = cloud()
    assert len(graph.impact(HOST)) == 3
    store.apply("s1", "toy", ["toy.box", "toy.job"], Batch(upserts=[Box("b1", host="h9")]))
    assert names(hit.key for hit in graph.impact(HOST)) == {"disks.disk/d1"}
    store.apply("s1", "disks", ["disks.disk"], full())
    assert graph.impact(HOST) == []


def test_a_circle_ends() -> None:
    class Node(Resource):
        KIND: ClassVar[str] = "ring.node"
        id: str
        next: str

        def key(self) -> str:
            return self.id

        def links(self) -> Iterable[Link]:
            return [depends("ring.node", self.next), same("host", "h")]

    ring = Kind(name="ring.node", title="node", plural="nodes", resource=Node, columns=NAME)
    store = Store([ring])
    store.apply("s1", "ring", ["ring.node"], full(Node("a", "b"), Node("b", "c"), Node("c", "a")))
    graph = Graph(store, ["ring.node"])
    assert names(hit.key for hit in graph.impact(Key("s1", "ring", "ring.node", "a"))) == {
        "ring.node/b", "ring.node/c", "host/h",
    }  # fmt: skip
