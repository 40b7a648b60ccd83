"""The console on bad days, in a real terminal of 80x24: hostile names, dead systems, a home that cannot be written."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from hsops.simulator.site import SimulatedSite
from tests.bad_days.place import PATIENCE, rename_servers, site_file
from tests.benchmarks.terminal import Terminal

COLUMNS, LINES = 80, 24
LAYERS = ("compute", "network", "storage", "orchestration", "observability", "security", "tenant")


class Console:
    """A console in a terminal, and all the bytes that it wrote."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.written = b""

    def until(self, condition: Callable[[str], bool]) -> str:
        """Read until the screen is as wanted; gives it."""
        end, seen = time.monotonic() + PATIENCE, ""
        while time.monotonic() < end:
            self.written += self.terminal.read(quiet=0.1, wait=0.3, limit=1.0).data
            seen = "\n".join(self.terminal.screen())
            if condition(seen):
                return seen
        raise AssertionError(f"it never came:\n{seen}")

    def command(self, text: str) -> None:
        """Type a command line at once, faster than any screen: nothing typed ahead may be lost."""
        self.terminal.send(f":{text}\r")

    def leave(self) -> int:
        """Quit; gives the exit code."""
        self.terminal.send("\x11")  # ctrl-q
        end = time.monotonic() + PATIENCE
        while self.terminal.process.poll() is None and time.monotonic() < end:
            self.terminal.read(quiet=0.1, wait=0.1, limit=0.5)
        return self.terminal.process.wait(1)


@contextlib.contextmanager
def console(file: Path, home: Path, **more: str) -> Iterator[Console]:
    """`hsops` on a site file."""
    folders = {f"HSOPS_{name}_DIR": "" for name in ("CONFIG", "STATE", "DATA", "CACHE", "LOG")}
    xdg = {f"XDG_{name}_HOME": "" for name in ("CONFIG", "STATE", "DATA", "CACHE")}
    env = {**folders, **xdg, "HOME": str(home), "LANG": "C.UTF-8", "HSOPS_SITE": "", "HSOPS_SKIN": "", **more}
    argv = [sys.executable, "-m", "hsops.cli", "--site", str(file)]
    with Terminal(argv, columns=COLUMNS, lines=LINES, env=env) as terminal:
        yield Console(terminal)


def test_the_overview_fits_and_tells_what_is_wrong_and_then_well(site: SimulatedSite, tmp_path: Path) -> None:
    site.inject("api.refused", "ceph")
    with console(site.file, tmp_path) as here:
        seen = here.until(lambda text: "refuses" in text and "12 VMs" in text)
        assert all(layer in seen for layer in LAYERS), seen
        assert "Traceback" not in seen
        site.heal()
        here.terminal.send("\x12")  # ctrl-r
        seen = here.until(lambda text: "HEALTH_OK" in text)
        assert "12 VMs" in seen
        assert here.leave() == 0


VISIBLE = {
    "escape": "pwned", "markup": "[bold red]fire", "bidi": "gnp.exe", "newline": "1 rows", "wide": "日",
    "shell": "$(reboot)", "huge": "AAAAAAAA",
}  # fmt: skip
DRIVES = (b"\x1b]0;owned", b"\x1b]52;c;aGk=", b"\x1b[2J\x1b[31mpwned", b"\x9b31m", "\u202e".encode())


def test_hostile_names_are_drawn_and_drive_nothing(site: SimulatedSite, tmp_path: Path) -> None:
    rename_servers(site)
    with console(site.file, tmp_path) as here:
        here.until(lambda text: "12 VMs" in text)
        here.command("server")
        seen = here.until(lambda text: all(part in text for part in VISIBLE.values()))
        assert seen.count("ACTIVE") + seen.count("SHUTOFF") == 12, seen
        assert [drive for drive in DRIVES if drive in here.written] == []
        assert len(here.written) < 500_000, "a name of a megabyte is not sent to the terminal"
        assert here.leave() == 0


def test_a_home_that_cannot_be_written_opens_the_console_all_the_same(site: SimulatedSite, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with console(site.file, tmp_path / "file" / "home") as here:
        here.until(lambda text: "12 VMs" in text)
        here.command("server")
        here.until(lambda text: "ACTIVE" in text)
        assert here.leave() == 0


def test_hanging_systems_do_not_hold_up_the_first_paint(site: SimulatedSite, tmp_path: Path) -> None:
    for system in ("openstack", "ceph", "alertmanager"):
        site.inject("api.silent", system)
    with console(site_file(site.file, tmp_path), tmp_path) as here:
        seen = here.until(lambda text: "10 of 10 targets" in text)
        assert all(layer in seen for layer in LAYERS)
        here.command("sources")
        here.until(lambda text: "connecting" in text or "never" in text)
        assert here.leave() == 0
