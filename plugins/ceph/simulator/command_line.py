"""The ``ceph`` program's command line, as far as it is used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

_WITH_VALUE = {
    "--conf", "-c", "--name", "-n", "--keyring", "-k", "--id", "-i", "--user", "--cluster", "--connect-timeout",
    "--format", "-f", "-m",
}  # fmt: skip


@dataclass(slots=True)
class CommandLine:
    """Words of the command and options of the program."""

    words: list[str] = field(default_factory=list)
    options: dict[str, str] = field(default_factory=dict)

    @property
    def json(self) -> bool:
        """Whether JSON was asked for."""
        return self.options.get("--format", self.options.get("-f", "")).startswith("json")

    @property
    def patience(self) -> float | None:
        """Seconds to wait for a monitor; None: for ever."""
        text = self.options.get("--connect-timeout", "")
        return float(text) if text.isdigit() else None


def parse(argv: Sequence[str]) -> CommandLine:
    """What follows the program's name; options may stand anywhere."""
    line = CommandLine()
    rest = list(argv)
    while rest:
        word = rest.pop(0)
        name, equals, value = word.partition("=")
        if name in _WITH_VALUE:
            line.options[name] = value if equals else (rest.pop(0) if rest else "")
        elif word == "-s":
            line.words.append("status")
        else:
            line.words.append(word)
    return line
