"""Every failure of the layers below is one of our decisions: commands, librados, the ceph program, asyncssh."""

from __future__ import annotations

import errno
import inspect
import re
import socket
from pathlib import Path

import asyncssh
import pytest

from hsops.api import (
    AuthFailed,
    BadAnswer,
    Conflict,
    Forbidden,
    HsopsError,
    NotFound,
    TimedOut,
    Unreachable,
    Unsupported,
)
from hsops.plugins.ceph import command as commands
from hsops.plugins.ceph.failures import of_client, of_command, of_connect
from hsops.plugins.ceph.options import Ssh
from hsops.plugins.ceph.transport import ssh_failures
from tests.plugins.ceph.helping import recorded

SSH = Ssh(host="mon1", port=2222)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (errno.EPERM, Forbidden), (errno.EACCES, Forbidden), (errno.ENOENT, NotFound), (errno.EBUSY, Conflict),
        (errno.EINVAL, Unsupported), (errno.EOPNOTSUPP, Unsupported), (errno.ETIMEDOUT, TimedOut),
        (errno.ENOTCONN, Unreachable), (errno.EIO, BadAnswer), (4095, BadAnswer),
    ],
)  # fmt: skip
def test_error_numbers_of_commands(code: int, kind: type[HsopsError]) -> None:
    error = of_command(commands.OSD_TREE, code, "first\nwhat is wrong\n")
    assert type(error) is kind
    assert error.thing == "ceph osd tree"


def test_every_error_number_has_a_decision() -> None:
    for code in errno.errorcode:
        assert isinstance(of_command(commands.STATUS, code, ""), HsopsError)


def test_recorded_failures_of_commands_keep_ceph_s_words() -> None:
    for entry in [*recorded("errors"), *recorded("osd_set_group")]:
        if entry["exit"]:
            assert of_client(entry["exit"], entry["stderr"].strip()) is None
            error = of_command(commands.STATUS, entry["exit"], entry["stderr"])
            assert error.what in entry["stderr"]


@pytest.mark.parametrize(
    ("name", "code", "text", "kind"),
    [
        ("PermissionDeniedError", 13, "RADOS permission denied (error connecting to the cluster)", AuthFailed),
        ("PermissionError", 1, "x", AuthFailed),
        ("ObjectNotFound", 2, "RADOS object not found (error connecting to the cluster)", AuthFailed),
        ("ObjectNotFound", 2, "RADOS object not found (error calling conf_read_file)", Unsupported),
        ("TimedOut", 110, "RADOS timed out (error connecting to the cluster)", TimedOut),
        ("InterruptedOrTimeoutError", 4, "x", TimedOut),
        ("Error", 0, "rados_initialize failed with error code: -22", Unsupported),
        ("InvalidArgumentError", 22, "x", Unsupported),
        ("ModuleNotFoundError", 0, "No module named 'rados'", Unsupported),
        ("ConnectionShutdown", 108, "x", Unreachable),
        ("RadosStateError", 0, "x", Unreachable),
        ("OSError", 5, "x", Unreachable),
    ],
)
def test_librados_failures(name: str, code: int, text: str, kind: type[HsopsError]) -> None:
    error = of_connect({"class": name, "errno": code, "text": text})
    assert type(error) is kind
    assert error.hint


def test_recorded_failures_of_the_program() -> None:
    dead, unknown = recorded("connect_errors")
    assert type(of_client(dead["exit"], dead["stderr"].strip())) is TimedOut
    assert type(of_client(unknown["exit"], unknown["stderr"].strip())) is AuthFailed


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (
            "Error initializing cluster client: "
            "ObjectNotFound('RADOS object not found (error calling conf_read_file)')",
            Unsupported,
        ),
        ("Error initializing cluster client: Error('rados_initialize failed with error code: -22')", Unsupported),
        ("auth: no keyring on /k\n[errno 2] RADOS object not found (error connecting to the cluster)", AuthFailed),
        ("Cluster connection aborted", TimedOut),
        ("Traceback (most recent call last):\nImportError: librados.so.2", BadAnswer),
    ],
)
def test_the_program_fails_before_it_asks(text: str, kind: type[HsopsError]) -> None:
    assert type(of_client(1, text)) is kind


