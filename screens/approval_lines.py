"""Who asks for a second person's yes, until when, how that is proven, and what was answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from hsops.policy import SiteRules
from hsops.screens.text import Line, Span, age, cut, moment, span, wrap
from hsops.workflow.values import ApprovalInfo, RunInfo

LABEL: Final = 10


def approval_lines(info: RunInfo, rules: SiteRules | None, now: float, room: int, *, may: bool) -> Sequence[Line]:
    """The head of the approval screen."""
    asked = info.approval
    tier = f" {info.tier}" if info.tier else ""
    head = (Span(" approval  "), span(f"{info.workflow} {info.target}", "title"), span(f"   {info.site}{tier}", "dim"))
    lines: list[Line] = [cut(head, room)]
    since = age(now - info.created.timestamp())
    lines += labelled("asked by", f"{info.author}, {since} ago", room)
    if asked is None:
        return [*lines, *labelled("answer", "nobody has to approve it", room)]
    if asked.verdict:
        return [*lines, *_answer(asked, room)]
    if asked.expires is not None:
        left = asked.expires.timestamp() - now
        text = f"{age(left)} left, until {moment(asked.expires.timestamp())}" if left > 0 else "nobody answered in time"
        lines += labelled("time", text, room, "" if left > 0 else "critical")
    if asked.digest:
        lines += labelled("digest", asked.digest, room)
    lines += labelled("proof", _proof(rules), room)
    you = "may approve it with a, or reject it with n" if may else _not_you(info)
    return [*lines, *labelled("you", you, room, "ok" if may else "warn")]


def _proof(rules: SiteRules | None) -> str:
    if rules is None:
        return "its site is not open here"
    if rules.tier != "prod":
        return "your user of the operating system; a signature is not needed on this site"
    signers = rules.approval.allowed_signers
    if signers is None:
        return "the site file names no allowed_signers: nobody can approve on prod"
    return f"a signature of an SSH key that {signers} names, by file or agent"


def _not_you(info: RunInfo) -> str:
    return f"you started it: somebody else has to approve it, here or with hsops runs approve {info.id}"


def _answer(asked: ApprovalInfo, room: int) -> list[Line]:
    style = "ok" if asked.verdict == "approved" else "critical"
    when = f" at {moment(asked.at.timestamp())}" if asked.at is not None else ""
    signed = ", signed" if asked.signed else ""
    lines = labelled("answer", f"{asked.verdict} by {asked.identity or asked.by}{signed}{when}", room, style)
    return [*lines, *(labelled("reason", asked.reason, room) if asked.reason else [])]


def labelled(label: str, text: str, room: int, style: str = "") -> list[Line]:
    """``label     text``, as many lines as it takes."""
    parts = wrap(text, max(20, room - LABEL - 2))
    return [(Span(f" {label if i == 0 else '':{LABEL}}", "dim"), span(part, style)) for i, part in enumerate(parts)]
