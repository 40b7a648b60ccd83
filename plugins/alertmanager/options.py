"""Settings of an Alertmanager in the site file."""

from __future__ import annotations

from hsops.api import HttpOptions


class AlertmanagerOptions(HttpOptions):
    """``url`` is what amtool calls ``alertmanager.url``. One member of a cluster is enough: silences are gossiped."""
