"""A machine as its BMC sees it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar

import msgspec

from hsops.api import Column, Format, Health, Kind, Link, Panel, Resource, State, same

_HEALTH = {"OK": Health.OK, "Warning": Health.WARN, "Critical": Health.CRITICAL}


class Machine(Resource):
    """A ``ComputerSystem`` of a BMC. One whose BMC does not answer keeps what was last known, and says why."""

    KIND: ClassVar[str] = "redfish.machine"
    name: str
    bmc: str
    """Name of the BMC in the site file."""
    path: str = ""
    """``/redfish/v1/Systems/…``: ids are each vendor's own; empty until the BMC has answered once."""
    power: str = ""
    condition: str = ""
    """The BMC's own word: OK, Warning, Critical."""
    trouble: str = ""
    """Why the BMC can not be asked; empty when it answers."""
    ill: tuple[str, ...] = ()
    """Fans, power supplies and sensors that are not well, with their words."""
    inlet: float | None = None
    """Degrees Celsius of the air that comes in."""
    watts: float | None = None
    fans: tuple[int, int] | None = None
    """Well, and all."""
    supplies: tuple[int, int] | None = None
    manufacturer: str = ""
    model: str = ""
    serial: str = ""
    bios: str = ""
    firmware: str = ""
    """Of the BMC itself."""
    led: str = ""
    boot: str = ""
    """What it boots from next, when that is overridden: ``Pxe once``."""
    resets: tuple[str, ...] = ()
    """Power actions that this BMC allows."""
    reset_path: str = ""
    seen: datetime | None = msgspec.field(default=None)

    def key(self) -> str:
        """Its name: the BMC's, and the system's when one BMC has several."""
        return self.name

    @property
    def word(self) -> str:
        """Its state in a word."""
        if self.trouble:
            return "unreachable"
        return self.power.lower() or "unknown"

    def health(self) -> Health:
        """The worst of what the BMC says; off is no fault, a BMC that does not answer is a warning."""
        if self.trouble:
            return Health.WARN
        said = _HEALTH.get(self.condition, Health.UNKNOWN if self.power == "" else Health.OK)
        parts = max((Health.CRITICAL if "Critical" in text else Health.WARN for text in self.ill), default=Health.OK)
        return max(said, parts, Health.MAINTENANCE if self.power == "Off" else Health.OK)

    def links(self) -> Iterable[Link]:
        """It is a host."""
        return (same("host", self.name),)


def _of(pair: tuple[int, int] | None) -> str:
    return "" if pair is None else f"{pair[0]}/{pair[1]}"


MACHINE = Kind(
    name=Machine.KIND,
    title="machine (BMC)",
    plural="machines (BMC)",
    aliases=("bmc", "machine"),
    resource=Machine,
    columns=(
        Column("name", "MACHINE", lambda row: row.name, priority=0),
        Column("power", "POWER", lambda row: State(row.health(), row.word), Format.STATE, priority=1),
        Column("condition", "HEALTH", lambda row: row.condition, priority=5),
        Column("ill", "NOT WELL", lambda row: row.ill, Format.LIST, priority=6, width=60),
        Column("inlet", "INLET °C", lambda row: row.inlet, priority=10, track=False),
        Column("watts", "WATTS", lambda row: row.watts, priority=15, track=False),
        Column("fans", "FANS", lambda row: _of(row.fans), priority=20),
        Column("supplies", "PSU", lambda row: _of(row.supplies), priority=18),
        Column("boot", "BOOTS", lambda row: row.boot, priority=25),
        Column("model", "MODEL", lambda row: f"{row.manufacturer} {row.model}".strip(), priority=30),
        Column("serial", "SERIAL", lambda row: row.serial, priority=35),
        Column("bios", "BIOS", lambda row: row.bios, priority=40),
        Column("firmware", "BMC FIRMWARE", lambda row: row.firmware, priority=41),
        Column("led", "LED", lambda row: row.led, priority=50),
        Column("seen", "SEEN", lambda row: row.seen, Format.AGE, priority=12, track=False),
        Column("trouble", "TROUBLE", lambda row: row.trouble, priority=7, width=60),
        Column("bmc", "BMC", lambda row: row.bmc, priority=70, wide=True),
    ),
)
PANELS = (Panel(kind=Machine.KIND),)
