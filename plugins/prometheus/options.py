"""Settings of a Prometheus in the site file."""

from __future__ import annotations

from hsops.api import HttpOptions


class PrometheusOptions(HttpOptions):
    """``url`` is the web root, with its path prefix. `tenant` goes into ``X-Scope-OrgID`` for Mimir and Thanos."""

    tenant: str = ""
