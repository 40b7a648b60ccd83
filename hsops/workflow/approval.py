"""Who may approve a run, and what exactly is approved. Rules without a store; `consent` keeps the answers.

On tier prod an approval is an SSH signature over `payload`: it names the run, its inputs and the digest of the plan,
so it is worth nothing for another run or another plan. It is verified when it is given, and again by the process that
works on the run before it goes on: who can only write into the store can not approve.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec

from hsops.errors import Conflict, Forbidden, HsopsError, UserError
from hsops.plugin import Workflow
from hsops.policy import PROD, ApprovalRule, SiteRules
from hsops.workflow import signers
from hsops.workflow.request import Request
from hsops.workflow.values import RunInfo, RunStatus

FORMAT = "hsops-approval-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Somebody says that they approve. `by` and `starter` are user@host."""

    payload: bytes
    by: str
    starter: str
    signature: bytes = b""


class Approver(Protocol):
    """A way to know who approves. One for an identity provider's tokens would verify them here."""

    @property
    def signed(self) -> bool:
        """Whether an approval needs a proof that can be verified again later."""
        ...

    def identity(self, claim: Claim) -> str:
        """Who it is. Blocks. Raises Forbidden when it is not proven, Conflict when it is who started the run."""
        ...


@dataclass(frozen=True, slots=True)
class UserApprover:
    """The user of the operating system, as this process has it. A signature that comes along is verified."""

    rule: ApprovalRule
    signed: bool = False

    def identity(self, claim: Claim) -> str:
        """The user, or the principal of the signature."""
        _differ(claim)
        if claim.signature and self.rule.allowed_signers is not None:
            return SshApprover(self.rule, self.rule.allowed_signers).identity(claim)
        return _user(claim.by)


@dataclass(frozen=True, slots=True)
class SshApprover:
    """A principal of the site's allowed signers, by a signature over the payload."""

    rule: ApprovalRule
    allowed_signers: Path
    signed: bool = True

    def identity(self, claim: Claim) -> str:
        """The principal that signed; another one than who started the run."""
        _differ(claim)
        if not claim.signature:
            raise Forbidden("this site wants a signed approval", hint="hsops runs approve ID --key FILE")
        found = signers.verify(claim.payload, claim.signature, self.allowed_signers)
        for name in identities_of(claim.starter, self.rule):
            if name == found or signers.is_of(claim.payload, claim.signature, self.allowed_signers, name):
                raise Conflict(f"{name} started the run", hint="a second person has to approve it")
        return found


def approver_of(site: SiteRules) -> Approver:
    """How approvals are proven at a site. Raises UserError when it wants signatures and names no signers."""
    if site.tier != PROD:
        return UserApprover(site.approval)
    if site.approval.allowed_signers is None:
        raise UserError(
            f"site {site.name} is prod and names nobody who may approve",
            hint="approval: {allowed_signers: FILE} in the site file",
        )
    return SshApprover(site.approval, site.approval.allowed_signers)


def obstacle(site: SiteRules, starter: str) -> str:
    """Why nobody could approve what this person starts; empty when somebody can."""
    try:
        if approver_of(site).signed:
            identities_of(starter, site.approval)
    except HsopsError as error:
        return str(error)
    return ""


def demand(site: SiteRules) -> str:
    """What is needed, in one phrase."""
    return "a second person, signed with an SSH key" if site.tier == PROD else "a second person"


def identities_of(person: str, rule: ApprovalRule) -> Collection[str]:
    """The principals that a user@host may be: as the site file maps them, else those named like the user.

    Raises UserError when there is none: nobody could tell then whether the approver is the same person.
    """
    mapped = rule.identities.get(person) or rule.identities.get(_user(person))
    if mapped:
        return {mapped}
    names = signers.listed(rule.allowed_signers) if rule.allowed_signers is not None else ()
    found = {name for name in names if name == person or name.partition("@")[0] == _user(person)}
    if not found:
        hint = f"approval: {{identities: {{{_user(person)}: PRINCIPAL}}}} in the site file"
        raise UserError(f"{_user(person)} is nobody among the allowed signers", hint=hint)
    return found


def payload(run: str, request: Request, target: str, digest: str) -> bytes:
    """The exact bytes that are signed. `digest` is empty for a run that had begun when approval was asked for."""
    what = {
        "format": FORMAT,
        "run": run,
        "workflow": request.workflow,
        "site": request.site,
        "target": target,
        "values": request.values,
        "choices": request.choices,
        "force": request.force,
        "plan": digest,
        "starter": request.author,
    }
    return msgspec.json.encode(what, order="sorted")


def needed(site: SiteRules, workflow: Workflow) -> bool:
    """Whether its runs at that site need a second person."""
    return site.approval.needed(site.tier, workflow.danger)


def waits_for(info: RunInfo, person: str) -> bool:
    """Whether a run waits for something that this person (user@host) may do: approve it, or decide what failed."""
    if info.status is RunStatus.WAITING:
        return True
    asks = info.approval is not None and not info.approval.verdict
    return info.status is RunStatus.AWAITING and asks and _user(info.author) != _user(person)


def _differ(claim: Claim) -> None:
    if _user(claim.by) == _user(claim.starter):
        raise Conflict(f"{_user(claim.by)} started the run", hint="a second person has to approve it")


def _user(person: str) -> str:
    return person.partition("@")[0]
