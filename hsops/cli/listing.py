"""The work behind ``hsops get``."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from hsops.cli import asking, verdict, watching
from hsops.cli.opening import opened
from hsops.cli.output import streams, writer
from hsops.cli.output.sheet import Sheet
from hsops.cli.output.writer import Output
from hsops.cli.rows import Entry, in_order, sheet
from hsops.cli.seen import remember
from hsops.errors import UserError
from hsops.filter import Match, compile_filter, compile_selector
from hsops.model import Kind
from hsops.session import Session

MANY = 20_000
"""More rows than this are not remembered for completion."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was asked for."""

    kinds: str
    output: Output
    names: tuple[str, ...] = ()
    selector: str = ""
    filter: str = ""
    sort: str = ""
    watch: bool = False


async def list_rows(flag: str, request: Request) -> int:
    """Ask once and print; with `watch` go on until interrupted. Gives the exit code."""
    async with opened(flag) as session:
        word, names = asking.split(request.kinds, request.names)
        kinds = asking.kinds_of(session, word)
        request = replace(request, names=tuple(names))
        if request.watch and (len(kinds) > 1 or request.output.form not in watching.FORMS):
            raise UserError("-w follows one kind, as table, wide, json, yaml or name", hint="leave out -w")
        views = [View(session, kind, request) for kind in kinds]
        states = await session.refresh([kind.name for kind in kinds])
        code = verdict.tell(states, sites=len(session.sites) > 1)
        missing = _print(views, request, whole=not code)
        if request.watch:
            await watching.follow(session, views[0].kind, views[0].match, views[0].sheet, request.output)
        return code or missing


class View:
    """One kind as it was asked for."""

    def __init__(self, session: Session, kind: Kind, request: Request) -> None:
        self.kind = kind
        self._session = session
        self._request = request
        self._matches: list[Match] = []
        if request.selector:
            self._matches.append(compile_selector(request.selector, kind.columns))
        if request.filter:
            self._matches.append(compile_filter(request.filter, kind.columns))
        self._ascii = streams.ascii_only()
        self.sheet: Callable[[Sequence[Entry]], Sheet] = self._sheet
        self._by = self.sheet([]).field(request.sort.lstrip("-")) if request.sort else None
        for name in request.output.columns:
            self.sheet([]).field(name)

    def match(self, entry: Entry) -> bool:
        """Whether a row is asked for."""
        if self._request.names and not asking.named([entry], self._request.names)[0]:
            return False
        return all(match(entry.row) for match in self._matches)

    def found(self) -> tuple[list[Entry], list[str]]:
        """The rows in order, and names that nothing has."""
        rows = asking.entries(self._session, self.kind)
        missing: list[str] = []
        if self._request.names:
            rows, missing = asking.named(rows, self._request.names)
        elif len(rows) <= MANY:
            remember(self.kind.name, (entry.row.title() for entry in rows))
        rows = [entry for entry in rows if all(match(entry.row) for match in self._matches)]
        if self._request.names and not self._by:
            return rows, missing
        return in_order(rows, self._by, reverse=self._request.sort.startswith("-")), missing

    def _sheet(self, entries: Sequence[Entry]) -> Sheet:
        sites = self._session.sites
        plugin = self.kind.name.partition(".")[0]
        several = any(sum(system.plugin == plugin for system in site.systems) > 1 for site in sites)
        return sheet(self.kind, entries, sites=len(sites) > 1, systems=several, now=time.time(), ascii_only=self._ascii)


def _print(views: Sequence[View], request: Request, *, whole: bool) -> int:
    """Print every view; gives 1 when a name has no row. Unless the answer is `whole`, absence proves nothing."""
    found = [(view, *view.found()) for view in views]
    sheets = [view.sheet(entries) for view, entries, _ in found]
    single = len(request.names) == 1 and len(views) == 1
    if request.watch:
        pass  # the rows that are there are the first changes
    elif len(sheets) > 1 and request.output.form in ("json", "yaml", "jsonpath") and not request.output.flat:
        _print_together(sheets, request.output)
    else:
        for index, each in enumerate(sheets):
            if index and not request.output.machine:
                streams.write("\n")
            writer.write(each, request.output, single=single)
    return _tell(found, request) if whole else 0


def _print_together(sheets: Sequence[Sheet], wanted: Output) -> None:
    """Documents of several kinds are one List."""
    items = [partial(one.document, item) for one in sheets for item in one.items]
    whole = Sheet("List", (), items, document=lambda item: item(), name=str)
    writer.write(whole, wanted)


def _tell(found: Sequence[tuple[View, Sequence[Entry], Sequence[str]]], request: Request) -> int:
    missing = set.intersection(*(set(names) for _, _, names in found)) if found else set()
    for name in sorted(missing):
        kinds = " or ".join(view.kind.title for view, _, _ in found)
        streams.say(f"there is no {kinds} {name}")
    if not missing and not any(entries for _, entries, _ in found) and not request.watch:
        plurals = " or ".join(view.kind.plural for view, _, _ in found)
        narrowed = request.selector or request.filter or request.names
        streams.say(f"no {plurals} match" if narrowed else f"there are no {plurals}")
    return 1 if missing else 0