def _raise_all() -> list[Exception]:
    """One of every exception class of asyncssh and of those of the system that connecting can raise."""
    found: list[Exception] = [
        ConnectionRefusedError(111, "refused"), ConnectionResetError(104, "reset"), BrokenPipeError(32, "pipe"),
        TimeoutError(), socket.gaierror(-2, "Name or service not known"), OSError(113, "No route to host"),
        FileNotFoundError(2, "No such file", "/k"), PermissionError(13, "Permission denied", "/k"),
        IsADirectoryError(21, "Is a directory", "/k"), ValueError("bad"),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "x"),
    ]  # fmt: skip
    for kind in vars(asyncssh).values():
        if inspect.isclass(kind) and issubclass(kind, Exception):
            found.append(_one(kind))
    return found


def _one(kind: type[Exception]) -> Exception:
    """An instance with a word for every argument it wants."""
    values = {"code": 1, "exit_signal": None, "returncode": 1, "exit_status": 1}
    wanted = list(inspect.signature(kind.__init__).parameters.values())[1:]
    named = [one for one in wanted if one.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    return kind(*[values.get(one.name, "words") for one in named if one.default is inspect.Parameter.empty])


def test_every_failure_of_ssh_is_a_decision() -> None:
    errors = _raise_all()
    assert len(errors) > 30
    for error in errors:
        made = ssh_failures.explain(error, SSH, "/nowhere/known_hosts")
        assert isinstance(made, Unreachable | AuthFailed | Unsupported), error
        assert made.what, error


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (ConnectionRefusedError(111, "x"), Unreachable, "refuses connections on port 2222"),
        (socket.gaierror(-2, "Name or service not known"), Unreachable, "the name mon1 is not known"),
        (asyncssh.PermissionDenied("no"), AuthFailed, "refuses the login"),
        (asyncssh.ConnectionLost("Login timeout expired"), TimedOut, "does not answer as an SSH server"),
        (asyncssh.ConnectionLost("Connection lost"), Unreachable, "ended the connection"),
        (TimeoutError(), TimedOut, "does not answer as an SSH server"),
        (asyncssh.KeyExchangeFailed("none"), Unsupported, "share no algorithms"),
        (asyncssh.KeyImportError("Passphrase must be specified"), AuthFailed, "private key cannot be used"),
        (FileNotFoundError(2, "No such file", "/kh"), AuthFailed, "no trusted host keys"),
        (FileNotFoundError(2, "No such file", "/key"), AuthFailed, "cannot read /key"),
    ],
)
def test_what_a_person_reads(error: Exception, kind: type[HsopsError], words: str) -> None:
    made = ssh_failures.explain(error, SSH, "/kh")
    assert type(made) is kind
    assert words in str(made)


def test_unknown_and_changed_host_keys_are_told_apart(tmp_path: Path) -> None:
    known = tmp_path / "known hosts"
    error = asyncssh.HostKeyNotVerifiable("Host key is not trusted")
    known.write_text("")
    unknown = ssh_failures.explain(error, SSH, str(known))
    key = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    known.write_text(f"[mon1]:2222 {key}\n")
    changed = ssh_failures.explain(error, SSH, str(known))
    assert "is not known" in unknown.what
    assert "HAS CHANGED" in changed.what
    assert f"ssh-keygen -f '{known}' -R '[mon1]:2222'" in changed.hint
    assert re.search(r"ssh-keyscan -p 2222 mon1 >> ", unknown.hint)
    assert isinstance(unknown, AuthFailed)
    assert isinstance(changed, AuthFailed)
