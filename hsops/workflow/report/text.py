"""Sections for a terminal: plain text, nothing of which can drive it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hsops.errors import plain
from hsops.workflow.report.paper import Block, Lines, Paragraph, Section, Table

_CELL = 60


def render(sections: Sequence[Section]) -> str:
    """The document."""
    lines: list[str] = []
    for section in sections:
        title = plain(section.title)
        lines += [*([""] if lines else []), title, "─" * min(len(title), 78)]
        for block in section.blocks:
            lines += _block(block)
    return "\n".join(lines) + "\n"


def _block(block: Block) -> Iterator[str]:
    match block:
        case Paragraph(text):
            yield plain(text)
        case Lines(lines, code=code):
            yield from (f"  {'$ ' if code else '- '}{plain(line)}" for line in lines)
        case Table(headings, rows):
            yield from _table(headings, rows)


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    cells = [[plain(cell, _CELL) for cell in row] for row in rows]
    shown = [headings, *cells] if any(headings[1:]) else cells
    widths = [max(len(row[index]) for row in shown) for index in range(len(headings))]
    for row in shown:
        yield "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
