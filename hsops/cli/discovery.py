"""The work behind ``hsops site init``: every plugin looks for its system in this machine's own configuration."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, get_args

from hsops.cli.output.streams import say, write
from hsops.config import load_site
from hsops.config.paths import config_dir, write_private
from hsops.config.values import Tier
from hsops.errors import ConfigInvalid, HsopsError, NotFound, UserError, plain
from hsops.plugin import Found
from hsops.registry import Registry, near, resolve


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for."""

    name: str
    tier: str
    show: bool
    force: bool


class Named(NamedTuple):
    """A found system under a name of its own."""

    system: Mapping[str, Any]
    origin: str


def write_site(request: Request) -> int:
    """Write or print the site file. Raises UserError, NotFound when nothing was found."""
    tiers: Sequence[str] = get_args(Tier)
    if request.tier not in tiers:
        raise UserError(f"there is no tier {request.tier}", hint=near(request.tier, tiers) or " or ".join(tiers))
    name = request.name or _host_name()
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", name):
        raise UserError(f"{name} is no name for a site", hint="letters, digits, dot, dash and underscore")
    registry = Registry.load()
    found = list(_named(_found(registry)))
    for one in found:
        say(f"found {one.system['name']} in {one.origin}")
    if not found:
        raise NotFound("no system was found on this machine", hint="write a site file by hand: docs/guide/site-file.md")
    text = _text(name, request.tier, found)
    if request.show:
        write(text)
        return 0
    path = config_dir() / "sites" / f"{name}.yaml"
    try:
        write_private(path, text, replace=request.force)
    except OSError as error:
        if path.exists():
            raise UserError(f"{path} is there already", hint="--force replaces it, --print only shows") from None
        raise UserError(
            f"{path} cannot be written: {error.strerror}", hint="set HSOPS_CONFIG_DIR, or --print"
        ) from error
    return _checked(path, registry)


def _checked(path: Path, registry: Registry) -> int:
    say(f"wrote {path}")
    try:
        load_site(path, registry)
    except ConfigInvalid as error:
        say(f"it needs your hand:\n{error}")
        return error.exit_code
    say(f"next: hsops doctor --site {path.stem}")
    return 0


def _found(registry: Registry) -> Iterator[Found]:
    for plugin in registry.plugins.values():
        if not plugin.discover:
            continue
        try:
            systems: Sequence[Found] = resolve(plugin.discover)(dict(os.environ), Path.home())
        except HsopsError as error:
            say(f"{plugin.name}: {error}")
        except Exception as error:  # noqa: BLE001 - files of other programs may hold anything; the others go on
            say(plain(f"{plugin.name}: its configuration could not be read: {type(error).__name__}: {error}"))
        else:
            yield from systems


def _named(found: Iterator[Found]) -> Iterator[Named]:
    """Systems in order, each with a name that no other has."""
    taken: set[str] = set()
    for one in found:
        wish = str(one.system.get("name") or one.system["plugin"])
        name, number = wish, 2
        while name in taken:
            name, number = f"{wish}-{number}", number + 1
        taken.add(name)
        rest = {key: value for key, value in one.system.items() if key not in ("plugin", "name")}
        yield Named({"plugin": one.system["plugin"], "name": name, **rest}, plain(one.origin))


def _text(name: str, tier: str, found: Sequence[Named]) -> str:
    """YAML with the origin of every system beside it."""
    import yaml  # noqa: PLC0415 - late: only here

    lines = [f"site: {name}", f"tier: {tier}  # prod, staging or lab", "systems:"]
    for one in found:
        lines.append(f"  # {one.origin}")
        block: str = yaml.safe_dump([dict(one.system)], sort_keys=False, allow_unicode=True, width=100)
        lines += [f"  {line}" for line in block.splitlines()]
    return "\n".join(lines) + "\n"


def _host_name() -> str:
    return re.sub(r"[^A-Za-z0-9-]", "-", socket.gethostname().partition(".")[0]).strip("-") or "site"
