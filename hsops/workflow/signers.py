"""Signing and verifying with SSH keys, as ``ssh-keygen -Y`` does it: with that program, so that every rule of its
``allowed_signers`` file holds (principals, namespaces, valid-after, valid-before, cert-authority).

Calls block: they belong into a thread. What goes to the program is the payload, on stdin, and files of mode 0600.
"""

from __future__ import annotations

import os
import stat
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from hsops.errors import Forbidden, TimedOut, Unsupported, UserError, plain

NAMESPACE = "hsops-approval"
_SIGNATURE = b"-----BEGIN SSH SIGNATURE-----"
_MOST_BYTES = 16_384
_PATTERN = frozenset("*?!")
_WHERE = "approval: allowed_signers of the site file"
_LOOK, _TOUCH = 20.0, 120.0
"""Seconds to verify, and to sign: a person may have to type a passphrase or touch a key."""


def sign(payload: bytes, key: Path | None) -> bytes:
    """The signature of the payload, armoured.

    `key` is a private key, or a public one (``.pub``) whose private half the agent has; None: the agent's first key.
    Raises UserError when there is no such key or it does not sign, Unsupported without ssh-keygen.
    """
    with _folder() as folder:
        if key is None:
            key = folder / "key.pub"
            _keep(key, _first_of_agent())
        elif not key.is_file():
            raise UserError("no such key", thing=str(key), hint="give a private key, or a .pub that the agent has")
        found = _call(["-Y", "sign", "-q", "-f", str(key), "-n", NAMESPACE], payload, _TOUCH)
    if found.returncode != 0 or not found.stdout.startswith(_SIGNATURE):
        raise UserError(f"did not sign: {_said(found)}", thing=str(key), hint="`ssh-add -l` shows what the agent has")
    return found.stdout


def verify(payload: bytes, signature: bytes, allowed_signers: Path, now: datetime | None = None) -> str:
    """The principal of `allowed_signers` who signed this payload for approvals. `now`: when not the clock's time.

    A line for a pattern (``*@example.org``) names nobody and is passed over. Raises Forbidden when the signature is
    not good or nobody's, UserError when the file can not be read, Unsupported without ssh-keygen.
    """
    found = principals(signature, allowed_signers, now)
    people = [name for name in found if not _PATTERN & set(name)]
    if not people:
        text = f"only for the pattern {found[0]}" if found else "not (or not now)"
        hint = f"add a line `NAME KEY` to {allowed_signers}"
        raise Forbidden(f"the key that signed is {text} among the allowed signers", hint=hint)
    faults = []
    for name in people:
        faults.append(_fault(payload, signature, allowed_signers, name, now))
        if not faults[-1]:
            return name
    hint = "it is of another run, of another plan, or for another purpose"
    raise Forbidden(f"the signature of {people[0]} is not good: {faults[0]}", hint=hint)


def is_of(payload: bytes, signature: bytes, allowed_signers: Path, name: str, now: datetime | None = None) -> bool:
    """Whether the file allows this signature to that principal, whoever else it allows it to."""
    return not _fault(payload, signature, allowed_signers, name, now)


def _fault(payload: bytes, signature: bytes, allowed_signers: Path, name: str, now: datetime | None) -> str:
    """Why the signature is not that principal's; empty when it is."""
    with _folder() as folder:
        _keep(folder / "signature", signature)
        argv = ["-Y", "verify", *_at(now), "-f", str(allowed_signers), "-I", name, "-n", NAMESPACE]
        answer = _call([*argv, "-s", str(folder / "signature")], payload, _LOOK)
    return "" if answer.returncode == 0 else _said(answer)


def principals(signature: bytes, allowed_signers: Path, now: datetime | None = None) -> Sequence[str]:
    """Everybody (and every pattern) to whom the file allows the key of this signature; what it signed is not looked at.

    Raises as `verify`.
    """
    if not signature.startswith(_SIGNATURE) or len(signature) > _MOST_BYTES:
        raise Forbidden("that is no SSH signature", hint=f"ssh-keygen -Y sign -n {NAMESPACE} makes one")
    _trust(allowed_signers)
    with _folder() as folder:
        _keep(folder / "signature", signature)
        argv = ["-Y", "find-principals", *_at(now), "-f", str(allowed_signers), "-s", str(folder / "signature")]
        answer = _call(argv, b"", _LOOK)
    names = answer.stdout.decode("utf-8", "replace").replace("\n", ",").split(",") if answer.returncode == 0 else []
    return list(dict.fromkeys(name.strip() for name in names if name.strip()))


def listed(allowed_signers: Path) -> Sequence[str]:
    """Every principal that the file names, patterns left out. Raises UserError when it can not be read."""
    try:
        lines = allowed_signers.read_text("utf-8", "replace").splitlines()
    except OSError as error:
        raise UserError(f"can not be read: {error.strerror}", thing=str(allowed_signers), hint=_WHERE) from error
    told = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    words = [line.split(maxsplit=1)[0].strip('"') for line in told]
    names = [name for word in words for name in word.split(",")]
    return [name for name in dict.fromkeys(names) if name and not _PATTERN & set(name)]


def _trust(allowed_signers: Path) -> None:
    """Raises UserError when it can not be read, or when everybody may write it and so approve."""
    try:
        mode = allowed_signers.stat().st_mode
    except OSError:
        mode = 0
    if not mode or not os.access(allowed_signers, os.R_OK):
        raise UserError("can not be read", thing=str(allowed_signers), hint=_WHERE)
    if mode & stat.S_IWOTH:
        raise UserError("can be written by everybody", thing=str(allowed_signers), hint=f"chmod o-w {allowed_signers}")


def _first_of_agent() -> bytes:
    answer = _run(["ssh-add", "-L"], b"", _LOOK)
    first = answer.stdout.split(b"\n", 1)[0]
    if answer.returncode != 0 or b" " not in first:
        raise UserError(f"no key to sign with: {_said(answer)}", hint="name one (--key), or `ssh-add` one to the agent")
    return first + b"\n"


def _at(now: datetime | None) -> list[str]:
    """The time to verify at; ssh-keygen reads it as local time, which is what its file's times are."""
    return [] if now is None else [f"-Overify-time={now.astimezone():%Y%m%d%H%M%S}"]


def _call(arguments: Sequence[str], data: bytes, patience: float) -> subprocess.CompletedProcess[bytes]:
    return _run(["ssh-keygen", *arguments], data, patience)


def _run(argv: Sequence[str], data: bytes, patience: float) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(argv, input=data, capture_output=True, timeout=patience, check=False)  # noqa: S603 - no shell
    except FileNotFoundError:
        raise Unsupported(f"{argv[0]} is not installed", hint="install OpenSSH's client, 8.2 or newer") from None
    except subprocess.TimeoutExpired:
        raise TimedOut(f"{argv[0]} did not end within {patience:g} s") from None


def _said(answer: subprocess.CompletedProcess[bytes]) -> str:
    lines = (answer.stderr or answer.stdout).decode("utf-8", "replace").strip().splitlines()
    return plain(lines[-1] if lines else f"exit {answer.returncode}", 300)


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="hsops-") as folder:  # mode 0700
        yield Path(folder)


def _keep(path: Path, data: bytes) -> None:
    path.touch(0o600)
    path.write_bytes(data)
