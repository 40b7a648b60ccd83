"""Keeps secrets out of the journal: what is written of answers, errors and commands goes through here first.

Secrets belong into references (`hsops.plugin.Secret`); this is the net below. It knows the shapes of common tokens and
the names that secrets go by.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

MASK = "***"

_NAMES = r"pass(?:word|wd|phrase)?|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|auth[_-]?key|credential"
_NAMED = rf"(?:(?i:password|passwd|passphrase|secret|token|adminpass)|(?<![A-Za-z])(?i:{_NAMES})|(?<=[a-z])Pass)"
_SECRET_NAME = re.compile(rf"(?i)(?:^|[_\-.])(?:{_NAMES})s?$")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_PATTERNS = (
    # scheme://user:password@host
    (re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://[^\s/:@]*:)[^\s/@]+(@)"), rf"\1{MASK}\2"),
    # Authorization: Bearer …, X-Auth-Token: …, X-Vault-Token: …
    (
        re.compile(
            r"(?i)\b((?:authorization|x-(?:auth|subject|vault)-token|cookie)[\"']?\s*[:=]\s*[\"']?)"
            r"(?:(?:bearer|basic|digest)\s+)?[^\s\"',;}]+"
        ),
        rf"\1{MASK}",
    ),
    # password=…, "token": "…", --secret …
    (re.compile(rf"({_NAMED}s?[\"']?\s*[:=]\s*[\"']?)(?!\*\*\*)[^\s\"',;}}&]+"), rf"\1{MASK}"),
    (re.compile(rf"(?i)(--(?:[a-z-]*-)?(?:{_NAMES})\s+)\S+"), rf"\1{MASK}"),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)", re.DOTALL), MASK),
    (re.compile(r"\bgAAAA[A-Za-z0-9_-]{40,}={0,2}"), MASK),  # Fernet: Keystone tokens
    (re.compile(r"\b(?:hv[sbr]|s|b)\.[A-Za-z0-9_-]{24,}"), MASK),  # Vault, OpenBao
    (re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"), MASK),  # JWT
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"), MASK),
    (re.compile(r"\bAQ[A-Za-z0-9+/]{36}=="), MASK),  # cephx keys
)


@lru_cache(maxsize=2048)  # the same words come again and again: commands, names, titles
def redact(text: str) -> str:
    """`text` with everything that looks like a secret masked."""
    for pattern, mask in _PATTERNS:
        text = pattern.sub(mask, text)
    return text


def redact_argv(argv: Sequence[str]) -> tuple[str, ...]:
    """A command with secret values masked, also those that follow an option in an argument of their own."""
    found: list[str] = []
    for index, word in enumerate(argv):
        after = argv[index - 1] if index else ""
        hidden = after.startswith("-") and "=" not in after and _names_secret(after)
        found.append(MASK if hidden else redact(word))
    return tuple(found)


def redact_json(value: Any) -> Any:
    """A JSON value with secrets masked: by the name of their key, or by their shape."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {key: _field(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [redact_json(inner) for inner in value]
    return value


def _field(key: str, value: Any) -> Any:
    if isinstance(value, str) and value and _names_secret(key):
        return MASK
    return redact_json(value)


def _names_secret(name: str) -> bool:
    """Whether a field or option of that name holds a secret: ``adminPass``, ``--api-key``; not ``bypass``."""
    return _SECRET_NAME.search(_HUMP.sub("_", name)) is not None
