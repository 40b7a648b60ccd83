"""Settings of an Alertmanager in the site file."""

from __future__ import annotations

import msgspec

from hsops.api import HttpOptions


class GateOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which alerts the gate ``alerts.new`` looks at."""

    severities: tuple[str, ...] = ()
    """Values of the label ``severity``; empty: all but info and none."""
    only: tuple[str, ...] = ()
    """Matchers as for amtool (``'team="infra" job=~"node.*"'``); an alert counts when one of the lines covers it."""
    ignore: tuple[str, ...] = ()
    """The same, for alerts that never count."""


class AlertmanagerOptions(HttpOptions):
    """``url`` is what amtool calls ``alertmanager.url``. One member of a cluster is enough: silences are gossiped."""

    gate: GateOptions = GateOptions()
