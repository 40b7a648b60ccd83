"""Which runs this hsops can go on with."""

from __future__ import annotations

VERSION = "hsops-1"
"""Of the journal's format and of the order of steps. Raise it when an old run could not be replayed any more."""
