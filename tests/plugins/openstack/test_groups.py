"""Server groups that keep apart, room for one more loss, and what left with a drain."""

from __future__ import annotations

from typing import Any

import msgspec

from hsops.plugins.openstack.groups import Group
from hsops.plugins.openstack.kinds.migration import Migration
from hsops.plugins.openstack.workflows.facts import Guest
from hsops.plugins.openstack.workflows.headroom import Target, fit
from hsops.plugins.openstack.workflows.homecoming import last_departures

ROOM = {"VCPU": 32, "MEMORY_MB": 32768}


def target(name: str, free: int = 32768) -> Target:
    """A host of 32 GiB with so much free."""
    return Target(name, "a", {}, {**ROOM, "MEMORY_MB": free}, ROOM)


def guest(name: str, **more: Any) -> Guest:
    """A server of 4 GiB."""
    return Guest(name, name, "ACTIVE", "", "p", {"VCPU": 2, "MEMORY_MB": 4096}, {}, ("live",), "live", "", **more)


def test_members_are_not_put_on_one_host() -> None:
    members = [guest(f"s{n}", group="g") for n in range(3)]
    assert fit(members, [target("h1"), target("h2"), target("h3")], "a").homeless == ()
    assert len(fit(members, [target("h1"), target("h2")], "a").homeless) == 1


def test_members_on_other_hosts_count() -> None:
    alone = [guest("s", group="g", beside={"h1": 1})]
    assert fit(alone, [target("h1"), target("h2")], "a").homeless == ()
    assert fit(alone, [target("h1")], "a").homeless == ("s (s)",)


def test_more_than_one_may_be_allowed() -> None:
    members = [guest(f"s{n}", group="g", per_host=2, beside={"h1": 1}) for n in range(3)]
    assert fit(members, [target("h1"), target("h2")], "a").homeless == ()
    assert len(fit(members, [target("h1")], "a").homeless) == 2


def test_one_more_loss() -> None:
    moving = [guest("s")]
    assert fit(moving, [target("h1"), target("h2")], "a").short == ""
    tight = fit(moving, [target("h1", 8192), target("h2", 8192)], "a").short
    assert tight.startswith(("h1 would have", "h2 would have"))
    assert "memory" in tight
    assert fit(moving, [], "a").short == ""


def test_both_shapes_of_a_group() -> None:
    new = msgspec.json.decode(
        b'{"id": "g", "name": "n", "policy": "anti-affinity", "rules": {"max_server_per_host": 3}, "members": ["a"]}',
        type=Group,
    )
    assert (new.policy, new.is_apart, new.per_host, new.members) == ("anti-affinity", True, 3, ("a",))
    old = msgspec.json.decode(b'{"id": "g", "policies": ["affinity"], "metadata": {}, "members": []}', type=Group)
    assert (old.policy, old.is_together, old.is_apart, old.per_host) == ("affinity", True, False, 1)
    soft = msgspec.json.decode(b'{"policy": "soft-anti-affinity", "rules": {}}', type=Group)
    assert (soft.is_apart, soft.is_together) == (False, False), "a wish, not a rule"


def record(number: int, server: str, source: str, dest: str, **more: str) -> Migration:
    """A completed live migration."""
    fields: Any = {"status": "completed", "migration_type": "live-migration", **more}
    return Migration(id=number, instance_uuid=server, source_compute=source, dest_compute=dest, **fields)


def test_what_left_after_the_last_arrival_left_with_the_drain() -> None:
    records = [
        record(9, "a", "hv1", "hv2"),
        record(8, "b", "hv1", "hv3", status="error"),
        record(7, "c", "hv1", "hv3", migration_type="evacuation"),
        record(6, "d", "hv1", "hv3", status="confirmed", migration_type="migration"),
        record(5, "e", "hv2", "hv1"),
        record(4, "f", "hv1", "hv2"),
    ]
    assert last_departures(records, "hv1") == {"a": "hv2", "d": "hv3"}


def test_an_arrival_that_failed_is_none() -> None:
    records = [record(5, "e", "hv2", "hv1", status="error"), record(4, "f", "hv1", "hv2")]
    assert last_departures(records, "hv1") == {"f": "hv2"}
