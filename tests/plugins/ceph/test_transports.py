"""The transports against real processes: the helper with a stand-in for librados, and stand-ins for ``ceph``."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from hsops.api import AuthFailed, BadAnswer, TimedOut, Unreachable, Unsupported
from hsops.plugins.ceph import command as commands
from hsops.plugins.ceph.client import connect
from hsops.plugins.ceph.command import Command
from hsops.plugins.ceph.options import CephOptions
from hsops.plugins.ceph.transport import agent, agent_program, cli
from hsops.plugins.ceph.transport.base import Transport
from hsops.plugins.ceph.transport.choose import open_transport
from hsops.plugins.ceph.transport.local import LocalHost
from tests.plugins.ceph.helping import RECORDINGS, Context

pytestmark = pytest.mark.asyncio

RADOS = """
import errno, json, os, time

class Error(Exception): pass

class Denied(Error):
    errno = 13

class Rados:
    def __init__(self, conffile, name): self.name, self.conf = name, {}
    def conf_parse_env(self, name): pass
    def conf_set(self, key, value): self.conf[key] = value
    def connect(self, timeout):
        if self.name == "client.nobody": raise Denied("RADOS permission denied (error connecting to the cluster)")
    def shutdown(self): pass
    def mgr_command(self, text, data): return self.mon_command(text, data)
    def mon_command(self, text, data):
        command = json.loads(text)
        prefix = command["prefix"]
        if prefix == "sleep": time.sleep(command["seconds"]); return 0, str(command["seconds"]).encode(), ""
        if prefix == "who": return 0, str(os.getpid()).encode(), json.dumps(self.conf)
        if prefix == "die": os._exit(7)
        if prefix == "raise": raise Error("broken \\x1b[31m")
        if prefix == "large": return 0, bytes(5_000_000), ""
        if prefix == "status": return 0, open(os.environ["STATUS"], "rb").read(), ""
        return -errno.EINVAL, b"", "command not known"
