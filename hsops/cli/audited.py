"""The work behind ``hsops audit``: reads this user's log; no system is asked."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from hsops.audit import Audit, Entry
from hsops.audit.entry import line_of
from hsops.audit.log import FILE
from hsops.cli.output import delimited, documents, streams, writer
from hsops.cli.output.sheet import Field, Sheet, plain_document
from hsops.cli.output.writer import Output
from hsops.config.paths import state_dir
from hsops.durations import seconds
from hsops.errors import UserError, plain
from hsops.registry import near
from hsops.render import moment

BROKEN = 1
_HEAD = re.compile(r"[0-9a-f]{12,64}")
_EXPORTS = ("jsonl", "csv")
_FORMULA = ("=", "+", "-", "@", "\t")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which entries are wanted; empty: all."""

    run: str = ""
    since: datetime | None = None
    site: str = ""
    who: str = ""

    @classmethod
    def read(cls, *, run: str, since: str, site: str, who: str) -> Choice:
        """From options. Raises UserError."""
        return cls(run=run, since=_since(since) if since else None, site=site, who=who)

    def has(self, entry: Entry) -> bool:
        """Whether the entry is wanted."""
        return (
            entry.run.startswith(self.run)
            and (self.since is None or entry.at >= self.since)
            and self.site in ("", entry.site)
            and self.who in ("", entry.who, entry.who.partition("@")[0])
        )


def _since(text: str) -> datetime:
    try:
        return datetime.now(UTC) - timedelta(seconds=seconds(text))
    except (ValueError, OverflowError):
        pass
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        hint = "24h, 7d, 2026-01-31 or 2026-01-31T09:00:00Z"
        raise UserError(f"{text!r} is no time", thing="--since", hint=hint) from None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _audit() -> Audit:
    return Audit(state_dir() / FILE)


def _chosen(choice: Choice) -> Iterator[Entry]:
    """The wanted entries; lines that are none are told once."""
    unread = 0
    for line in _audit().lines():
        if line.entry is None:
            unread += 1
        elif choice.has(line.entry):
            yield line.entry
    if unread:
        streams.say(f"{unread} lines of the log cannot be read → hsops audit verify")


def list_entries(choice: Choice, last: int, wanted: Output) -> int:
    """Print the newest entries that are wanted, oldest first."""
    count = 0
    kept: deque[Entry] = deque(maxlen=last or None)
    for count, entry in enumerate(_chosen(choice), start=1):  # noqa: B007 - counted
        kept.append(entry)
    writer.write(
        Sheet("AuditEntry", FIELDS, list(kept), _document, name=lambda entry: f"auditentry/{entry.seq}"), wanted
    )
    if not count:
        streams.say(f"there are no such entries in {_audit().path}")
    elif count > len(kept):
        streams.say(f"the newest {len(kept)} of {count} → --last 0 shows all, --since 24h those of a day")
    return 0


def _thing(entry: Entry) -> str:
    """The step, action, check or workflow that the entry is about."""
    for name in ("step", "action", "check", "workflow"):
        if isinstance(entry.data.get(name), str):
            return str(entry.data[name])
    return ""


FIELDS: Sequence[Field] = (
    Field("at", lambda entry: moment(entry.at)),
    Field("who", lambda entry: entry.who, priority=10),
    Field("what", lambda entry: entry.what),
    Field("site", lambda entry: entry.site, priority=20),
    Field("target", lambda entry: entry.target),
    Field("thing", _thing, priority=5),
    Field("result", lambda entry: entry.result, priority=15, width=60),
    Field("reason", lambda entry: entry.reason, priority=30, width=40),
    Field("run", lambda entry: entry.run, priority=25),
    Field("command", lambda entry: entry.shell, wide=True),
    Field("tier", lambda entry: entry.tier, wide=True),
    Field("system", lambda entry: entry.system, wide=True),
    Field("seq", lambda entry: entry.seq, wide=True, right=True),
    Field("hash", lambda entry: entry.hash, hidden=True),
    Field("prev", lambda entry: entry.prev, hidden=True),
)


def _document(entry: Entry) -> dict[str, Any]:
    return {**plain_document("AuditEntry", str(entry.seq), (), entry), "status": msgspec.to_builtins(entry)}


def verify(head: str, form: str) -> int:
    """Check the log and say what was found; gives the exit code."""
    if form not in ("text", "json", "yaml"):
        raise UserError(f"there is no output {form}", hint="text, json or yaml")
    head = head.strip().lower()
    if head and not _HEAD.fullmatch(head):
        raise UserError(
            "that is no head", thing="--head", hint="the hash that `hsops audit verify` said, or its beginning"
        )
    audit = _audit()
    found = audit.verify(head)
    if form != "text":
        data = {**msgspec.to_builtins(found), "path": str(audit.path)}
        streams.write(documents.as_json(data) if form == "json" else documents.as_yaml(data))
    elif found.ok:
        what = f"{found.count} entries in {found.files} files" if found.count else "no entry yet"
        streams.write(plain(f"whole: {what}, {audit.path}") + "\n")
        streams.write(f"head {found.seq} {found.head}\n" if found.count else "")
    else:
        streams.write(plain(f"BROKEN at entry {found.broken_at}: {found.text}") + "\n")
        streams.write(f"whole up to {found.seq} {found.head}\n")
    return 0 if found.ok else BROKEN


def export(choice: Choice, form: str) -> int:
    """Print the wanted entries as lines of the log or as csv."""
    if form not in _EXPORTS:
        raise UserError(f"there is no export {form}", hint=near(form, _EXPORTS) or "jsonl or csv")
    if form == "csv":
        fields = [Field(field.name, _harmless(field)) for field in FIELDS]
        streams.write(delimited.as_csv(fields, list(_chosen(choice)), headers=True, quote="minimal"))
        return 0
    for entry in _chosen(choice):
        escaped = documents.as_json(entry, indent=0) if streams.is_terminal() else line_of(entry).decode() + "\n"
        streams.write(escaped)
    return 0


def _harmless(field: Field) -> Any:
    """A cell that a spreadsheet does not take for a formula: names are chosen by tenants."""

    def raw(entry: Entry) -> Any:
        value = field.raw(entry)
        return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value

    return raw
