"""What a site file says about Linux hosts."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

import msgspec

from hsops.api import Options, Secret

_RANGE = re.compile(r"\[(\d+)-(\d+)\]")
LARGEST = 20_000
"""Hosts that one pattern may stand for."""


class Member(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One host. What is not given comes from the plugin's own settings, then from ``~/.ssh/config``."""

    name: str
    """Its name in every other system of the site."""
    address: str | None = None
    user: str | None = None
    port: int | None = None


class LinuxOptions(Options, kw_only=True):
    """Settings of the plugin ``linux``: which hosts, and how to log in to them."""

    hosts: tuple[str | Member, ...]
    """Names (``cmp-1``), patterns (``cmp-[001-060]``) or mappings ``{name, address, user, port}``."""
    user: str | None = None
    port: int | None = None
    key: str | None = None
    """Private key file; without it the agent and the default keys are tried."""
    passphrase: Secret | None = None
    known_hosts: str | None = None
    """File of trusted host keys, ``~/.ssh/known_hosts`` by default. There is no way to trust an unknown host."""
    config: str | None = None
    """OpenSSH client configuration, ``~/.ssh/config`` by default."""
    down_within: float = 300.0
    """Seconds that a host may take to leave the network when it reboots."""
    up_within: float = 1200.0
    """Seconds that it may take to be back: firmware is slow."""


def members(options: LinuxOptions) -> list[Member]:
    """Every host, each name once, with its settings."""
    found: dict[str, Member] = {}
    for entry in options.hosts:
        for member in [entry] if isinstance(entry, Member) else [Member(name=name) for name in expand(entry)]:
            filled = msgspec.structs.replace(member, user=member.user or options.user, port=member.port or options.port)
            found.setdefault(member.name, filled)
    return list(found.values())


def expand(pattern: str) -> Iterator[str]:
    """``cmp-[001-003]`` as three names; the first number says how many digits."""
    parts = _RANGE.split(pattern)
    texts, lows, highs = parts[0::3], parts[1::3], parts[2::3]
    ranges = [[f"{number:0{len(low)}d}" for number in range(int(low), int(high) + 1)]
              for low, high in zip(lows, highs, strict=True)]  # fmt: skip
    for numbers in itertools.islice(itertools.product(*ranges), LARGEST):
        yield "".join(word for pair in itertools.zip_longest(texts, numbers, fillvalue="") for word in pair)