"""


@pytest.fixture
def rados(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CephOptions:
    """Options under which the helper finds a module `rados`."""
    (tmp_path / "rados.py").write_text(RADOS)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("STATUS", str(RECORDINGS / "status.json"))
    return CephOptions(transport="agent", python=sys.executable)


def plain(prefix: str, **args: Any) -> Command:
    """A command of the stand-in."""
    return Command(prefix, args, json=False)


async def opened(options: CephOptions) -> Transport:
    """The transport that the options ask for."""
    return (await open_transport(options, Context(timeout=5.0)))[0]


async def test_one_helper_answers_every_command(rados: CephOptions) -> None:
    transport = await opened(rados)
    replies = [await transport.command(plain("who"), 5) for _ in range(3)]
    assert len({reply.out for reply in replies}) == 1
    assert json.loads(replies[0].text)["rados_mon_op_timeout"] == "5"
    assert transport.name == "agent on this machine"
    await transport.aclose()
    await transport.aclose()
    with pytest.raises(ProcessLookupError):
        os.kill(int(replies[0].out), 0)


async def test_the_answer_of_the_cluster_comes_through(rados: CephOptions) -> None:
    transport = await opened(rados)
    assert (await transport.command(commands.OSD_TREE, 5))[::2] == (22, "command not known")
    assert len((await transport.command(plain("large"), 5)).out) == 5_000_000
    await transport.aclose()


async def test_a_slow_command_does_not_hold_up_the_others(rados: CephOptions) -> None:
    transport = await opened(rados)
    done: list[str] = []

    async def ask(seconds: float) -> None:
        done.append((await transport.command(plain("sleep", seconds=seconds), 10)).out.decode())

    await asyncio.gather(ask(1.5), ask(0.0), ask(0.01))
    assert done[-1] == "1.5"
    await transport.aclose()


async def test_a_late_answer_is_a_time_out_and_the_connection_lives_on(rados: CephOptions) -> None:
    transport = await opened(rados)
    with pytest.raises(TimedOut):
        await transport.command(plain("sleep", seconds=30), 0.2)
    assert not transport.lost
    assert (await transport.command(plain("who"), 5)).code == 0
    await transport.aclose()


async def test_a_dead_helper_fails_all_who_wait_and_is_told_lost(rados: CephOptions) -> None:
    transport = await opened(rados)
    waiting = asyncio.gather(
        transport.command(plain("sleep", seconds=30), 60), transport.command(plain("die"), 60), return_exceptions=True
    )
    assert [type(error) for error in await waiting] == [Unreachable, Unreachable]
    assert transport.lost
    with pytest.raises(Unreachable):
        await transport.command(plain("who"), 5)
    await transport.aclose()


async def test_an_exception_of_librados_is_a_decision(rados: CephOptions) -> None:
    transport = await opened(rados)
    with pytest.raises(Unreachable, match="broken") as caught:
        await transport.command(plain("raise"), 5)
    assert "\x1b" not in str(caught.value)
    await transport.aclose()


async def test_a_refused_key_asks(rados: CephOptions) -> None:
    rados.client = "client.nobody"
    with pytest.raises(AuthFailed, match="permission denied"):
        await opened(rados)


async def test_a_cluster_that_answers_is_connected(rados: CephOptions) -> None:
    client = await connect(rados, Context())
    assert (await client.status()).quorum_names == ["a", "b", "c"]
    await client.aclose()


async def test_no_librados_is_unsupported_by_name(tmp_path: Path) -> None:
    empty = CephOptions(transport="agent", python=sys.executable)
    with pytest.raises(Unsupported, match="python3-rados is missing"):
        await opened(empty)


async def test_no_interpreter_is_unsupported() -> None:
    with pytest.raises(Unsupported, match="cannot run /no/python"):
        await opened(CephOptions(transport="agent", python="/no/python"))


async def test_the_noise_of_a_login_shell_is_skipped_and_garbage_is_not_read_as_an_answer(tmp_path: Path) -> None:
    shell = script(tmp_path / "python", f'#!/bin/sh\necho welcome\nexec {sys.executable} "$@"\n')
    with pytest.raises(Unsupported, match="python3-rados is missing"):
        await opened(CephOptions(transport="agent", python=shell))
    broken = script(tmp_path / "broken", "#!/bin/sh\necho hsops-ceph-agent 1\nyes garbage | head -c 100000\n")
    with pytest.raises(BadAnswer, match="garbled"):
        await opened(CephOptions(transport="agent", python=broken))


async def test_a_helper_that_says_nothing_is_a_time_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent, "GRACE", 0.3)
    silent = script(tmp_path / "silent", "#!/bin/sh\nexec sleep 60\n")
    with pytest.raises(TimedOut):
        await agent.start(LocalHost(), CephOptions(python=silent), 0.2)


def script(path: Path, text: str) -> str:
    """A program."""
    path.write_text(text)
    path.chmod(0o700)
    return str(path)


def program(path: Path, body: str) -> CephOptions:
    """Options with a stand-in for the ``ceph`` program."""
    return CephOptions(transport="cli", ceph=script(path / "ceph", "#!/bin/sh\n" + textwrap.dedent(body)))


async def test_the_program_gets_every_word_by_itself(tmp_path: Path) -> None:
    options = program(tmp_path, 'printf "%s\\n" "$@"')
    options.conf, options.client = "/c d/ceph.conf", "client.x"
    transport = await opened(options)
    reply = await transport.command(commands.group_set("noout", "host; rm -rf /"), 5)
    assert reply.out.decode().split("\n")[:-1] == [
        "--conf", "/c d/ceph.conf", "--name", "client.x", "--connect-timeout", "5", "osd", "set-group", "noout",
        "host; rm -rf /",
    ]  # fmt: skip


async def test_the_cluster_s_refusal_is_a_reply_and_a_failed_connection_an_error(tmp_path: Path) -> None:
    transport = await opened(program(tmp_path, 'echo "Error EBUSY: busy" >&2; exit 16'))
    assert (await transport.command(commands.OSD_TREE, 5)).code == 16
    transport = await opened(program(tmp_path, "echo 'timed out' >&2; exit 1"))
    with pytest.raises(TimedOut):
        await transport.command(commands.OSD_TREE, 5)


async def test_a_program_that_hangs_is_ended_with_its_children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "GRACE", 0.5)
    mark = tmp_path / "pid"
    transport = await opened(program(tmp_path, f"sleep 300 & echo $! > {mark}; wait"))
    with pytest.raises(TimedOut):
        await transport.command(commands.OSD_TREE, 0.5)
    for _ in range(100):
        if _gone(mark):
            return
        await asyncio.sleep(0.1)
    raise AssertionError("the child of the hanging program still runs")


def _gone(mark: Path) -> bool:
    stat = Path(f"/proc/{mark.read_text().strip()}/stat")
    return not stat.exists() or stat.read_text().split(")")[1].split()[0] == "Z"


async def test_a_killed_program_is_no_answer(tmp_path: Path) -> None:
    transport = await opened(program(tmp_path, "kill -9 $$"))
    with pytest.raises(BadAnswer, match="killed"):
        await transport.command(commands.OSD_TREE, 5)


async def test_no_program_is_unsupported() -> None:
    transport = await opened(CephOptions(transport="cli", ceph="/no/ceph"))
    with pytest.raises(Unsupported, match="cannot run /no/ceph"):
        await transport.command(commands.OSD_TREE, 5)


async def test_auto_falls_back_to_the_program(tmp_path: Path) -> None:
    options = program(tmp_path, f"cat {RECORDINGS}/status.json")
    options.transport, options.python = "auto", "/no/python"
    client = await connect(options, Context())
    assert client.via == "cli on this machine"
    await client.aclose()


async def test_a_dead_manager_does_not_hold_up_the_monitors(rados: CephOptions) -> None:
    """More commands than the helper lets wait for the manager: the others are refused at once, monitors answer."""
    transport = await opened(rados)
    stuck = Command("sleep", {"seconds": 30}, manager=True)
    replies = [asyncio.create_task(transport.command(stuck, 60)) for _ in range(agent_program.MANAGER + 1)]
    done, waiting = await asyncio.wait(replies, return_when=asyncio.FIRST_COMPLETED)
    assert [task.result().code for task in done] == [errno.ETIMEDOUT]
    assert (await transport.command(plain("who"), 5)).code == 0
    await transport.aclose()
    ended = await asyncio.gather(*waiting, return_exceptions=True)
    assert {type(error) for error in ended} == {Unreachable}
