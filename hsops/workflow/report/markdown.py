"""Sections as Markdown. Names and messages come from tenants and remote systems: none can become markup.

Every ASCII sign that means something to CommonMark or GitHub's extensions anywhere in a line is escaped; control
characters and bidirectional overrides are gone; what could begin a block is escaped at the beginning; commands stand
in a fence that is longer than any run of backticks in them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from hsops.errors import plain
from hsops.workflow.report.paper import Block, Lines, Paragraph, Section, Table

LONGEST = 2000
_MARKUP = re.compile(r"([\\`*_\[\]<>&|~!$@^{}#])")
_LINK = re.compile(r"(?i)(://|\bwww\.|\b(?:mailto|xmpp):)")
_BLOCK = re.compile(r"^([-+=]|\d+[.)](?=\s|$))")
_RUN = re.compile(r"`+")


def render(sections: Sequence[Section]) -> str:
    """The document."""
    return "\n\n".join(part for index, section in enumerate(sections) for part in _section(section, index)) + "\n"


def _section(section: Section, index: int) -> Iterator[str]:
    yield f"{'##' if index else '#'} {escape(section.title)}"
    for block in section.blocks:
        yield _block(block)


def _block(block: Block) -> str:
    match block:
        case Paragraph(text):
            return escape(text)
        case Table(headings, rows):
            lines = [headings, ["---"] * len(headings), *([escape(cell) for cell in row] for row in rows)]
            return "\n".join(f"| {' | '.join(line)} |" for line in lines)
        case Lines(lines, code=True):
            return fenced(lines)
        case Lines(lines):
            return "\n".join(f"- {escape(line)}" for line in lines)


def escape(text: str) -> str:
    """A text that is shown as it is, wherever in a line it stands."""
    clean = " ".join(plain(text, LONGEST).split())
    safe = _MARKUP.sub(r"\\\1", clean)
    safe = _LINK.sub(lambda found: found[0].replace(":", "\\:").replace(".", "\\."), safe)
    return _BLOCK.sub(lambda found: f"{found[0][:-1]}\\{found[0][-1]}", safe)


def fenced(lines: Sequence[str]) -> str:
    """Lines of code, each on one line."""
    clean = [plain(line, LONGEST) for line in lines]
    longest = max((len(run) for line in clean for run in _RUN.findall(line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([f"{fence}sh", *clean, fence])
