"""What plugins offer on a row: actions and guided workflows, with their keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from textual.binding import Binding

from hsops.model import Key, Resource
from hsops.plugin import Action, Danger, Workflow
from hsops.registry import Registry
from hsops.screens.guard import Guard
from hsops.screens.keys import NO_KEY, RESERVED, normal
from hsops.screens.place import Place, View


@dataclass(frozen=True, slots=True)
class Offer:
    """An action or a workflow on the rows of a kind."""

    item: Action | Workflow

    @property
    def id(self) -> str:
        """Id of its key."""
        return f"{'action' if isinstance(self.item, Action) else 'workflow'}.{self.item.name}"

    @property
    def word(self) -> str:
        """What the key line says: a guided workflow ends in an ellipsis."""
        short = self.item.name.rpartition(".")[2].replace("_", " ")
        return short if isinstance(self.item, Action) and not self.item.inputs else f"{short}…"

    @property
    def key(self) -> str:
        """Its default key; empty when it has none, or one on which nothing dangerous may lie."""
        key = normal(self.item.key) if self.item.key else ""
        return "" if key in RESERVED and self.item.danger > Danger.SAFE else key


def offers(registry: Registry, kind: str) -> list[Offer]:
    """Everything offered on the rows of a kind: actions first, from safe to destructive."""
    actions = [action for plugin in registry.plugins.values() for action in plugin.actions if kind in action.kinds]
    workflows = [workflow for workflow in registry.workflows if kind in workflow.kinds]
    return [*map(Offer, sorted(actions, key=lambda one: one.danger)), *map(Offer, workflows)]


def bindings(found: Iterable[Offer], taken: Iterable[str]) -> Iterator[Binding]:
    """A binding for each offer; a key that the panel itself needs is not given away (``a`` lists all offers)."""
    used = set(taken)
    for offer in found:
        key = offer.key if offer.key and offer.key not in used else f"{NO_KEY}{offer.id}"
        used.add(key)
        yield Binding(key, f"offer('{offer.id}')", offer.item.title, show=False, id=offer.id)


def refusal(offer: Offer, key: Key, row: Resource, guard: Guard) -> str:
    """Why the offer cannot be taken now; empty when it can."""
    if guard.read_only(key.site) and isinstance(offer.item, Action):
        return f"{key.site} is read-only → :unlock 15m reason"
    if isinstance(offer.item, Action) and offer.item.enabled is not None:
        return offer.item.enabled(row)
    return ""


def form_place(workflow: Workflow, key: Key) -> Place:
    """Where a workflow is filled in, for this row."""
    return Place(View.FORM, name=workflow.name, key=key, site=key.site)


def keys_in_use(bindings_: Sequence[object]) -> set[str]:
    """Keys of a class's bindings."""
    return {binding.key for binding in Binding.make_bindings(bindings_)}  # type: ignore[arg-type]  # Textual's own list type
