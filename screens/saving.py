"""A sheet as csv, json or Markdown in a file of the state folder."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from hsops.errors import UserError
from hsops.screens.sheet import Sheet

FOLDER: Final = "screens"


def as_csv(sheet: Sheet) -> str:
    """RFC 4180, with a line of titles."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(sheet.titles)
    writer.writerows([[_harmless(cell) for cell in row] for row in sheet.rows])
    return out.getvalue()


def _harmless(cell: str) -> str:
    """A cell that a spreadsheet would take for a formula gets a quote in front: tenants choose names."""
    return f"'{cell}" if cell[:1] in ("=", "@", "+", "-") and len(cell) > 1 and not _is_number(cell) else cell


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[+-]?[\d,.]+\s*%?", text) is not None


def as_json(sheet: Sheet) -> str:
    """A list of objects."""
    rows = [dict(zip(sheet.titles, row, strict=False)) for row in sheet.rows]
    return json.dumps(rows, ensure_ascii=False, indent=2) + "\n"


def as_markdown(sheet: Sheet) -> str:
    """A table for a ticket."""
    lines = [_row(sheet.titles), _row(["---"] * len(sheet.titles)), *(_row(row) for row in sheet.rows)]
    return "\n".join(lines) + "\n"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(re.sub(r"([\\|`<>\[\]*_])", r"\\\1", cell) for cell in cells) + " |"


FORMATS: Final[Mapping[str, Callable[[Sheet], str]]] = {"csv": as_csv, "json": as_json, "md": as_markdown}


def save(sheet: Sheet, form: str, state_dir: Path | None, now: float) -> Path:
    """Write the sheet, mode 0600, and give the path. Raises UserError when it cannot be written."""
    if form not in FORMATS:
        raise UserError("no such format", thing=form, hint="there are " + ", ".join(FORMATS))
    return save_text({form: FORMATS[form](sheet)}, form, sheet.name, state_dir, now)


def save_text(texts: Mapping[str, str], form: str, name: str, state_dir: Path | None, now: float) -> Path:
    """Write the text of that form, mode 0600, and give the path. Raises UserError when it cannot be written."""
    if form not in texts:
        raise UserError("no such format", thing=form, hint="there are " + ", ".join(texts))
    if state_dir is None:
        raise UserError("there is no state folder to write to", hint="set HSOPS_STATE_DIR")
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    name = re.sub(r"[^A-Za-z0-9.-]+", "-", name).strip("-.") or "screen"
    folder = state_dir / FOLDER
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return _write_new(folder, f"{name[:60]}-{stamp}", form, texts[form])
    except OSError as error:
        raise UserError(f"cannot write: {error.strerror}", thing=str(folder), hint="set HSOPS_STATE_DIR") from error


def _write_new(folder: Path, stem: str, form: str, text: str) -> Path:
    """A file that was not there: two saves in one second are two files."""
    for number in range(1, 100):
        path = folder / (f"{stem}.{form}" if number == 1 else f"{stem}-{number}.{form}")
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            continue
        with open(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        return path
    raise UserError("too many files of this name in one second", thing=str(folder))
