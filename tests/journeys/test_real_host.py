"""``host.drain`` and ``host.return`` over the lab's real Nova and Alertmanager, as the command line runs them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.journeys import nova
from tests.journeys.test_real_drain import Bastion, assert_empty, crowded
from tests.lab.clients import amtool
from tests.lab.env import Lab, OpenStack, Prometheus

pytestmark = [pytest.mark.lab, pytest.mark.timeout(900)]


def silences(lab: Lab, host: str) -> list[str]:
    """Ids of the active silences of a host's maintenance."""
    found = json.loads(amtool(lab, "silence", "query", "-o", "json"))
    return [one["id"] for one in found if one["comment"] == f"hsops: maintenance of {host}"]


def test_a_host_leaves_nova_silent_and_comes_back(
    lab: Lab, lab_openstack_mended: OpenStack, lab_prometheus: Prometheus, tmp_path: Path
) -> None:
    bastion = Bastion(lab.site_file, tmp_path)
    host, servers = crowded(lab_openstack_mended)
    assert servers, "a drain of an empty host proves nothing"
    assert bastion.finish("host.drain", f"host={host}") == 0
    assert_empty(lab_openstack_mended, host)
    assert nova.service(lab_openstack_mended, host)["Status"] == "disabled"
    assert len(silences(lab, host)) == 1
    assert bastion.finish("host.return", f"host={host}") == 0
    assert nova.service(lab_openstack_mended, host)["Status"] == "enabled"
    assert silences(lab, host) == []
