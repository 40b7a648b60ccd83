"""The named checks of a silence, and the proofs at its beginning and end."""

from __future__ import annotations

from collections.abc import Sequence

from hsops.api import CheckResult, Health, Run, Sample
from hsops.plugins.alertmanager.gates import told
from hsops.plugins.alertmanager.matchers import covers
from hsops.plugins.alertmanager.wire import Alert
from hsops.plugins.alertmanager.workflows.clusters import connections, member
from hsops.plugins.alertmanager.workflows.scope import Scope

LONGEST = 7 * 86400.0
"""Seconds after which nobody remembers what a silence was for."""
MANY = 5
"""Alerts from which on it is worth a word that a silence mutes all of them."""


async def end_near(scope: Scope) -> CheckResult:
    """A silence that outlives everybody's memory hides the next fault."""
    days = (scope.last - scope.began) / 86400
    far = scope.last - scope.began > LONGEST
    text = f"it may hold for {days:.0f} days" if far else "it ends within a week"
    return CheckResult(name="end.near", ok=not far, text=text, hint="silence for less, or mend the rule" if far else "")


async def cluster_ready(scope: Scope) -> CheckResult:
    """A cluster that settles does not know all of its silences yet."""
    names = [cluster.name for cluster in scope.clusters if cluster.settling]
    text = f"{', '.join(names)} is still settling" if names else f"{len(scope.clusters)} ready"
    return CheckResult(name="cluster.ready", ok=not names, text=text, hint="wait a minute" if names else "")


async def not_all(scope: Scope) -> CheckResult:
    """Only ever a warning: what would be muted is everything that fires."""
    count = len(scope.firing)
    everything = count == scope.of and count >= MANY
    text = f"it would mute {count} of the {scope.of} alerts that fire"
    return CheckResult(name="mutes.part", ok=True, warning=everything, text=text)


async def not_twice(run: Run, scope: Scope) -> CheckResult:
    """Only ever a warning: somebody silences the same."""
    same = [
        silence
        for one in connections(run)
        for silence in await one.silences()
        if set(silence.matchers) == set(scope.matchers) and not silence.comment.startswith(f"hsops:{run.id} ")
    ]
    text = f"{same[0].createdBy or 'somebody'} has silenced the same: {same[0].comment}" if same else "nobody else does"
    return CheckResult(name="silenced.once", ok=True, warning=bool(same), text=text)


async def muted(run: Run, scope: Scope) -> CheckResult:
    """Nothing that matches reaches anybody; each cluster is asked on its own."""
    loud = [alert for cluster in scope.clusters for alert in await member(run, cluster).alerts(scope.matchers)]
    loud = [alert for alert in loud if alert.status.state == "active"]
    text = f"not muted: {told(loud)}" if loud else "whatever matches is muted"
    return CheckResult(name="muted", ok=not loud, text=text)


async def left(run: Run, scope: Scope, *, before: bool) -> list[Alert]:
    """What matches and fires now: that which did `before` the maintenance, or that which is new. Info is not told."""
    found: dict[str, Alert] = {}
    for one in connections(run):
        for alert in await one.alerts():
            if alert.firing and alert.health() > Health.OK and covers(scope.matchers, alert.tags):
                found[alert.fingerprint] = alert
    return [alert for print_, alert in found.items() if (print_ in scope.firing) == before]


async def quiet(run: Run, scope: Scope) -> Sample:
    """Alerts need a while to end after what they speak of is well again."""
    new = await left(run, scope, before=False)
    text = f"still firing: {told(new)}" if new else "nothing new fires"
    return Sample(done=not new, text=text, left=float(len(new)))


async def nothing_new(run: Run, scope: Scope) -> CheckResult:
    """The proof at the end."""
    new = await left(run, scope, before=False)
    text = f"since the maintenance: {told(new)}" if new else "no alert of it fires that did not fire before"
    return CheckResult(name="nothing new fires", ok=not new, text=text, hint="mend it, then retry" if new else "")


def names(alerts: Sequence[Alert]) -> str:
    """For a note."""
    return told(alerts)
