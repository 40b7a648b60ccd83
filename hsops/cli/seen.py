"""Names that were seen last, for completion only: small files in the cache folder, never the truth."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence

from hsops.config.paths import cache_dir, private_dir, write_private
from hsops.errors import plain

MOST = 2000
_BYTES = 256 * 1024


def remember(kind: str, names: Iterable[str]) -> None:
    """Keep the names of a kind. Where nothing can be written, nothing is kept."""
    folder = private_dir(cache_dir() / "names")
    if folder is None:
        return
    lines = sorted({plain(name, 120) for name in names})[:MOST]
    with contextlib.suppress(OSError):
        write_private(folder / kind, "\n".join(lines)[:_BYTES], replace=True)


def names_seen(kind: str) -> Sequence[str]:
    """The names kept for a kind."""
    try:
        with (cache_dir() / "names" / kind).open(encoding="utf-8") as file:
            return file.read(_BYTES).splitlines()
    except (OSError, UnicodeDecodeError):
        return ()
