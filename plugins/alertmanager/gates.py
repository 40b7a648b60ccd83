"""The gate ``alerts.new``: long work goes on only while no alert fires that did not fire as it began."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hsops.api import CheckResult, Gate, Health
from hsops.plugins.alertmanager.matchers import covers, parse
from hsops.plugins.alertmanager.options import GateOptions

if TYPE_CHECKING:
    from hsops.plugins.alertmanager.client import AlertmanagerConnection
    from hsops.plugins.alertmanager.wire import Alert

SHOWN = 5


class NewAlerts:
    """Red while an alert fires, not muted, that did not fire at the baseline: a list of fingerprints.

    An alert that ended and fires again is not new: its fingerprint is the hash of its labels.
    """

    name = "alerts.new"

    def __init__(self, connection: AlertmanagerConnection, options: GateOptions) -> None:
        self._connection = connection
        self._severities = frozenset(word.lower() for word in options.severities)
        self._only = [parse(text) for text in options.only]
        self._ignore = [parse(text) for text in options.ignore]

    async def baseline(self) -> Any:
        """Fingerprints of what fires now."""
        return sorted(alert.fingerprint for alert in await self._firing())

    async def look(self, baseline: Any) -> CheckResult:
        """Raises HsopsError when Alertmanager does not answer: nobody knows then, and the work waits."""
        known = frozenset(baseline or ())
        new = [alert for alert in await self._firing() if alert.fingerprint not in known]
        if not new:
            return CheckResult(name=self.name, ok=True, text="no alert fires that did not fire as the run began")
        return CheckResult(
            name=self.name,
            ok=False,
            text=f"{len(new)} new alert{'s' if len(new) > 1 else ''}: {told(new)}",
            hint="find out whether the work caused it; it passes when the alert ends or is silenced",
        )

    async def _firing(self) -> list[Alert]:
        return [alert for alert in await self._connection.alerts() if alert.firing and self._counts(alert)]

    def _counts(self, alert: Alert) -> bool:
        if any(covers(matchers, alert.tags) for matchers in self._ignore):
            return False
        if self._only and not any(covers(matchers, alert.tags) for matchers in self._only):
            return False
        return alert.severity.lower() in self._severities if self._severities else alert.health() > Health.OK


def told(alerts: Sequence[Alert]) -> str:
    """``HostDown (cmp-1), DiskFull (cmp-2) and 3 more``, worst first."""
    ordered = sorted(alerts, key=lambda alert: (-alert.health(), alert.title(), alert.host))
    texts = [f"{alert.title()} ({alert.host})" if alert.host else alert.title() for alert in ordered]
    texts = list(dict.fromkeys(texts))
    return ", ".join(texts[:SHOWN]) + (f" and {len(texts) - SHOWN} more" if len(texts) > SHOWN else "")


def gates(connection: AlertmanagerConnection) -> Sequence[Gate]:
    """The gates of an open connection."""
    return [NewAlerts(connection, connection.gate)]
