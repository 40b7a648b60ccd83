"""Which transport serves a cluster: what the settings ask for, or the cheapest that is possible."""

from __future__ import annotations

import msgspec

from hsops.api import Context, Unsupported
from hsops.plugins.ceph.options import CephOptions
from hsops.plugins.ceph.transport import agent, cli, ssh
from hsops.plugins.ceph.transport.base import Host, Transport
from hsops.plugins.ceph.transport.local import LocalHost


async def open_transport(options: CephOptions, context: Context) -> tuple[Transport, Host]:
    """Open it, with the host that it talks to and closes. Raises Unreachable, AuthFailed, Unsupported."""
    if options.ssh is not None:
        host: Host = await ssh.connect(options.ssh, context)
    else:
        host, options = LocalHost(), local_paths(options, context)
    try:
        return await _on(host, options, context.timeout), host
    except BaseException:
        await host.aclose()
        raise


async def _on(host: Host, options: CephOptions, timeout: float) -> Transport:  # noqa: ASYNC109 - told to librados
    if options.transport != "cli":
        try:
            return await agent.start(host, options, timeout)
        except Unsupported:
            if options.transport == "agent":
                raise
    return cli.CliTransport(host, cli.program(options))


def local_paths(options: CephOptions, context: Context) -> CephOptions:
    """The options with paths of this machine, as the site file means them."""
    paths = {name: str(context.path(value)) for name in ("conf", "keyring") if (value := getattr(options, name))}
    return msgspec.structs.replace(options, **paths)
