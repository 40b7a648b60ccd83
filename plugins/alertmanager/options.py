"""Settings of an Alertmanager in the site file."""

from __future__ import annotations

from hsops.api import Options, Secret


class AlertmanagerOptions(Options):
    """``url`` is what amtool calls ``alertmanager.url``. One member of a cluster is enough: silences are gossiped."""

    url: str
    username: str = ""
    password: Secret | None = None
    token: Secret | None = None
    ca: str = ""
    insecure: bool = False
