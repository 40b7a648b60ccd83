"""Paths and microversions as text. Imports nothing, so that the manifest stays light."""

from __future__ import annotations

from urllib.parse import quote


def path(*parts: str) -> str:
    """``/servers/ID/action`` with every part quoted: ids come from people and from remote systems."""
    return "/" + "/".join(quote(part, safe="") for part in parts)


def version(text: str) -> tuple[int, int]:
    """``2.90`` as numbers; (0, 0) when it is no version."""
    major, _, minor = text.partition(".")
    return (int(major), int(minor)) if major.isdigit() and minor.isdigit() else (0, 0)
