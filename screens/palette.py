"""Everything that can be done, for the command palette: keys of the view, commands, kinds, workflows, themes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from textual.message import Message

from hsops.screens import commands
from hsops.screens.keys import has_key, key_name
from hsops.screens.messages import Go, Typed
from hsops.screens.place import Place
from hsops.screens.place import View as Kind
from hsops.screens.view import View

Entry = tuple[str, str, Callable[[], object]]
"""Title, help, what it does."""

_MOVES = ("table.", "lines.", "prompt.", "dialog.")


def entries(view: View, post: Callable[[Message], object]) -> Iterator[Entry]:
    """What is offered from a view."""
    yield from _keys(view)
    yield from _commands(view, post)
    for kind in sorted(view.desk.session.kinds, key=lambda kind: kind.name):
        place = Place(Kind.PANEL, kind=kind.name)
        yield f":{kind.plural}", f"go to the {kind.plural}", _go(post, place, fresh=True)
    for workflow in view.desk.registry.workflows:
        place = Place(Kind.FORM, name=workflow.name)
        yield f"{workflow.name}…", workflow.title, _go(post, place)
    for name in view.desk.theme_names():
        yield f":theme {name}", "colours", _type(post, f"theme {name}")


def _keys(view: View) -> Iterator[Entry]:
    seen: set[str] = set()
    for key, active in view.active_bindings.items():
        binding = active.binding
        if binding.id is None or binding.id in seen or binding.id.startswith(_MOVES) or not binding.description:
            continue
        seen.add(binding.id)
        shown = key_name(key) if has_key(key) else ""
        yield binding.description, shown, _press(view, binding.action, active.node)


def _press(view: View, action: str, node: object) -> Callable[[], object]:
    async def run() -> None:
        await view.app.run_action(action, node)  # type: ignore[arg-type]  # a DOM node, as Textual's ActiveBinding says

    return run


def _commands(view: View, post: Callable[[Message], object]) -> Iterator[Entry]:
    for word in commands.WORDS:
        if word.argument and word.name not in commands.VIEWS:
            continue
        yield f":{word.name}", word.help, _type(post, word.name)


def _go(post: Callable[[Message], object], place: Place, *, fresh: bool = False) -> Callable[[], object]:
    return lambda: post(Go(place, fresh=fresh))


def _type(post: Callable[[Message], object], text: str) -> Callable[[], object]:
    return lambda: post(Typed(text))
