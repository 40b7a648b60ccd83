"""What each failure of SSH means for the person who reads it."""

from __future__ import annotations

import shlex
import socket

from hsops.api import AuthFailed, HsopsError, TimedOut, Unreachable, Unsupported
from hsops.plugins.ceph.options import Ssh

LOGIN = "check ssh.user and ssh.key; is the public key there?"
KEY = "check ssh.key and ssh.passphrase"


def explain(error: Exception, ssh: Ssh, known_hosts: str) -> HsopsError:
    """The decision for whatever asyncssh or the operating system raised while connecting."""
    import asyncssh  # noqa: PLC0415 - whoever has such an error has it loaded

    if isinstance(error, asyncssh.HostKeyNotVerifiable):
        return _host_key(ssh, known_hosts)
    if isinstance(error, TimeoutError) or "timeout" in str(error).lower():
        return TimedOut(f"{ssh.host} accepts but does not answer as an SSH server", hint="is it overloaded?")
    if isinstance(error, OSError):
        return _from_os(error, ssh, known_hosts)
    return _refusal(error, ssh)


def _refusal(error: Exception, ssh: Ssh) -> HsopsError:
    """What asyncssh says of the login, the keys and the settings; the first class that fits."""
    import asyncssh  # noqa: PLC0415 - loaded already

    settings = "check ssh.key, ssh.known_hosts and ssh.config"
    meanings: tuple[tuple[type[Exception], HsopsError], ...] = (
        (asyncssh.PermissionDenied, AuthFailed(f"{ssh.host} refuses the login: {error}", hint=LOGIN)),
        (asyncssh.KeyImportError, AuthFailed(f"the private key cannot be used: {error}", hint=KEY)),
        (asyncssh.KeyEncryptionError, AuthFailed(f"the private key cannot be used: {error}", hint=KEY)),
        (asyncssh.KeyExchangeFailed, Unsupported(f"{ssh.host} and this machine share no algorithms: {error}")),
        (asyncssh.ProtocolNotSupported, Unsupported(f"{ssh.host} speaks another SSH: {error}")),
        (asyncssh.ConfigParseError, Unsupported(f"the SSH configuration is wrong: {error}", hint=settings)),
        (asyncssh.Error, Unreachable(f"{ssh.host} ended the connection: {error}", hint=_alive(ssh))),
        (Exception, Unsupported(f"the SSH settings are wrong: {error}", hint=settings)),
    )
    return next(meaning for kind, meaning in meanings if isinstance(error, kind))


def _from_os(error: OSError, ssh: Ssh, known_hosts: str) -> HsopsError:
    if isinstance(error, socket.gaierror):
        return Unreachable(f"the name {ssh.host} is not known: {error.strerror}", hint="check ssh.host and DNS")
    if isinstance(error, ConnectionRefusedError):
        return Unreachable(f"{ssh.host} refuses connections on port {ssh.port or 22}", hint="does sshd run there?")
    if isinstance(error, FileNotFoundError | PermissionError | IsADirectoryError) and error.filename:
        return _file(error, known_hosts)
    return Unreachable(f"{ssh.host} cannot be reached: {error.strerror or error}", hint=_alive(ssh))


def _file(error: OSError, known_hosts: str) -> HsopsError:
    name = str(error.filename)
    if name == known_hosts:
        return AuthFailed(
            f"no trusted host keys: {name}: {error.strerror}", hint="log in once with ssh, compare the fingerprint"
        )
    return AuthFailed(f"cannot read {name}: {error.strerror}", hint="check ssh.key")


def _alive(ssh: Ssh) -> str:
    return f"try: {shlex.join(['ssh', *_port(ssh), ssh.host, 'true'])}"


def _port(ssh: Ssh) -> list[str]:
    return ["-p", str(ssh.port)] if ssh.port else []


def _host_key(ssh: Ssh, known_hosts: str) -> AuthFailed:
    """An unknown and a changed host key are the same error to asyncssh: look into the file to tell them apart."""
    name = ssh.host if ssh.port in (None, 22) else f"[{ssh.host}]:{ssh.port}"
    scan = shlex.join(["ssh-keyscan", *_port(ssh), ssh.host])
    if _is_known(ssh, known_hosts):
        forget = shlex.join(["ssh-keygen", "-f", known_hosts, "-R", name])
        return AuthFailed(
            f"the host key of {name} HAS CHANGED: somebody may be in between, or the host was installed anew",
            hint=f"ask who runs it; if it is right: {forget} && {scan} >> {shlex.quote(known_hosts)}",
        )
    return AuthFailed(
        f"the host key of {name} is not known",
        hint=f"compare its fingerprint, then: {scan} >> {shlex.quote(known_hosts)}",
    )


def _is_known(ssh: Ssh, known_hosts: str) -> bool:
    import asyncssh  # noqa: PLC0415 - loaded already

    try:
        keys = asyncssh.read_known_hosts(known_hosts).match(ssh.host, "", ssh.port)
    except (OSError, ValueError):
        return False
    return any(keys[:3])
