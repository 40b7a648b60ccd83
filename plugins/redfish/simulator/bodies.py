"""What the BMC of a simulated machine answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hsops.simulator.machines import Machine
from hsops.simulator.metrics import wave
from hsops.simulator.world import World

V1 = "/redfish/v1"
RESETS = ["On", "ForceOff", "GracefulShutdown", "GracefulRestart", "ForceRestart", "PowerCycle"]


@dataclass
class Settings:
    """What somebody has set."""

    led: str = "Off"
    boot: str = "None"


class Bodies:
    """One function a page; each takes the machine's name."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._settings: dict[str, Settings] = {}

    def machines(self) -> Iterator[Machine]:
        """All of them."""
        yield from self._world.fleet

    def settings(self, name: str) -> Settings:
        """Of a machine."""
        return self._settings.setdefault(name, Settings())

    def systems(self, name: str) -> dict[str, Any]:
        """The collection."""
        return {"Members@odata.count": 1, "Members": [{"@odata.id": f"{V1}/Systems/1"}]}

    def system(self, name: str) -> dict[str, Any]:
        """The machine."""
        machine, known = self._world.fleet[name], self.settings(name)
        boot = {"BootSourceOverrideTarget": known.boot}
        return {
            "@odata.id": f"{V1}/Systems/1",
            "Id": "1",
            "Name": "System",
            "HostName": name,
            "Manufacturer": "Simulated",
            "Model": f"{machine.cpus}-way",
            "SerialNumber": machine.serial,
            "BiosVersion": "2.14.1",
            "PowerState": "Off" if name in self._world.fleet.down else "On",
            "Status": {"State": "Enabled", "Health": "OK", "HealthRollup": "OK"},
            "IndicatorLED": known.led,
            "Boot": {**boot, "BootSourceOverrideEnabled": "Disabled" if known.boot == "None" else "Once"},
            "Links": {
                "Chassis": [{"@odata.id": f"{V1}/Chassis/1"}],
                "ManagedBy": [{"@odata.id": f"{V1}/Managers/bmc"}],
            },
            "Actions": {
                "#ComputerSystem.Reset": {
                    "target": f"{V1}/Systems/1/Actions/ComputerSystem.Reset",
                    "ResetType@Redfish.AllowableValues": RESETS,
                }
            },
        }

    def chassis(self, name: str) -> dict[str, Any]:
        """What holds it."""
        here = f"{V1}/Chassis/1"
        return {"@odata.id": here, "Thermal": {"@odata.id": f"{here}/Thermal"}, "Power": {"@odata.id": f"{here}/Power"}}

    def thermal(self, name: str) -> dict[str, Any]:
        """Sensors and fans."""
        now = self._world.clock.now()
        on = name not in self._world.fleet.down
        inlet = wave(f"{name}/inlet", now, 19.0, 26.0)
        well = {"State": "Enabled", "Health": "OK"}
        sensors = [("Inlet Temp", "Intake", inlet), ("CPU1 Temp", "CPU", inlet + 30 * on)]
        return {
            "Temperatures": [
                {"Name": label, "PhysicalContext": place, "ReadingCelsius": round(value, 1), "Status": well}
                for label, place, value in sensors
            ],
            "Fans": [{"Name": f"Fan{number}", "Status": well} for number in range(1, 7)],
        }

    def power(self, name: str) -> dict[str, Any]:
        """Supplies and what it draws."""
        on = name not in self._world.fleet.down
        watts = wave(f"{name}/watts", self._world.clock.now(), 180.0, 420.0) if on else 12.0
        well = {"State": "Enabled", "Health": "OK"}
        return {
            "PowerControl": [{"PowerConsumedWatts": round(watts)}],
            "PowerSupplies": [{"Name": f"PSU{number}", "Status": well} for number in (1, 2)],
        }

    def manager(self, name: str) -> dict[str, Any]:
        """The BMC itself."""
        return {"Id": "bmc", "Model": "OpenBmc", "FirmwareVersion": "2.14.0"}
