"""The work behind ``hsops run``: plan, ask, start, follow."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hsops.cli import saved
from hsops.cli.engines import open_engine
from hsops.cli.following import follow
from hsops.cli.inputs import pairs, read_inputs, usage
from hsops.cli.opening import one_site, open_sites, run
from hsops.cli.output import documents, streams
from hsops.cli.plan_text import plan_lines
from hsops.config import Site
from hsops.errors import UserError
from hsops.plugin import Danger, Workflow
from hsops.registry import Registry, near
from hsops.session import Session
from hsops.workflow.planfile import choices_of, forced_in, values_of

if TYPE_CHECKING:
    from hsops.workflow.engine import Engine
    from hsops.workflow.values import Plan

FORMS = ("text", "json", "yaml")
REFUSED = 3
INTERRUPTED = 130


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was asked for."""

    workflow: str
    arguments: tuple[str, ...] = ()
    plan: bool = False
    yes: bool = False
    force: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    plan_file: str = ""
    from_plan: str = ""
    detach: bool = False
    reason: str = ""
    form: str = "text"
    site: str = ""


def show_inputs(name: str) -> int:
    """Print the inputs of a workflow. Raises UserError."""
    streams.write(usage(_workflow(Registry.load(), name)))
    return 0


def _workflow(registry: Registry, name: str) -> Workflow:
    if not name:
        raise UserError("no workflow is named", hint="hsops run WORKFLOW; `hsops workflows` lists them")
    if name.startswith("-"):
        raise UserError(f"the workflow comes before {name}", hint=f"hsops run WORKFLOW {name} …")
    return registry.workflow(name)


def run_workflow(request: Request) -> int:
    """Plan or run. Gives the exit code; raises HsopsError."""
    if request.form not in FORMS:
        raise UserError(f"there is no output {request.form}", hint=near(request.form, FORMS))
    if request.plan and request.yes:
        raise UserError("--plan and --yes exclude each other", hint="--plan shows, --yes does")
    given = bool(request.workflow or request.arguments or request.force or request.choices)
    plan = saved.read(request.from_plan, given=given)
    sites, registry = open_sites(request.site)
    site = one_site([one for one in sites if plan is not None and one.name == plan.site] or sites)
    order = _Order(request, _workflow(registry, plan.workflow if plan else request.workflow), site, plan)
    alone = not (sys.stdin.isatty() and sys.stderr.isatty())
    if alone and not (request.plan or request.yes):
        raise UserError("nobody is there to approve the plan", hint="--yes does it, --plan only shows it")
    return run(order.carry_out(registry))


class _Order:
    """A request that is understood: workflow, site, inputs."""

    def __init__(self, request: Request, workflow: Workflow, site: Site, plan: Plan | None) -> None:
        self._request = request
        self._workflow = workflow
        self._site = site
        self._saved = plan
        if plan is None:
            self._values: Mapping[str, Any] = read_inputs(workflow, self._arguments())
            self._choices: Mapping[str, str] = pairs("--choice", request.choices)
            self._force: Mapping[str, str] = pairs("--force", request.force, request.reason)
        else:
            saved.same_site(site, plan)
            self._values, self._choices, self._force = values_of(plan), choices_of(plan), forced_in(plan)

    def _arguments(self) -> list[str]:
        """``--reason`` is an input as well where the workflow has one of that name."""
        request = self._request
        takes = any(entry.name == "reason" for entry in self._workflow.inputs)
        return [*request.arguments, *(["--reason", request.reason] if takes and request.reason else [])]

    async def carry_out(self, registry: Registry) -> int:
        async with Session([self._site], registry) as session:
            work = not (self._request.plan or self._request.detach)
            engine = await open_engine(session, work=work, adopt=False)
            try:
                return await self._with(engine)
            finally:
                await engine.close()

    async def _with(self, engine: Engine) -> int:
        plan = await engine.plan(self._workflow.name, self._values, self._choices, self._site.name, force=self._force)
        saved.write(plan, self._request.plan_file)
        if self._request.plan:
            self._print(plan)
            saved.held_to(plan, self._saved)
            return REFUSED if plan.obstacles else 0
        saved.held_to(plan, self._saved)
        if plan.obstacles:
            self._print(plan)
            for obstacle in plan.obstacles:
                streams.say(f"refused: {obstacle}")
            return REFUSED
        if not self._request.yes and not await self._approved(plan):
            return REFUSED
        run_id = await engine.submit(
            self._workflow.name,
            self._values,
            self._choices,
            self._site.name,
            force=self._force,
            attended=False,
            # What somebody has read and approved is what runs; --yes approves whatever the plan is.
            expected=plan.digest if self._saved or not self._request.yes else "",
            leave=self._request.detach,
        )
        if self._request.detach:
            return await saved.left(engine, run_id)
        streams.say(f"run {run_id} → hsops runs show {run_id}")
        return await follow(engine, run_id, self._request.form)

    def _print(self, plan: Plan) -> None:
        if self._request.form == "json":
            streams.write(documents.as_json(plan))
        elif self._request.form == "yaml":
            streams.write(documents.as_yaml(plan))
        else:
            streams.write("".join(f"{line}\n" for line in plan_lines(plan)))

    async def _approved(self, plan: Plan) -> bool:
        """Show the plan and ask; on tier prod, and for what destroys, the target's name is typed."""
        for line in plan_lines(plan):
            streams.say(line)
        typed = self._site.tier == "prod" or self._workflow.danger is Danger.DESTRUCTIVE
        wanted = plan.target if typed and plan.target else "yes"
        sys.stderr.write(f"Nothing has been changed. Type {wanted} to go on: ")
        sys.stderr.flush()
        answer = await asyncio.to_thread(sys.stdin.readline)
        if answer.strip() != wanted:
            streams.say("not approved, nothing was changed")
            return False
        return True
