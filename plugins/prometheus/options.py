"""Settings of a Prometheus in the site file."""

from __future__ import annotations

from hsops.api import Options, Secret


class PrometheusOptions(Options):
    """``url`` is the web root, with its path prefix. `tenant` goes into ``X-Scope-OrgID`` for Mimir and Thanos."""

    url: str
    username: str = ""
    password: Secret | None = None
    token: Secret | None = None
    tenant: str = ""
    ca: str = ""
    insecure: bool = False
