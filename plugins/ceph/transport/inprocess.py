"""librados in this process, in threads, where python3-rados can be imported."""

from __future__ import annotations

import asyncio
import importlib.util
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from hsops.api import TimedOut
from hsops.plugins.ceph.command import Command
from hsops.plugins.ceph.failures import of_connect, of_library
from hsops.plugins.ceph.options import CephOptions
from hsops.plugins.ceph.transport.agent_program import Cluster, explain
from hsops.plugins.ceph.transport.base import Reply

AT_ONCE = 4


def available() -> bool:
    """Whether this interpreter has python3-rados. Looks, imports nothing."""
    return importlib.util.find_spec("rados") is not None


async def connect(options: CephOptions, timeout: float) -> RadosTransport:  # noqa: ASYNC109 - told to librados
    """Connect in a thread. Raises Unsupported, AuthFailed, Unreachable."""
    settings = {
        "conf": options.conf, "keyring": options.keyring, "name": options.client, "timeout": max(1, round(timeout)),
    }  # fmt: skip
    threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="rados")
    try:
        cluster = await asyncio.get_running_loop().run_in_executor(threads, Cluster, settings)
    except Exception as error:
        threads.shutdown(wait=False)
        raise of_connect(explain(error)) from error
    return RadosTransport(cluster, threads)


class RadosTransport:
    """An open librados connection and the threads that wait on it."""

    name = "rados on this machine"

    def __init__(self, cluster: Cluster, threads: ThreadPoolExecutor) -> None:
        self._cluster = cluster
        self._threads = threads
        self.lost = False

    async def command(self, command: Command, timeout: float) -> Reply:  # noqa: ASYNC109 - librados has its own
        """See `Transport.command`."""
        loop = asyncio.get_running_loop()
        work = loop.run_in_executor(self._threads, self._ask, command.request(), command.manager)
        try:
            async with asyncio.timeout(timeout + 1):
                return Reply(*await work)
        except TimeoutError as error:
            raise TimedOut(f"no answer in {timeout:g} s", thing=str(command)) from error

    def _ask(self, request: dict[str, Any], manager: bool) -> tuple[int, bytes, str]:
        try:
            return self._cluster.command(request, manager)
        except Exception as error:  # every class of rados.Error; an answer with an error number raises nothing
            self.lost = True
            raise of_library(explain(error)) from error

    async def aclose(self) -> None:
        """See `Transport.aclose`. A thread that still waits ends with librados' own time-out."""
        self.lost = True
        self._threads.submit(self._cluster.close)
        self._threads.shutdown(wait=False)
