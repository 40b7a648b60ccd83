"""Plan mode: the workflow's own function runs, reads and checks happen, effects are written down and not done."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from hsops.errors import HsopsError, UserError, plain
from hsops.plugin import CheckResult, Danger, Silencer, Workflow
from hsops.runbook import Choice, Effect, HostMaintenance, HostSystem, Item, Json, Outcome, Progress, Sample
from hsops.workflow import approval, window
from hsops.workflow.clock import now
from hsops.workflow.redact import redact, redact_argv
from hsops.workflow.request import Request
from hsops.workflow.systems import PATIENCE, Connections, Systems, perform, site_of
from hsops.workflow.values import Plan, PlannedCheck, PlannedChoice, PlannedItem, PlanStep

T = TypeVar("T", bound=Json)

PLAN_ID = "RUN"
"""Stands for the run's id, which does not exist yet, in the commands of a plan."""
_PATIENCE = PATIENCE[:2]  # somebody waits for the plan


async def make_plan(workflow: Workflow, request: Request, systems: Systems, holder: str = "") -> Plan:
    """Run the workflow's function in plan mode. Raises HsopsError when something could not be read."""
    connections = Connections(systems, request.site, workflow)
    await connections.patiently(connections.open, _PATIENCE)
    run = PlanRun(workflow, request, connections)
    site = site_of(systems, request.site)
    found = window.opening(site.windows, now()) if workflow.danger >= Danger.DISRUPTIVE else window.Opening(True)
    if found.name:
        await run.check(window.CHECK, lambda: _opened(found))
    await perform(workflow, run, connections)
    plan = msgspec.structs.replace(run.plan(holder), window=found.text)
    if not approval.needed(site, workflow):
        return plan
    why_not = approval.obstacle(site, request.author)
    return msgspec.structs.replace(plan, approval=approval.demand(site), unapprovable=why_not)


async def _opened(found: window.Opening) -> CheckResult:
    return CheckResult(name=window.CHECK, ok=found.is_open, text=found.text, hint="wait for it")


