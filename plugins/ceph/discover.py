"""Clusters that this machine knows of: the environment first, then /etc/ceph. Nothing is asked, nothing connects."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from hsops.api import Found

ETC = Path("/etc/ceph")
_FLAGS = {
    "-c": "conf", "--conf": "conf", "-k": "keyring", "--keyring": "keyring", "-n": "client", "--name": "client",
    "-i": "id", "--id": "id", "--user": "id", "--cluster": "cluster",
}  # fmt: skip


def discover(env: Mapping[str, str], home: Path, etc: Path = ETC) -> Sequence[Found]:
    """What `CEPH_ARGS`, `CEPH_CONF`, the folder `etc` and ``~/.ceph`` name."""
    found: dict[str, Found] = {}
    for one in _candidates(env, home, etc):
        found.setdefault(str(one.system.get("conf")), one)
    return list(found.values())


def _candidates(env: Mapping[str, str], home: Path, etc: Path) -> Iterator[Found]:
    args = arguments(env.get("CEPH_ARGS", ""))
    named = {"keyring": args.get("keyring"), "client": args.get("client") or _client(args.get("id"))}
    if "conf" in args:
        yield _found(args["conf"], named, "CEPH_ARGS")
    if env.get("CEPH_CONF"):
        yield _found(env["CEPH_CONF"], named, "CEPH_CONF")
    if "cluster" in args:
        yield from _files(etc, f"{args['cluster']}.conf", named)
    for folder in (etc, home / ".ceph"):
        yield from _files(folder, "*.conf", named)


def _files(folder: Path, pattern: str, named: Mapping[str, str | None]) -> Iterator[Found]:
    try:
        files = sorted(folder.glob(pattern))
    except OSError:
        return
    for file in files:
        if file.is_file():
            yield _found(str(file), named, str(file))


def _found(conf: str, named: Mapping[str, str | None], origin: str) -> Found:
    system: dict[str, Any] = {"plugin": "ceph", "conf": conf}
    return Found(system | {key: value for key, value in named.items() if value}, origin)


def _client(id_: str | None) -> str | None:
    return f"client.{id_}" if id_ else None


def arguments(text: str) -> Mapping[str, str]:
    """The settings in a `CEPH_ARGS`; what cannot be read as a command line holds none."""
    try:
        words = shlex.split(text)
    except ValueError:
        return {}
    found: dict[str, str] = {}
    for index, word in enumerate(words):
        flag, equals, value = word.partition("=")
        name = _FLAGS.get(flag)
        if name and (equals or index + 1 < len(words)):
            found[name] = value if equals else words[index + 1]
    return found
