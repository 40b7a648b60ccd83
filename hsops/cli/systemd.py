"""Telling systemd how a service is: datagrams to the socket it names (sd_notify(3)); nothing without one."""

from __future__ import annotations

import os
import socket


def notify(*lines: str) -> None:
    """Send ``READY=1``, ``STATUS=…``, ``STOPPING=1`` or ``WATCHDOG=1``. What can not be delivered is lost."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    place = "\0" + address[1:] if address.startswith("@") else address
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
        try:
            channel.sendto("\n".join(line.replace("\n", " ") for line in lines).encode(), place)
        except OSError:
            return  # systemd will say so itself; the work goes on


def watchdog_interval() -> float:
    """Seconds between two signs of life that systemd wants; 0 when it wants none."""
    try:
        wanted = int(os.environ.get("WATCHDOG_USEC", "0")) / 1e6
        return wanted / 2 if os.environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid()) else 0.0
    except ValueError:
        return 0.0
