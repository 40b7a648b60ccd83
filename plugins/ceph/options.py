"""What a site file says about a Ceph cluster."""

from __future__ import annotations

from typing import Literal

import msgspec

from hsops.api import Options, Secret


class Ssh(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The host that can reach the monitors. What is not given comes from ``~/.ssh/config``."""

    host: str
    port: int | None = None
    user: str | None = None
    key: str | None = None
    """Private key file; without it the agent and the default keys are tried."""
    passphrase: Secret | None = None
    known_hosts: str | None = None
    """File of trusted host keys, ``~/.ssh/known_hosts`` by default. There is no way to trust an unknown host."""
    config: str | None = None
    """OpenSSH client configuration, ``~/.ssh/config`` by default."""


class Commands(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How daemons are handled where no orchestrator does it: argument lists, run where the ``ceph`` commands run.

    ``{type}``, ``{id}`` and ``{host}`` are filled in: ``[ssh, "{host}", sudo, systemctl, stop, "ceph-{type}@{id}"]``.
    What is not given is the operator's work: a run says what to do and waits until the cluster shows it.
    """

    stop: tuple[str, ...] = ()
    start: tuple[str, ...] = ()
    restart: tuple[str, ...] = ()
    create: tuple[str, ...] = ()
    """Makes a new OSD with the id of a destroyed one and starts it (`osd.replace`)."""
    timeout: float = 120.0
    """Seconds one of them may take."""


class CephOptions(Options, kw_only=True):
    """Settings of the plugin ``ceph``. Paths are of the machine that runs the commands: with `ssh`, of that host."""

    ssh: Ssh | None = None
    """Without it the commands run on this machine."""
    conf: str | None = None
    """``ceph.conf``; without it Ceph looks in its usual places."""
    keyring: str | None = None
    client: str = "client.admin"
    """The cephx user, with its type."""
    transport: Literal["auto", "agent", "cli"] = "auto"
    """How commands reach the monitors.

    ``agent``: librados in a helper process that lives as long as the connection. ``cli``: a new ``ceph`` process for
    every command. ``auto``: the helper where `python` has python3-rados, else the program.
    """
    python: str = "/usr/bin/python3"
    """The interpreter that has python3-rados, for the helper process."""
    ceph: str = "ceph"
    """The command line client, for ``cli``."""
    commands: Commands = Commands()
    """How daemons are stopped, started and made without an orchestrator."""
