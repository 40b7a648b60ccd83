"""Break and mend the lab's Linux hosts."""

from __future__ import annotations

from pathlib import Path

from tests.lab import process
from tests.lab.linux import KERNEL, NAMES, NEXT_KERNEL, UPDATES, home, login
from tests.lab.place import place
from tests.lab.waiting import wait_until

_PLACE = place("linux")


def folder(name: str) -> Path:
    """What the host has on its disk."""
    return home(_PLACE, name)


def inject(name: str, fault: str, text: str = "") -> None:
    """Make a host misbehave; see the supervisor."""
    (folder(name) / "faults" / fault).write_text(text)


def heal(name: str) -> None:
    """End every fault of a host."""
    for file in (folder(name) / "faults").iterdir():
        file.unlink()


def boot_id(name: str) -> str:
    """As the host has it on its disk."""
    return (folder(name) / "boot_id").read_text().strip()


def boots(name: str) -> int:
    """How often it was booted since it was made."""
    return len((folder(name) / "boots").read_text().split())


def installations(name: str) -> tuple[int, int]:
    """How many installations began and how many ended well since it was mended."""
    words = (folder(name) / "installations").read_text().split()
    return words.count("began"), words.count("ended")


def kernel(name: str) -> str:
    """The kernel that it says it runs."""
    return (folder(name) / "kernel").read_text().strip()


def answers(name: str) -> bool:
    """Whether one can log in."""
    return bool(login(_PLACE, name, "true") is not None)


def mend() -> None:
    """Every host up, with the old kernel running and the updates pending."""
    for name in NAMES:
        heal(name)
        process.must_live(_PLACE, name)
        where = folder(name)
        (where / "boot" / f"vmlinuz-{NEXT_KERNEL}").unlink(missing_ok=True)
        for file, text in {"updates": UPDATES, "failed": "", "installations": ""}.items():
            (where / file).write_text(text)
        if kernel(name) != KERNEL or (where / "run" / "reboot-required").exists() or (where / "request").exists():
            before = boots(name)
            (where / "request").touch()
            wait_until(lambda before=before, name=name: boots(name) > before, f"the reboot of {name}", seconds=60)
    for name in NAMES:
        wait_until(lambda name=name: answers(name), f"{name}'s sshd", seconds=60)
