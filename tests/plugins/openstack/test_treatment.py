"""How each server of a host can leave, and whether there is room for it elsewhere."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hsops.plugins.openstack.kinds.server import EmbeddedFlavor, Server
from hsops.plugins.openstack.workflows.facts import Guest
from hsops.plugins.openstack.workflows.headroom import Target, fit
from hsops.plugins.openstack.workflows.move import way_now
from hsops.plugins.openstack.workflows.treatment import COLD, LEAVE, LIVE, OFFLOAD, Device, treatment


def server(status: str = "ACTIVE", **specs: str) -> Server:
    """A server whose flavor has these extra specs (``hw__cpu_policy`` for ``hw:cpu_policy``)."""
    extra = {name.replace("__", ":"): value for name, value in specs.items()}
    return Server(id="s", name="s", status=status, flavor=EmbeddedFlavor(extra_specs=extra))


@pytest.mark.parametrize(
    ("status", "options", "default"),
    [
        ("ACTIVE", (LIVE,), LIVE),
        ("PAUSED", (LIVE, LEAVE), LIVE),
        ("SHUTOFF", (COLD, LEAVE), COLD),
        ("SHELVED", (LEAVE, OFFLOAD), LEAVE),
        ("SUSPENDED", (LEAVE,), LEAVE),
        ("ERROR", (LEAVE,), LEAVE),
        ("VERIFY_RESIZE", (LEAVE,), LEAVE),
        ("REBUILD", (LEAVE,), LEAVE),
        ("A_NEW_STATE", (LEAVE,), LEAVE),
    ],
)
def test_by_state(status: str, options: tuple[str, ...], default: str) -> None:
    found = treatment(server(status), None, None)
    assert (found.options, found.default) == (options, default)
    assert bool(found.why) == (status != "ACTIVE"), "only the obvious is not asked about"


@pytest.mark.parametrize(
    "specs",
    [
        {"resources__VGPU": "1"},
        {"resources1__VGPU": "1"},
        {"pci_passthrough__alias": "gpu:1"},
        {"hw__pci_passthrough__alias": "gpu:1"},
        {"hw__tpm_version": "2.0"},
        {"hw__mem_encryption": "True"},
    ],
)
def test_what_is_tied_to_the_machine_has_no_safe_default(specs: dict[str, str]) -> None:
    found = treatment(server(**specs), None, None)
    assert found.default == ""
    assert {COLD, LIVE, LEAVE} == set(found.options)


@pytest.mark.parametrize(
    ("specs", "word"),
    [
        ({"hw__cpu_policy": "dedicated"}, "pinned"),
        ({"resources__PCPU": "4"}, "pinned"),
        ({"hw__mem_page_size": "1GB"}, "huge pages"),
        ({"hw__numa_nodes": "2"}, "NUMA"),
    ],
)
def test_what_narrows_the_hosts_is_said(specs: dict[str, str], word: str) -> None:
    found = treatment(server(**specs), None, None)
    assert found.default == LIVE
    assert word in found.why


def test_ordinary_specs_are_no_question() -> None:
    plain = server(hw__cpu_policy="shared", hw__mem_page_size="small", hw__mem_encryption="false", quota__disk="1")
    assert treatment(plain, None, None).why == ""


def test_groups_and_devices() -> None:
    assert treatment(server(), ("affinity", 3), None).default == ""
    assert treatment(server(), ("affinity", 1), None).why == ""
    assert "2 others" in treatment(server(), ("anti-affinity", 3), None).why
    assert treatment(server(), ("soft-anti-affinity", 3), None).why == ""
    assert "SR-IOV" in treatment(server(), None, Device("direct")).why


@pytest.mark.parametrize(
    ("way", "was", "now", "taken"),
    [
        (COLD, "SHUTOFF", "SHUTOFF", COLD),
        (COLD, "SHUTOFF", "ACTIVE", LIVE),
        (COLD, "SHUTOFF", "VERIFY_RESIZE", COLD),
        (COLD, "ACTIVE", "ACTIVE", COLD),
        (LIVE, "ACTIVE", "ACTIVE", LIVE),
        (LIVE, "ACTIVE", "SHUTOFF", COLD),
        (LIVE, "ACTIVE", "MIGRATING", LIVE),
        (OFFLOAD, "SHELVED", "SHELVED", OFFLOAD),
    ],
)
def test_a_server_that_was_started_or_stopped_meanwhile(way: str, was: str, now: str, taken: str) -> None:
    assert way_now(way, was, server(now)) == taken


# -- room


def guest(name: str, memory: int, vcpus: int = 1, **more: Any) -> Guest:
    """A guest that needs this much."""
    needs = {"VCPU": vcpus, "MEMORY_MB": memory, "DISK_GB": 10}
    return Guest(name, name, "ACTIVE", "", "p", needs, more.get("wants", {}), (LIVE,), LIVE, "")


def target(name: str, memory: int, zone: str = "nova", **properties: str) -> Target:
    """A host with this much memory free of 1000."""
    free = {"VCPU": 100, "MEMORY_MB": memory, "DISK_GB": 1000}
    return Target(name, zone, properties, free, {"VCPU": 100, "MEMORY_MB": 1000, "DISK_GB": 1000})


def test_all_find_a_place() -> None:
    result = fit([guest("a", 400), guest("b", 400)], [target("h1", 500), target("h2", 450)], "nova")
    assert result.homeless == ()
    assert result.fullest == "h2 95% memory"


def test_the_sum_is_not_enough() -> None:
    """600 MiB are free in all, on no host 400."""
    result = fit([guest("big", 400)], [target("h1", 300), target("h2", 300)], "nova")
    assert result.homeless == ("big (big)",)


def test_other_zones_do_not_count() -> None:
    assert fit([guest("a", 1)], [target("h1", 500, zone="az2")], "nova").homeless


def test_aggregates_that_a_flavor_wants() -> None:
    wants = guest("a", 1, wants={"ssd": "true"})
    assert fit([wants], [target("h1", 500)], "nova").homeless
    assert not fit([wants], [target("h1", 500, ssd="true")], "nova").homeless


def test_a_resource_that_the_host_does_not_have() -> None:
    needs = Guest("g", "g", "ACTIVE", "", "p", {"PCPU": 1}, {}, (LIVE,), LIVE, "")
    assert fit([needs], [target("h1", 500)], "nova").homeless


@given(st.lists(st.integers(1, 500), max_size=12), st.lists(st.integers(0, 1000), max_size=6))
def test_nobody_is_put_where_there_is_no_room(memories: list[int], rooms: list[int]) -> None:
    guests = [guest(str(number), memory) for number, memory in enumerate(memories)]
    result = fit(guests, [target(f"h{number}", room) for number, room in enumerate(rooms)], "nova")
    placed = sum(memories) - sum(memories[int(name.split(" ")[0])] for name in result.homeless)
    assert placed <= sum(rooms)
    if not rooms:
        assert len(result.homeless) == len(guests)
