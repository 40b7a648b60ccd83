"""What screens and widgets ask of the app. Handlers in `hsops.app` own the answer."""

from __future__ import annotations

from textual.message import Message

from hsops.screens.place import Place
from hsops.screens.pulse import KindChanges


class Go(Message):
    """Open a place. `fresh`: it was typed, so it stands directly on the overview."""

    def __init__(self, place: Place, *, fresh: bool = False) -> None:
        super().__init__()
        self.place = place
        self.fresh = fresh


class Typed(Message):
    """A ``:`` line was entered."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class StoreChanged(Message):
    """What happened in the store since the last time, by kind; goes to the view on top."""

    def __init__(self, changes: dict[str, KindChanges]) -> None:
        super().__init__()
        self.changes = changes


class Told(Message):
    """A sentence for the person: information, or a problem with what to do next."""

    def __init__(self, text: str, *, problem: bool = False) -> None:
        super().__init__()
        self.text = text
        self.problem = problem
