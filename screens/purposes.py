"""What a workflow is for, by its name; and how well a name fits what somebody types."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from hsops.plugin import Danger, Workflow

PURPOSES: Final = (
    ("silencing", ("silence",)),
    ("upgrading and restarting", ("upgrade", "rolling", "roll", "restart", "reboot", "firmware")),
    ("rebalancing", ("rebalance", "balance", "balancer", "pg", "pgs", "spread")),
    (
        "draining and bringing back",
        ("drain", "return", "evacuate", "maintenance", "enter", "leave", "replace", "remove", "add"),
    ),
)
"""Purpose and the words of a name that tell it; the first that fits counts."""
ORDER: Final = (
    "draining and bringing back",
    "upgrading and restarting",
    "rebalancing",
    "silencing",
    "other work",
)

DANGER_LOOKS: Final = {
    Danger.SAFE: ("✓", "safe", "ok"),
    Danger.DISRUPTIVE: ("!", "disruptive", "warn"),
    Danger.DESTRUCTIVE: ("✗", "destructive", "critical"),
}
"""Symbol, word and style."""

NO_FIT: Final = -1
_SCATTERED: Final = 1000


def purpose(workflow: Workflow) -> str:
    """One of `ORDER`."""
    words = set(workflow.name.replace("-", ".").replace("_", ".").split("."))
    return next((title for title, telling in PURPOSES if words & set(telling)), ORDER[-1])


def grouped(workflows: Iterable[Workflow]) -> Sequence[tuple[str, Sequence[Workflow]]]:
    """Purpose and its workflows, by name; purposes without any are left out."""
    found: dict[str, list[Workflow]] = {title: [] for title in ORDER}
    for workflow in sorted(workflows, key=lambda one: one.name):
        found[purpose(workflow)].append(workflow)
    return [(title, members) for title, members in found.items() if members]


def matching(workflows: Iterable[Workflow], typed: str) -> Sequence[Workflow]:
    """Those that fit what is typed, the best first."""
    scored = [(fit_of(typed, f"{one.name} {one.title}"), one.name, one) for one in workflows]
    return [one for score, _, one in sorted(scored, key=lambda entry: entry[:2]) if score != NO_FIT]


def fit_of(typed: str, text: str) -> int:
    """How far the letters of `typed` lie in `text`, in order: 0 best, NO_FIT when they do not all occur."""
    letters, text = typed.lower().replace(" ", ""), text.lower()
    at = text.find(typed.lower().strip())
    if at >= 0:
        return at
    first = position = text.find(letters[0]) if letters else 0
    for letter in letters[1:]:
        position = text.find(letter, position + 1)
        if position < 0:
            return NO_FIT
    return NO_FIT if first < 0 else _SCATTERED + position - first
