"""From ``-o``, ``-f``, ``-c`` and their kin to something that writes a sheet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec

from hsops.cli.output import columns, delimited, documents, streams
from hsops.cli.output.jsonpath import Template, custom_columns, shown
from hsops.cli.output.sheet import Field, Sheet
from hsops.errors import UserError
from hsops.registry import near

FORMATS = ("table", "wide", "json", "yaml", "csv", "value", "name", "jsonpath=", "custom-columns=")
_CLIFF = ("table", "csv", "json", "yaml", "value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """How to write: checked, before anything is asked of a system."""

    form: str = "table"
    argument: str = ""
    """Of ``jsonpath=`` and ``custom-columns=``."""
    columns: tuple[str, ...] = ()
    """Only these, in this order."""
    headers: bool = True
    quote: str = "minimal"
    flat: bool = False
    """Documents as the openstack client writes them: a list of column to value."""

    @property
    def machine(self) -> bool:
        """Whether a program reads it."""
        return self.form not in ("table", "wide", "custom-columns")


def output(
    wanted: str = "", cliff: str = "", names: Sequence[str] = (), *, headers: bool = True, quote: str = ""
) -> Output:
    """The output that the options mean: `wanted` of ``-o``, `cliff` of ``-f``. Raises UserError."""
    if wanted and cliff:
        raise UserError("-o and -f exclude each other", hint="-o as kubectl has it, -f as the openstack client")
    form, _, argument = (cliff or wanted or "table").partition("=")
    if cliff and cliff not in _CLIFF:
        raise UserError(f"there is no format {cliff}", hint=near(cliff, _CLIFF))
    known = [name.rstrip("=") for name in FORMATS]
    if form not in known:
        raise UserError(f"there is no output {form}", hint=near(form, known) or f"one of {', '.join(FORMATS)}")
    if (form in ("jsonpath", "custom-columns")) != bool(argument):
        raise UserError(
            f"-o {form} " + ("takes no value" if argument else "needs a value"), hint="-o jsonpath={.items}"
        )
    if quote and quote not in delimited.QUOTES:
        raise UserError(f"there is no quoting {quote}", hint=f"one of {', '.join(delimited.QUOTES)}")
    check = {"jsonpath": Template, "custom-columns": custom_columns}.get(form)
    if check is not None:
        check(argument)
    return Output(
        form=form, argument=argument, columns=tuple(names), headers=headers, flat=bool(cliff),
        quote=quote or ("nonnumeric" if cliff else "minimal"),
    )  # fmt: skip


def write(sheet: Sheet, wanted: Output, *, single: bool = False) -> None:
    """Write the sheet to stdout. `single`: one thing was asked for by name. Raises UserError for unknown columns."""
    streams.write(text_of(sheet, wanted, single=single))


def text_of(sheet: Sheet, wanted: Output, *, single: bool = False) -> str:
    """What `write` writes."""
    return _WRITERS[wanted.form](_Job(sheet, wanted, single))


@dataclass(frozen=True, slots=True)
class _Job:
    sheet: Sheet
    wanted: Output
    single: bool

    def fields(self, *, wide: bool) -> Sequence[Field]:
        if self.wanted.columns:
            return [self.sheet.field(name) for name in self.wanted.columns]
        return self.sheet.shown(wide=wide)

    def document(self) -> Any:
        if self.wanted.flat or self.wanted.columns:
            return documents.flat(self.sheet, self.wanted.columns)
        return documents.document(self.sheet, single=self.single)


def _table(job: _Job) -> str:
    wide = job.wanted.form == "wide"
    fields, items = job.fields(wide=wide), job.sheet.items
    if not items:
        return ""
    room = None if wide or job.wanted.columns else streams.room()
    layout = columns.lay_out(fields, items, room)
    found = columns.lines(layout, items, headers=job.wanted.headers, coloured=streams.coloured())
    text = "".join(f"{line}\n" for line in found)
    if layout.dropped:
        names = ", ".join(one.name for one in layout.dropped)
        streams.say(f"not shown for lack of room: {names} → -o wide")
    return text


def _custom(job: _Job) -> str:
    found = custom_columns(job.wanted.argument)
    data = [msgspec.to_builtins(job.sheet.document(item)) for item in job.sheet.items]
    fields = [Field(title, partial(shown, path), title=title) for title, path in found]
    layout = columns.lay_out(fields, data, None)
    return "".join(f"{line}\n" for line in columns.lines(layout, data, headers=job.wanted.headers, coloured=False))


def _jsonpath(job: _Job) -> str:
    data = msgspec.to_builtins(documents.document(job.sheet, single=job.single))
    return Template(job.wanted.argument).text(data) + "\n"


def _csv(job: _Job) -> str:
    fields = job.fields(wide=True)
    return delimited.as_csv(fields, job.sheet.items, headers=job.wanted.headers, quote=job.wanted.quote)


def _value(job: _Job) -> str:
    return "".join(f"{line}\n" for line in delimited.value_lines(job.fields(wide=True), job.sheet.items))


def _names(job: _Job) -> str:
    return "".join(f"{delimited.text_of(job.sheet.name(item))}\n" for item in job.sheet.items)


_WRITERS: Mapping[str, Callable[[_Job], str]] = {
    "table": _table,
    "wide": _table,
    "json": lambda job: documents.as_json(job.document()),
    "yaml": lambda job: documents.as_yaml(job.document()),
    "csv": _csv,
    "value": _value,
    "name": _names,
    "jsonpath": _jsonpath,
    "custom-columns": _custom,
}

__all__ = ["Output", "output", "text_of", "write"]
