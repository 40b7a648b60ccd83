"""What rows mean: health, headlines, what Enter opens, the equivalent commands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from hsops.api import Health
from hsops.model import Resource
from hsops.plugin import Danger
from hsops.plugins.openstack import PLUGIN
from hsops.plugins.openstack.headlines import headlines
from hsops.plugins.openstack.kinds.aggregate import Aggregate
from hsops.plugins.openstack.kinds.hypervisor import Amount, Hypervisor, HypervisorService, word
from hsops.plugins.openstack.kinds.migration import Migration
from hsops.plugins.openstack.kinds.project import Limit, Project, Quota
from hsops.plugins.openstack.kinds.server import Server
from hsops.plugins.openstack.kinds.service import Service
from hsops.plugins.openstack.times import moment
from tests.plugins.openstack.recorded import body_of


def hypervisor(name: str, status: str = "enabled", state: str = "up", **more: Any) -> Hypervisor:
    """A hypervisor whose service has a short name."""
    service = HypervisorService(host=name.partition(".")[0], disabled_reason=more.pop("reason", None))
    return Hypervisor(id=name, hypervisor_hostname=name, state=state, status=status, service=service, **more)


def said(rows: Sequence[Resource]) -> list[tuple[Health, str]]:
    """Headlines of these rows."""
    lines = headlines(lambda kind: [row for row in rows if kind == row.KIND])
    return [(line.health, line.text) for line in lines]


def test_headlines_put_the_worst_first() -> None:
    rows: list[Resource] = [hypervisor(f"cmp-{number}") for number in range(45)]
    rows += [hypervisor("off-1", "disabled"), hypervisor("off-2", "disabled"), hypervisor("dead", state="down")]
    rows += [Server(id=str(number), name="x", status="ACTIVE", power=1) for number in range(1929)]
    rows += [Server(id=f"e{number}", name="x", status="ERROR") for number in range(3)]
    rows += [Migration(id=1, status="running"), Migration(id=2, status="error")]
    assert said(rows) == [
        (Health.CRITICAL, "48 hypervisors: 45 ✓ 2 ‖ 1 ✗ · 1,932 VMs"),
        (Health.CRITICAL, "3 servers in ERROR"),
        (Health.OK, "1 migration under way · 1 failed lately"),
    ]


def test_headlines_of_nothing_and_of_one() -> None:
    assert said([]) == []
    assert said([hypervisor("one")]) == [(Health.OK, "1 hypervisor: 1 ✓")]
    assert said([Service(binary="nova-scheduler", host="c", status="enabled", state="down")]) == [
        (Health.CRITICAL, "1 service down: nova-scheduler")
    ]
    full = Quota(instances=Limit(limit=10, in_use=10))
    assert said([Project(id="p", quota=full)]) == [(Health.WARN, "1 project at the quota's end")]


@pytest.mark.parametrize(
    ("status", "more", "health"),
    [
        ("ACTIVE", {"power": 1}, Health.OK),
        ("ACTIVE", {"power": 6}, Health.WARN),
        ("ACTIVE", {"power": 4, "task": "powering-off"}, Health.OK),
        ("ERROR", {}, Health.CRITICAL),
        ("SHUTOFF", {}, Health.MAINTENANCE),
        ("VERIFY_RESIZE", {}, Health.WARN),
        ("MIGRATING", {}, Health.OK),
        ("UNKNOWN", {}, Health.UNKNOWN),
        ("SOMETHING_NEW", {}, Health.OK),
    ],
)
def test_health_of_a_server(status: str, more: dict[str, Any], health: Health) -> None:
    assert Server(id="1", name="x", status=status, **more).health() is health


def test_a_server_of_a_cell_that_is_away() -> None:
    """Compute 2.69 and later answer such a server with little more than its id."""
    row = msgspec.json.decode(
        b'{"id": "s", "status": "UNKNOWN", "tenant_id": "p", "created": "2018-12-03T21:06:18Z", "links": []}',
        type=Server,
    )
    assert (row.is_stub, row.title(), row.health()) == (True, "s", Health.UNKNOWN)
    for column in PLUGIN.kind(Server.KIND).columns:
        column.value(row)


def test_the_fault_of_a_server_is_shown() -> None:
    class Answer(msgspec.Struct):
        server: Server

    bodies = [body_of("server_create_no_valid_host", "", index) for index in range(1, 3)]
    rows = [msgspec.json.decode(body, type=Answer).server for body in bodies if b'"fault"' in body]
    fault = next(column for column in PLUGIN.kind(Server.KIND).columns if column.name == "fault")
    assert [str(fault.value(row)).strip() for row in rows] == ["No valid host was found."] * len(rows)
    assert rows


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (hypervisor("h"), "up"),
        (hypervisor("h", "disabled"), "disabled"),
        (hypervisor("h", "disabled", leaving=2), "draining"),
        (hypervisor("h", "disabled", "down"), "disabled, down"),
        (hypervisor("h", forced_down=True, state="down"), "forced down"),
    ],
)
def test_word_of_a_hypervisor(row: Hypervisor, text: str) -> None:
    assert word(row) == text


def test_ours_is_known_by_its_reason() -> None:
    assert hypervisor("h", "disabled", reason="hsops:r1 disk").is_ours
    assert not hypervisor("h", "disabled", reason="disk").is_ours
    assert not hypervisor("h", "enabled", reason="hsops:r1 disk").is_ours


def test_an_amount_that_is_over_its_capacity_is_not_hidden() -> None:
    row = hypervisor("h", vcpu=Amount(used=20, capacity=16, total=4, ratio=4.0))
    shown = {column.name: column.value(row) for column in PLUGIN.kind(Hypervisor.KIND).columns}
    assert (shown["vcpu"], shown["vcpu-use"]) == ("20/16", 1.25)
    assert shown["memory"] is None
    assert shown["memory-use"] is None


def test_a_quota_without_a_limit_has_no_fraction() -> None:
    row = Project(id="p", quota=Quota(instances=Limit(limit=-1, in_use=5), cores=Limit(limit=-1, in_use=-1)))
    shown = {
        column.name: column.value(row) for column in PLUGIN.kind(Project.KIND).columns if column.title != "OF QUOTA"
    }
    assert (shown["servers"], shown["servers-quota"], shown["vcpus"]) == (5, None, None)
    assert row.health() is Health.OK


def drill(kind: str, row: Resource, other: Resource) -> bool:
    """Whether Enter on `row` shows `other`."""
    panel = next(panel for panel in PLUGIN.panels if panel.kind == kind)
    assert panel.drill is not None
    return panel.drill.match(row, other)


def test_what_enter_opens() -> None:
    host = hypervisor("cmp-1.example.org")
    assert drill(Hypervisor.KIND, host, Server(id="1", node="cmp-1.example.org", host="cmp-1"))
    assert not drill(Hypervisor.KIND, host, Server(id="1", node="cmp-2.example.org", host="cmp-2"))
    assert drill(Aggregate.KIND, Aggregate(id=1, hosts=["cmp-1"]), host)
    assert drill(Project.KIND, Project(id="p"), Server(id="1", tenant_id="p"))
    assert drill(Service.KIND, Service(binary="nova-compute", host="cmp-1"), host)
    assert drill(Server.KIND, Server(id="1"), Migration(id=3, instance_uuid="1"))


def test_commands_are_argv_with_hostile_values_in_one_word() -> None:
    actions = {action.name: action for action in PLUGIN.actions}
    service = Service(binary="nova-compute", host="h; rm -rf /", status="enabled")
    argv = actions["service.disable"].command(service, {"reason": "$(reboot)"})
    assert argv == [
        "openstack", "compute", "service", "set", "--disable", "--disable-reason", "$(reboot)", "h; rm -rf /",
        "nova-compute",
    ]  # fmt: skip
    server = Server(id="s1", name="x", status="ACTIVE")
    argv = actions["server.live-migrate"].command(server, {"to": "cmp-2"})
    assert " ".join(argv) == "openstack --os-compute-api-version 2.30 server migrate s1 --live-migration --host cmp-2"
    assert actions["server.stop"].danger is Danger.DESTRUCTIVE


def test_an_action_says_why_not() -> None:
    actions = {action.name: action for action in PLUGIN.actions}
    why = actions["server.start"].enabled
    assert why is not None
    assert why(Server(id="1", status="SHUTOFF")) == ""
    assert "ACTIVE" in why(Server(id="1", status="ACTIVE"))
    assert "busy" in why(Server(id="1", status="SHUTOFF", task="powering-on"))


def test_times_of_every_service() -> None:
    texts = ("2026-11-21T06:37:52Z", "2026-11-21T06:37:52.000000", "2026-11-21 06:37:52", "2026-11-21 06:37:52+00:00")
    assert len({moment(text) for text in texts}) == 1
    assert [moment(text) for text in (None, "", "yesterday", "2026-13-01T00:00:00Z")] == [None] * 4
