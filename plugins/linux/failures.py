"""What each failure of SSH means for the person who reads it."""

from __future__ import annotations

import shlex
import socket

from hsops.api import AuthFailed, HsopsError, TimedOut, Unreachable, Unsupported

LOGIN = "check user and key; is the public key in the host's authorized_keys?"
KEY = "check key and passphrase"


def explain(error: Exception, address: str, port: int | None, known_hosts: str) -> HsopsError:
    """The decision for whatever asyncssh or the operating system raised while connecting."""
    import asyncssh  # noqa: PLC0415 - whoever has such an error has it loaded

    if isinstance(error, asyncssh.HostKeyNotVerifiable):
        return _host_key(address, port, known_hosts)
    if isinstance(error, TimeoutError) or "timeout" in str(error).lower():
        return TimedOut("accepts but does not answer as an SSH server, or is away", hint="is it up?")
    if isinstance(error, OSError):
        return _from_os(error, address, port, known_hosts)
    return _refusal(error, address, port)


def _refusal(error: Exception, address: str, port: int | None) -> HsopsError:
    """What asyncssh says of the login, the keys and the settings; the first class that fits."""
    import asyncssh  # noqa: PLC0415 - loaded already

    settings = "check key, known_hosts and config"
    meanings: tuple[tuple[type[Exception], HsopsError], ...] = (
        (asyncssh.PermissionDenied, AuthFailed(f"refuses the login: {error}", hint=LOGIN)),
        (asyncssh.KeyImportError, AuthFailed(f"the private key cannot be used: {error}", hint=KEY)),
        (asyncssh.KeyEncryptionError, AuthFailed(f"the private key cannot be used: {error}", hint=KEY)),
        (asyncssh.KeyExchangeFailed, Unsupported(f"it shares no algorithms with this machine: {error}")),
        (asyncssh.ProtocolNotSupported, Unsupported(f"speaks another SSH: {error}")),
        (asyncssh.ConfigParseError, Unsupported(f"the SSH configuration is wrong: {error}", hint=settings)),
        (asyncssh.Error, Unreachable(f"ended the connection: {error}", hint=_alive(address, port))),
        (Exception, Unsupported(f"the SSH settings are wrong: {error}", hint=settings)),
    )
    return next(meaning for kind, meaning in meanings if isinstance(error, kind))


def _from_os(error: OSError, address: str, port: int | None, known_hosts: str) -> HsopsError:
    if isinstance(error, socket.gaierror):
        return Unreachable(f"the name {address} is not known: {error.strerror}", hint="check address and DNS")
    if isinstance(error, ConnectionRefusedError):
        return Unreachable(f"refuses connections on port {port or 22}", hint="does sshd run there?")
    if isinstance(error, FileNotFoundError | PermissionError | IsADirectoryError) and error.filename:
        name = str(error.filename)
        if name == known_hosts:
            hint = "log in once with ssh, compare the fingerprint"
            return AuthFailed(f"no trusted host keys: {name}: {error.strerror}", hint=hint)
        return AuthFailed(f"cannot read {name}: {error.strerror}", hint="check key")
    return Unreachable(f"cannot be reached: {error.strerror or error}", hint=_alive(address, port))


def _alive(address: str, port: int | None) -> str:
    return f"try: {shlex.join(['ssh', *_port(port), address, 'true'])}"


def _port(port: int | None) -> list[str]:
    return ["-p", str(port)] if port else []


def _host_key(address: str, port: int | None, known_hosts: str) -> AuthFailed:
    """An unknown and a changed host key are the same error to asyncssh: look into the file to tell them apart."""
    name = address if port in (None, 22) else f"[{address}]:{port}"
    scan = shlex.join(["ssh-keyscan", *_port(port), address])
    if _is_known(address, port, known_hosts):
        forget = shlex.join(["ssh-keygen", "-f", known_hosts, "-R", name])
        return AuthFailed(
            f"the host key of {name} HAS CHANGED: somebody may be in between, or the host was installed anew",
            hint=f"ask who runs it; if it is right: {forget} && {scan} >> {shlex.quote(known_hosts)}",
        )
    hint = f"compare its fingerprint, then: {scan} >> {shlex.quote(known_hosts)}"
    return AuthFailed(f"the host key of {name} is not known", hint=hint)


def _is_known(address: str, port: int | None, known_hosts: str) -> bool:
    import asyncssh  # noqa: PLC0415 - loaded already

    try:
        keys = asyncssh.read_known_hosts(known_hosts).match(address, "", port)
    except (OSError, ValueError):
        return False
    return any(keys[:3])
