"""Plans saved by ``hsops run … --plan-file`` and carried out by ``--from-plan``; runs left for a worker."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hsops.cli.output import streams
from hsops.config import Site
from hsops.errors import UserError

if TYPE_CHECKING:
    from hsops.workflow.engine import Engine
    from hsops.workflow.values import Plan


def read(path: str, *, given: bool) -> Plan | None:
    """The saved plan; None when none is named. `given`: a workflow's inputs are on the command line too.

    Raises UserError.
    """
    if not path:
        return None
    if given:
        hint = "it holds the workflow, its inputs, answers and forced checks"
        raise UserError("--from-plan takes everything from the file", thing=path, hint=hint)
    from hsops.workflow.planfile import load_plan  # noqa: PLC0415 - late: few runs need it

    return load_plan(Path(path))


def write(plan: Plan, path: str) -> None:
    """Save a plan where that was asked for. Raises UserError."""
    if path:
        from hsops.workflow.planfile import save_plan  # noqa: PLC0415 - as above

        save_plan(plan, Path(path))
        streams.say(f"saved in {path} → hsops run --from-plan {path} --yes")


def held_to(plan: Plan, saved: Plan | None) -> None:
    """Raises PlanChanged (exit 3), which says what differs, unless the plan made now is the saved one."""
    if saved is not None:
        from hsops.workflow.planfile import demand  # noqa: PLC0415 - as above

        demand(plan, saved.digest, saved)


def same_site(site: Site, saved: Plan | None) -> None:
    """Raises UserError when the open site is not the plan's."""
    if saved is not None and saved.site != site.name:
        raise UserError(f"the plan is for {saved.site}, open is {site.name}", hint=f"--site {saved.site}")


async def left(engine: Engine, run: str) -> int:
    """Tell of a run that was left for a worker."""
    streams.write(run + "\n")
    workers = await engine.workers()
    if workers:
        streams.say(f"run {run} is left for a worker: {', '.join(workers)} → hsops runs logs {run} -F")
    else:
        streams.say(f"run {run} waits: no worker is alive → hsops worker, or hsops runs resume {run}")
    return 0
