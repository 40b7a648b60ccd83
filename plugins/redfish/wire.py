"""What BMCs answer, with just the fields shown. Everything may be absent: each vendor leaves out something else.

Source: DMTF Redfish schema bundle DSP8010 (ComputerSystem, Chassis, Thermal, Power, Manager).
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec


class Link(msgspec.Struct):
    """A reference to another resource."""

    path: str = msgspec.field(name="@odata.id", default="")


class Collection(msgspec.Struct):
    """Members of a collection."""

    members: list[Link] = msgspec.field(name="Members", default_factory=list)


class Status(msgspec.Struct, rename="pascal"):
    """``{"State": "Enabled", "Health": "OK", "HealthRollup": "Warning"}``."""

    state: str | None = None
    health: str | None = None
    health_rollup: str | None = None


class ServiceRoot(msgspec.Struct, rename="pascal"):
    """``GET /redfish/v1``."""

    redfish_version: str = ""
    systems: Link = msgspec.field(default_factory=Link)
    session_service: Link | None = None


class ResetAction(msgspec.Struct):
    """Where and how a machine is reset."""

    target: str = ""
    allowed: list[str] = msgspec.field(name="ResetType@Redfish.AllowableValues", default_factory=list)


class Actions(msgspec.Struct):
    """The actions that are looked at."""

    reset: ResetAction | None = msgspec.field(name="#ComputerSystem.Reset", default=None)


class Boot(msgspec.Struct, rename="pascal"):
    """What it boots from next."""

    boot_source_override_target: str | None = None
    boot_source_override_enabled: str | None = None

    @property
    def phrase(self) -> str:
        """``Pxe once``; empty when nothing is overridden."""
        target = self.boot_source_override_target
        return f"{target} once" if self.boot_source_override_enabled == "Once" and target not in (None, "None") else ""


class SystemLinks(msgspec.Struct, rename="pascal"):
    """What the machine belongs to."""

    chassis: list[Link] = msgspec.field(default_factory=list)
    managed_by: list[Link] = msgspec.field(default_factory=list)


class ComputerSystem(msgspec.Struct, rename="pascal"):
    """``GET /redfish/v1/Systems/{id}``."""

    id: str = ""
    name: str | None = None
    host_name: str | None = None
    power_state: str | None = None
    status: Status = msgspec.field(default_factory=Status)
    manufacturer: str | None = None
    model: str | None = None
    serial_number: str | None = None
    bios_version: str | None = None
    indicator_led: str | None = msgspec.field(name="IndicatorLED", default=None)
    boot: Boot | None = None
    links: SystemLinks = msgspec.field(default_factory=SystemLinks)
    actions: Actions = msgspec.field(default_factory=Actions)


class ChassisBody(msgspec.Struct, rename="pascal"):
    """``GET /redfish/v1/Chassis/{id}``."""

    thermal: Link | None = None
    power: Link | None = None


class Temperature(msgspec.Struct, rename="pascal"):
    """One sensor."""

    name: str | None = None
    reading_celsius: float | None = None
    physical_context: str | None = None
    status: Status = msgspec.field(default_factory=Status)


class Part(msgspec.Struct, rename="pascal"):
    """A fan or a power supply."""

    name: str | None = None
    status: Status = msgspec.field(default_factory=Status)


class Thermal(msgspec.Struct, rename="pascal"):
    """``GET /redfish/v1/Chassis/{id}/Thermal``."""

    temperatures: list[Temperature] = msgspec.field(default_factory=list)
    fans: list[Part] = msgspec.field(default_factory=list)


class Control(msgspec.Struct, rename="pascal"):
    """What the machine draws."""

    power_consumed_watts: float | None = None


class Power(msgspec.Struct, rename="pascal"):
    """``GET /redfish/v1/Chassis/{id}/Power``."""

    power_control: list[Control] = msgspec.field(default_factory=list)
    power_supplies: list[Part] = msgspec.field(default_factory=list)


class Manager(msgspec.Struct, rename="pascal"):
    """``GET /redfish/v1/Managers/{id}``."""

    firmware_version: str | None = None
    model: str | None = None


def inlet(temperatures: Sequence[Temperature]) -> float | None:
    """What the air is that comes in: by its context, else by its name; None when no sensor says so."""
    for sensor in temperatures:
        if sensor.reading_celsius is not None and (sensor.physical_context or "") in ("Intake", "Room"):
            return sensor.reading_celsius
    for sensor in temperatures:
        name = (sensor.name or "").lower()
        if sensor.reading_celsius is not None and ("inlet" in name or "intake" in name or "ambient" in name):
            return sensor.reading_celsius
    return None
