"""The completer of the ``:`` line, fed from the desk."""

from __future__ import annotations

from hsops.screens import references
from hsops.screens.commands import Completer
from hsops.screens.desk import Desk


def completer(desk: Desk) -> Completer:
    """Completes with what this session has."""
    session = desk.session
    return Completer(
        kinds=session.kinds,
        sites=[site.name for site in session.sites],
        themes=desk.theme_names,
        workflows=lambda: [workflow.name for workflow in desk.registry.workflows],
        things=lambda start: references.offers(session, start),
    )
