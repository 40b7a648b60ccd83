"""The audit log: who changed what, where, when, with which command and result. Append-only, hash-chained.

::

    entry       one line: its fields, its canonical JSON, its hash
    files       the files of a log: the one that is written, the numbered ones before it, the lock
    appending   adds lines: several processes at once, a torn line, a full disk, rotation
    checking    reads it back and finds what was changed, removed, inserted or moved
    log         `Audit`: what the rest of hsops uses, and what happens when it cannot be written
    deeds       an action with its entries before and after
    copies      the same lines to the local syslog
"""

from hsops.audit.checking import Verification
from hsops.audit.entry import Entry
from hsops.audit.log import Audit, NotRecorded

__all__ = ["Audit", "Entry", "NotRecorded", "Verification"]
