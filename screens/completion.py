"""The completer of the ``:`` line, fed from the desk."""

from __future__ import annotations

from hsops.screens import references
from hsops.screens.commands import Completer, Known
from hsops.screens.desk import Desk


def known(desk: Desk) -> Known:
    """What a ``:`` line can name in this session."""
    sites = [site.name for site in desk.session.sites]
    return Known(desk.registry, sites, references.open_plugins(desk.session))


def completer(desk: Desk) -> Completer:
    """Completes with what this session has."""
    session = desk.session
    return Completer(
        kinds=sorted(session.kinds, key=lambda kind: kind.name),
        sites=[site.name for site in session.sites],
        themes=desk.theme_names,
        workflows=lambda: [workflow.name for workflow in desk.registry.workflows],
        things=lambda start: references.offers(session, start),
    )
