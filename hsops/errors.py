"""Every error hsops raises on purpose. A class is a decision: retry, ask a person, or stop.

::

    HsopsError
    ├── Unreachable            retry   nobody answered: refused, reset, no route, name unknown
    │   └── TimedOut           retry   an answer did not come in time; a write may or may not have happened
    ├── AuthFailed             ask     the system does not believe who we are; trying again locks accounts
    ├── Forbidden              stop    we are known and may not do this: other kinds go on
    ├── NotFound               stop    the object is not there
    ├── Conflict               stop    the object is not in the state that the call needs
    ├── BadAnswer              stop    an answer that makes no sense; reported with its beginning
    ├── Unsupported            stop    the system, its version or this machine lacks what is needed
    └── UserError              stop    the request itself is wrong
        └── ConfigInvalid      stop    a site file or key map: all its problems at once, with file and line

A message names the system, the object, what happened and what to do next: ``str(error)`` is fit for a person's eyes
and safe for a terminal (control characters are removed).
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


class Decision(enum.Enum):
    """What the caller does with an error."""

    RETRY = "retry"
    ASK = "ask"
    STOP = "stop"


def plain(text: str, limit: int = 2000) -> str:
    """`text` without control characters and bidirectional overrides, on one line, cut at `limit` characters.

    Remote systems and tenants choose names and messages; nothing of theirs may drive a terminal.
    """
    cut = text[: limit + 1]
    clean = "".join(c if c.isprintable() and c not in _BIDI else " " for c in cut)
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"


_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class HsopsError(Exception):
    """Base of all. `system` is the site file's name of the system, `thing` the object, `hint` what to do next."""

    decision: ClassVar[Decision] = Decision.STOP
    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, *, system: str = "", thing: str = "", hint: str = "") -> None:
        self.what = plain(what)
        self.system = plain(system)
        self.thing = plain(thing)
        self.hint = plain(hint)
        super().__init__(what)

    def __str__(self) -> str:
        where = " ".join(part for part in (self.system, self.thing) if part)
        text = f"{where}: {self.what}" if where else self.what
        return f"{text} → {self.hint}" if self.hint else text


class Unreachable(HsopsError):
    """Nobody answered. The feed backs off and tries again; a run asks after its time-out."""

    decision = Decision.RETRY
    exit_code = 9


class TimedOut(Unreachable):
    """No answer in time. After a write the outcome is unknown, not failed: read back before acting again."""

    exit_code = 124


class AuthFailed(HsopsError):
    """Wrong or expired credentials. Nothing is retried until a person acts."""

    decision = Decision.ASK
    exit_code = 8


class Forbidden(HsopsError):
    """Known, but not allowed: the kind is marked, everything else goes on."""

    exit_code = 8


class NotFound(HsopsError):
    """The object does not exist (any more)."""


class Conflict(HsopsError):
    """The object is not in the state that the call needs, or somebody else changed it first."""

    decision = Decision.ASK


class BadAnswer(HsopsError):
    """The system answered something that is not its protocol, or an error of its own (5xx)."""


class Unsupported(HsopsError):
    """The system, its version or this machine lacks what is needed."""


class UserError(HsopsError):
    """The request is wrong: unknown kind, bad filter, missing argument."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of a configuration file. `line` counts from 1; 0 when the place is not known."""

    file: str
    line: int
    what: str
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return plain(f"{place}: {self.what}" + (f" → {self.hint}" if self.hint else ""))


class ConfigInvalid(UserError):
    """All problems of the configuration at once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(f"{len(self.problems)} problem(s) in the configuration")

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)
