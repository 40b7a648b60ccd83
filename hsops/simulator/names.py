"""Deterministic identifiers and names: the same seed gives the same cloud."""

from __future__ import annotations

import random


class Names:
    """Source of ids and names. All draws come from one seeded generator, so the order of calls matters."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - a reproducible world, not a secret

    def uuid(self) -> str:
        """A version 4 UUID in its canonical form."""
        digits = f"{self._random.getrandbits(128):032x}"
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"

    def hex(self) -> str:
        """32 hexadecimal digits, as keystone names projects and users."""
        return f"{self._random.getrandbits(128):032x}"

    def word(self, width: int = 8) -> str:
        """`width` letters and digits, as in nova's reservation ids."""
        return "".join(self._random.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=width))


COMPANIES = (
    "aurora", "basalt", "cobalt", "dynamo", "ember", "fjord", "granite", "harbor", "indigo", "jasper", "kestrel",
    "lumen", "meridian", "nimbus", "onyx", "prairie", "quartz", "ripple", "summit", "tundra", "umbra", "vertex",
    "willow", "xenon", "yonder", "zephyr",
)  # fmt: skip
PURPOSES = ("shop", "crm", "data", "web", "ci", "lab", "erp", "mail", "search", "stream")
ROLES = ("web", "db", "cache", "worker", "api", "queue", "batch", "proxy", "build", "log")


def project_name(number: int) -> str:
    """Name of the `number`-th project, unique for every number: ``aurora-shop``, … ``aurora-shop-2``."""
    company = COMPANIES[number % len(COMPANIES)]
    purpose = PURPOSES[(number // len(COMPANIES) + number) % len(PURPOSES)]
    again = number // (len(COMPANIES) * len(PURPOSES))
    return f"{company}-{purpose}" + (f"-{again + 1}" if again else "")


def numbered(prefix: str, number: int, total: int) -> str:
    """``cmp-001``: as many digits as the total needs, three at least."""
    return f"{prefix}-{number:0{max(3, len(str(total)))}d}"


HOSTILE_NAMES = {
    "escape": "\x1b[2J\x1b[31mpwned\x1b]0;owned\x07\x1b]52;c;aGk=\x07",
    "markup": "[bold red]fire[/] [link=file:///etc/passwd]x[/link] <b>&amp;",
    "bidi": "db\u202egnp.exe\u2066\u2069",
    "newline": "web\r\n1 rows\tOK\x00\x7f\x9b31m",
    "wide": "日本語サーバ👩‍👩‍👧‍👦é́́",
    "shell": "$(reboot); `id` | tee /tmp/x && ' \" \\ -rf",
}
"""Names that a tenant could choose to harm a console; `huge` (1 MB) is made on demand."""


def hostile_name(which: str) -> str:
    """The hostile name of that key; ``huge`` is one million letters. Raises KeyError."""
    return "A" * 1_000_000 if which == "huge" else HOSTILE_NAMES[which]
