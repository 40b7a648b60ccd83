"""The `openstack` commands that do the same as our calls, as argv."""

from __future__ import annotations

from collections.abc import Sequence

LIVE = ("--os-compute-api-version", "2.30")
_COLD_TO_HOST = ("--os-compute-api-version", "2.56")
_STATES = ("--os-compute-api-version", "2.53")


def disable(host: str, reason: str) -> Sequence[str]:
    """No new servers on the host."""
    return ["openstack", "compute", "service", "set", "--disable", "--disable-reason", reason, host, "nova-compute"]


def enable(host: str, binary: str = "nova-compute") -> Sequence[str]:
    """The scheduler may use the host again."""
    return ["openstack", "compute", "service", "set", "--enable", host, binary]


def live_migrate(server: str, to: str = "") -> Sequence[str]:
    """Move a running server; without a target the scheduler chooses."""
    return ["openstack", *LIVE, "server", "migrate", server, "--live-migration", *(["--host", to] if to else [])]


def cold_migrate(server: str, to: str = "") -> Sequence[str]:
    """Move a stopped server; it wants to be confirmed afterwards."""
    if to:
        return ["openstack", *_COLD_TO_HOST, "server", "migrate", server, "--host", to, "--wait"]
    return ["openstack", "server", "migrate", server, "--wait"]


def force_down(host: str, *, down: bool) -> Sequence[str]:
    """Say that a host is dead, or that it no longer is."""
    return ["openstack", *_STATES, "compute", "service", "set", "--down" if down else "--up", host, "nova-compute"]


def evacuate(server: str, to: str = "") -> Sequence[str]:
    """Rebuild a server of a dead host elsewhere."""
    return ["openstack", *_STATES, "server", "evacuate", server, *(["--host", to] if to else [])]


def masakari(segment: str, host: str, *, maintenance: bool) -> Sequence[str]:
    """Tell masakari to leave a host alone, or to watch it again."""
    return ["openstack", "segment", "host", "update", segment, host, "--on_maintenance", str(maintenance)]


def confirm(server: str) -> Sequence[str]:
    """Accept a cold migration or a resize."""
    return ["openstack", "server", "migrate", "confirm", server]


def shelve_offload(server: str) -> Sequence[str]:
    """Take a shelved server off its host; its snapshot stays."""
    return ["openstack", "server", "shelve", "--offload", server]


def start(server: str) -> Sequence[str]:
    """Start a stopped server."""
    return ["openstack", "server", "start", server]


def stop(server: str) -> Sequence[str]:
    """Shut a server down."""
    return ["openstack", "server", "stop", server]


def abort(server: str, migration: int) -> Sequence[str]:
    """End a live migration; the server stays where it is."""
    return ["openstack", *_STATES, "server", "migration", "abort", server, str(migration)]


def force_complete(server: str, migration: int) -> Sequence[str]:
    """Let a live migration come to its end by pausing the server."""
    return ["openstack", *_STATES, "server", "migration", "force", "complete", server, str(migration)]