class PlanRun:
    """The `Run` that writes down."""

    def __init__(self, workflow: Workflow, request: Request, connections: Connections) -> None:
        self._workflow = workflow
        self._request = request
        self._connections = connections
        self._checks: list[PlannedCheck] = []
        self._choices: list[PlannedChoice] = []
        self._steps: list[PlanStep] = []
        self._notes: list[str] = []
        self._touches: dict[str, int | str] = {}

    @property
    def id(self) -> str:
        return PLAN_ID

    @property
    def site(self) -> str:
        return self._request.site

    @property
    def values(self) -> Mapping[str, Any]:
        return self._request.values

    @property
    def planning(self) -> bool:
        return True

    @property
    def author(self) -> str:
        return self._request.author

    def system(self, plugin: str) -> Any:
        return self._connections.system(plugin)

    def silencers(self) -> Sequence[Silencer]:
        return self._connections.silencers()

    def maintenances(self) -> Sequence[tuple[str, HostMaintenance]]:
        return self._connections.spanned().maintenances()

    def host_system(self) -> HostSystem:
        return self._connections.spanned().host_system()

    async def racks(self) -> Mapping[str, Sequence[str]]:
        return await self.read("racks", self._connections.racks)

    async def read(self, name: str, look: Callable[[], Awaitable[T]]) -> T:
        return await self._connections.patiently(look, _PATIENCE)

    async def check(self, name: str, look: Callable[[], Awaitable[CheckResult]]) -> bool:
        result = await checked(name, lambda: self._connections.patiently(look, _PATIENCE))
        forced = self._request.force.get(name, "")
        self._checks.append(
            PlannedCheck(
                name=name,
                ok=result.ok,
                text=redact(plain(result.text)),
                hint=redact(plain(result.hint)),
                warning=result.warning,
                forced=forced,
            )
        )
        return result.ok

    async def choose(self, choices: Sequence[Choice]) -> Mapping[str, str]:
        answers: dict[str, str] = {}
        for choice in choices:
            answer = answer_to(choice, self._request.choices)
            answers[choice.key] = answer or choice.options[0]
            self._choices.append(
                PlannedChoice(
                    key=choice.key,
                    title=plain(choice.title),
                    why=plain(choice.why),
                    options=choice.options,
                    default=choice.default,
                    answer=answer,
                )
            )
        return answers

    async def touches(self, **numbers: int | str) -> None:
        self._touches.update(numbers)

    async def step(
        self,
        name: str,
        *,
        do: Effect,
        command: Sequence[str],
        undo: Effect | None = None,
        undo_command: Sequence[str] = (),
        text: str = "",
        planned: Json = None,
    ) -> Any:
        self._add("step", name, text, command=command, undo_command=undo_command, undoable=undo is not None)
        return planned

    async def each(
        self,
        name: str,
        items: Sequence[Item],
        do: Callable[[Item, Progress], Awaitable[Outcome]],
        *,
        limit: int = 1,
        text: str = "",
        undo: Callable[[Item], Awaitable[Json]] | None = None,
    ) -> Mapping[str, Outcome]:
        planned = tuple(
            PlannedItem(
                key=item.key,
                title=plain(item.title),
                command=redact_argv(item.command),
                undo_command=redact_argv(item.undo_command),
            )
            for item in items
        )
        self._add("each", name, text, undoable=undo is not None, items=planned, limit=limit)
        return {}

    async def wait(
        self,
        name: str,
        look: Callable[[], Awaitable[Sample]],
        *,
        timeout: float,  # noqa: ASYNC109 - the protocol's
        every: float = 2.0,
        stuck_after: float = 300.0,
    ) -> Sample:
        self._add("wait", name, f"at most {timeout:g} s")
        return Sample(done=True, text="planned")

    async def verify(self, name: str, look: Callable[[], Awaitable[CheckResult]]) -> None:
        self._add("verify", name)

    async def commit(self) -> None:
        return None

    async def gate(self, name: str) -> None:
        self._add("gate", name, "goes on while every gate of the site is green and the window is open")

    async def note(self, text: str) -> None:
        self._notes.append(redact(plain(text)))

    def _add(
        self,
        kind: str,
        name: str,
        text: str = "",
        *,
        command: Sequence[str] = (),
        undo_command: Sequence[str] = (),
        undoable: bool = False,
        items: tuple[PlannedItem, ...] = (),
        limit: int = 0,
    ) -> None:
        step = PlanStep(
            kind=kind,
            name=name,
            text=redact(plain(text)),
            command=redact_argv(command),
            undo_command=redact_argv(undo_command),
            undoable=undoable,
            items=items,
            limit=limit,
        )
        self._steps.append(step)

    def plan(self, holder: str) -> Plan:
        """What was written down."""
        plan = Plan(
            workflow=self._workflow.name,
            title=self._workflow.title,
            site=self.site,
            target=self._workflow.target(self.values),
            values=dict(self.values),
            author=self.author,
            made=now(),
            checks=tuple(self._checks),
            touches=self._touches,
            choices=tuple(self._choices),
            steps=tuple(self._steps),
            notes=tuple(self._notes),
            holder=holder,
        )
        return msgspec.structs.replace(plan, digest=digest(plan))


def digest(plan: Plan) -> str:
    """Equal for two plans that would do the same under the same verdicts; sentences do not count."""
    essence = {
        "what": [plan.workflow, plan.site, plan.target, plan.values, plan.touches],
        "checks": [[check.name, check.ok] for check in plan.checks if check.name != window.CHECK],
        "choices": [[choice.key, choice.options, choice.answer] for choice in plan.choices],
        "steps": [[step.kind, step.name, step.command, step.undo_command, step.items] for step in plan.steps],
    }
    return hashlib.sha256(msgspec.json.encode(essence, order="sorted")).hexdigest()


async def checked(name: str, look: Callable[[], Awaitable[CheckResult]]) -> CheckResult:
    """The verdict; a check that could not be made does not hold."""
    try:
        return await look()
    except HsopsError as error:
        return CheckResult(name=name, ok=False, text=str(error), hint=error.hint)


def answer_to(choice: Choice, given: Mapping[str, str]) -> str:
    """The answer given, else the default; empty when there is neither. Raises UserError for an unknown option."""
    answer = given.get(choice.key, choice.default)
    if answer and answer not in choice.options:
        raise UserError(f"{answer!r} is no option", thing=choice.key, hint=f"choose one of {', '.join(choice.options)}")
    return answer
