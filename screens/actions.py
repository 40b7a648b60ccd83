"""Taking an offer: ask, do it on every chosen row, tell how it went for each."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from hsops.errors import HsopsError
from hsops.model import Key, Resource
from hsops.plugin import Action, Danger, Workflow
from hsops.registry import Registry
from hsops.screens.dialog import ActionDialog, Choose, Confirmed
from hsops.screens.keys import has_key, key_name
from hsops.screens.offers import Offer, form_place, refusal
from hsops.screens.text import Line, Span, span
from hsops.screens.values import asked
from hsops.screens.view import View
from hsops.workflow.inputs import convert


class ActionRunner:
    """Runs offers for a view; what happens on a row is told in one sentence a row at most."""

    def __init__(self, view: View) -> None:
        self._view = view

    def choose(self, found: Sequence[Offer], keys: Sequence[Key]) -> None:
        """Let the person choose among the offers."""
        view = self._view
        if not found:
            view.tell("there is nothing to do with these rows but look", problem=True)
            return
        pressed = view.keys_of()
        entries = [self._entry(index, offer, pressed.get(offer.id, ""), keys) for index, offer in enumerate(found)]

        def taken(index: int | None) -> None:
            if index is not None:
                self.take(found[index], keys)

        view.app.push_screen(Choose("what to do", entries, ascii_only=view.desk.ascii_only), taken)

    def _entry(self, index: int, offer: Offer, key: str, keys: Sequence[Key]) -> Line:
        row = self._view.desk.store.get(keys[0]) if keys else None
        why = refusal(offer, keys[0], row, self._view.desk.guard) if row is not None else ""
        shown = key_name(key) if key and has_key(key) else ""
        return (
            Span(f"{shown:8}", "key"),
            span(offer.item.title, "dim" if why else "", index),
            span(f"   {why}" if why else "", "dim"),
        )

    def take(self, offer: Offer, keys: Sequence[Key]) -> None:
        """Ask about an offer on these rows."""
        view, desk = self._view, self._view.desk
        rows = [(key, row) for key in keys if (row := desk.store.get(key)) is not None]
        if not rows:
            view.tell("no row is chosen", problem=True)
            return
        if isinstance(offer.item, Workflow):
            view.go(form_place(offer.item, rows[0][0]))
            return
        reasons = [refusal(offer, key, row, desk.guard) for key, row in rows]
        allowed = [one for one, why in zip(rows, reasons, strict=True) if not why]
        if not allowed:
            view.tell(f"{offer.item.title}: {reasons[0]}", problem=True)
            return
        self._ask(offer.item, allowed)

    def _ask(self, action: Action, rows: Sequence[tuple[Key, Resource]]) -> None:
        view, desk = self._view, self._view.desk
        careful = action.danger is Danger.DESTRUCTIVE and any(desk.guard.typed_name_needed(key.site) for key, _ in rows)
        name = (rows[0][1].title() if len(rows) == 1 else f"{len(rows)} rows") if careful else ""
        dialog = ActionDialog(
            action,
            [row for _, row in rows],
            typed_name=name,
            undo=undo_text(action, desk.registry, rows[0][1]),
            tier=desk.tier,
            ascii_only=desk.ascii_only,
        )

        def answered(answer: Confirmed | None) -> None:
            if answer is not None:
                view.work(self._do(action, [key for key, _ in rows], answer.values), "actions", exclusive=False)

        view.app.push_screen(dialog, answered)

    async def _do(self, action: Action, keys: Sequence[Key], typed: Mapping[str, str]) -> None:
        try:
            values = converted(action, typed)
        except HsopsError as error:
            self._view.tell(str(error), problem=True)
            return
        done: list[str] = []
        failed: list[str] = []
        for key in keys:
            try:
                done.append(await self._view.desk.session.act(action, key, values))
            except HsopsError as error:
                failed.append(str(error))
        self._report(action, done, failed)

    def _report(self, action: Action, done: Sequence[str], failed: Sequence[str]) -> None:
        if len(done) + len(failed) == 1:
            self._view.tell((done or failed)[0], problem=bool(failed))
            return
        text = f"{action.title}: {len(done)} done" + (f", {len(failed)} failed: {failed[0]}" if failed else "")
        self._view.tell(text, problem=bool(failed))


def undo_text(action: Action, registry: Registry, row: Resource) -> str:
    """The way back: the action that undoes this one with its command, or the plugin's own words."""
    actions = {one.name: one for plugin in registry.plugins.values() for one in plugin.actions}
    other = actions.get(action.undo)
    if other is None:
        return action.undo
    command = asked(lambda: shlex.join(other.command(row, {})), "", f"command of {other.name}")
    return f"{other.title}: {command}" if command else other.title


def converted(action: Action, typed: Mapping[str, str]) -> dict[str, Any]:
    """The typed texts as values of the declared types. Raises UserError."""
    form = Workflow(name=action.name, title=action.title, summary="", run=action.run, inputs=action.inputs)
    return convert(form, typed)
