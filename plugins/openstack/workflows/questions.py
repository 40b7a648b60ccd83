"""The choices of a drain: what cannot simply move is put to a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hsops.api import Choice, Run
from hsops.plugins.openstack.workflows.facts import Guest
from hsops.plugins.openstack.workflows.treatment import LIVE


async def ask(run: Run, found: Sequence[Guest]) -> Mapping[str, str]:
    """How each server leaves, by its id. Those with one obvious way are not asked about."""
    open_questions = [guest for guest in found if guest.why]
    answers = await run.choose([_choice(guest) for guest in open_questions]) if open_questions else {}
    return {guest.id: answers.get(guest.id) or guest.default or guest.options[0] for guest in found}


def unasked(guest: Guest) -> str:
    """The way of a server that came after the questions: what cannot be done shows, and is decided then."""
    return guest.default or (LIVE if LIVE in guest.options else guest.options[0])


def _choice(guest: Guest) -> Choice:
    return Choice(
        key=guest.id,
        title=f"{guest.name} of {guest.project}" if guest.name else guest.id,
        why=guest.why,
        options=guest.options,
        default=guest.default,
    )
