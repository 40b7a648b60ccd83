"""Against a real Redfish service: sushy-emulator, twenty machines behind one BMC."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import pytest

from hsops.plugins.redfish import PLUGIN, actions
from hsops.plugins.redfish.client import Redfish, connect
from hsops.plugins.redfish.kinds import Machine
from hsops.plugins.redfish.options import Bmc, RedfishOptions
from hsops.testing import check_live
from tests.lab import env
from tests.plugins.replay import ToyContext

pytestmark = [pytest.mark.asyncio, pytest.mark.lab]


async def opened(where: env.Redfish) -> Redfish:
    options = RedfishOptions(bmcs=(Bmc(name="enclosure", url=where.url),))
    return await connect(options, ToyContext(system="bmcs", timeout=30.0))


def page(where: env.Redfish, path: str) -> Any:
    """What the service says to somebody else."""
    with urllib.request.urlopen(where.url + path, timeout=60) as answer:  # noqa: S310 - our own loopback server
        return json.load(answer)


async def test_the_contract_holds(lab_redfish: env.Redfish) -> None:
    connection = await opened(lab_redfish)
    rows = await check_live(PLUGIN, connection)
    machines = {row.key() for row in rows["redfish.machine"]}
    assert machines == {f"enclosure/{name}" for name in lab_redfish.machines}
    assert all(isinstance(row, Machine) and not row.trouble for row in rows["redfish.machine"])


async def test_a_machine_is_switched_on_and_off(lab_redfish: env.Redfish) -> None:
    connection = await opened(lab_redfish)
    row = await connection.machine(f"enclosure/{lab_redfish.machines[-1]}")
    try:
        assert await actions.power_on(connection, row, {}) == f"{row.name} is on"
        assert page(lab_redfish, row.path)["PowerState"] == "On"
        assert await actions.power_on(connection, row, {}) == f"{row.name} is on already"
        await actions.boot_once(connection, row, {})
        assert page(lab_redfish, row.path)["Boot"]["BootSourceOverrideTarget"] == "Pxe"
    finally:
        assert await actions.force_off(connection, row, {}) == f"{row.name} is off"
    assert page(lab_redfish, row.path)["PowerState"] == "Off"
