"""`Audit`: what the rest of hsops writes to, and what happens when it cannot be written.

On a site of tier prod nothing is changed unrecorded: the caller gets `NotRecorded` and does not act. Elsewhere the
work goes on, `trouble` says it loudly, and the first entry that can be written again tells how many are missing.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from hsops.audit import checking, copies
from hsops.audit.appending import MOST, Appender, tail_of
from hsops.audit.checking import Line, Verification
from hsops.audit.entry import Entry, made
from hsops.audit.files import PATIENCE
from hsops.errors import Unsupported

_log = logging.getLogger(__name__)

FILE = "audit.jsonl"
STRICT = "prod"


class NotRecorded(Unsupported):
    """The audit log cannot be written, and without it nothing may be changed on this site."""

    exit_code = 3  # refused: nothing was changed


class Audit:
    """The audit log at a path. Made without touching the disk; its calls block and may come from any thread.

    `tiers` is site name to tier, `copies_to` site name to the path of a syslog socket that gets its entries as well.
    A site that is not among the tiers is treated as prod.
    """

    def __init__(
        self,
        path: Path,
        *,
        tiers: Mapping[str, str] | None = None,
        copies_to: Mapping[str, str] | None = None,
        most: int = MOST,
        patience: float = PATIENCE,
    ) -> None:
        self.path = path
        self.tiers = dict(tiers or {})
        self.trouble = ""
        """What is wrong, for a person: the last entry is not recorded, or not copied. Empty when all is well."""
        self._copies_to = dict(copies_to or {})
        self._appender = Appender(path, most=most, patience=patience)
        self._missing = 0
        self._why = ""
        self._counting = threading.Lock()

    def append(
        self,
        what: str,
        *,
        who: str = "",
        site: str = "",
        system: str = "",
        target: str = "",
        command: Sequence[str] = (),
        result: str = "",
        run: str = "",
        reason: str = "",
        data: Mapping[str, Any] | None = None,
        must: bool = True,
        durable: bool = True,
    ) -> Entry:
        """Add an entry; `who` is this process's user without. Gives it, with an empty hash when it was not written.

        `durable`: on return it survives a power cut, not only the end of this process. Raises NotRecorded on a site of
        tier prod, unless it need not (`must`) be there because what it tells has happened already.
        """
        tier = self.tiers.get(site, STRICT) if site else ""
        entry = made(
            what, who=who, command=command, data=data or {}, site=site, tier=self.tiers.get(site, ""), system=system,
            target=target, result=result, run=run, reason=reason,
        )  # fmt: skip
        try:
            entry = self._written(entry, durable=durable)
        except OSError as error:
            why = self._not_written(error)
            if must and tier == STRICT:
                raise NotRecorded(why, thing=target or site, hint=_HINT) from error
            return entry
        self._copy(entry)
        return entry

    def _written(self, entry: Entry, *, durable: bool) -> Entry:
        with self._counting:
            missing, why = self._missing, self._why
        entry = self._appender.append([*([_gap(missing, why)] if missing else []), entry])[-1]
        with self._counting:
            self._missing -= missing
        if durable:
            self._appender.sync()
        self.trouble = ""
        return entry

    def _not_written(self, error: OSError) -> str:
        why = f"the audit log {self.path} cannot be written: {error.strerror or error}"
        with self._counting:
            self._missing += 1
            self._why = why
        self.trouble = f"NOT RECORDED: {why}"
        _log.error("%s", self.trouble)
        return why

    def _copy(self, entry: Entry) -> None:
        address = self._copies_to.get(entry.site, "")
        if not address:
            return
        try:
            copies.send(address, entry)
        except OSError as error:
            self.trouble = f"recorded, but not copied to {address}: {error.strerror or error}"
            _log.warning("%s", self.trouble)

    def close(self) -> None:
        """Let go of the file."""
        with suppress(OSError):  # what could not be written was told when it was to be
            self._appender.close()

    # -- reading

    def lines(self) -> Iterator[Line]:
        """Every line, oldest first, whether it is whole or not. Raises OSError."""
        return checking.lines(self.path)

    def entries(self) -> Iterator[Entry]:
        """Every entry that can be read, oldest first. Raises OSError."""
        return (line.entry for line in self.lines() if line.entry is not None)

    def verify(self, head: str = "") -> Verification:
        """Whether the chain is whole and holds the noted `head`. Raises OSError."""
        return checking.verify(self.path, head)

    def of_run(self, run: str) -> tuple[int, int, str]:
        """How many entries there are of a run, and number and hash of the last of them; ``(0, 0, "")`` for none."""
        count, seq, last = 0, 0, ""
        with suppress(OSError):  # not to be read is as good as not there: the report says that it has none
            for entry in self.entries():
                if entry.run == run:
                    count, seq, last = count + 1, entry.seq, entry.hash
        return count, seq, last

    def head(self) -> tuple[int, str]:
        """Number and hash of the last entry: what to note elsewhere; ``(0, "")`` when there is none to be read."""
        try:
            tail = tail_of(self.path)
        except OSError:
            return 0, ""
        return tail.seq, tail.hash


def _gap(missing: int, why: str) -> Entry:
    return made(
        "log.gap", who="", command=(), data={"missing": missing}, site="", tier="", system="", target="", run="",
        reason="", result=f"{missing} entries could not be written before this one: {why}",
    )  # fmt: skip


_HINT = (
    "on tier prod nothing is changed unrecorded: free some space, or set HSOPS_STATE_DIR to a place that is writable"
)
