"""What the engine relies on in DBOS beyond its documentation, proven against the pinned version."""

from __future__ import annotations

import importlib.metadata
import inspect
import re

import pytest

from hsops.workflow import transact
from hsops.workflow.values import RunStatus
from tests.workflow import toy
from tests.workflow.conftest import ROOT, Open
from tests.workflow.test_failures import submit


def test_the_version_is_pinned_exactly() -> None:
    pin = re.search(r'"dbos==([0-9.]+)"', (ROOT / "pyproject.toml").read_text())
    assert pin is not None
    assert importlib.metadata.version("dbos") == pin.group(1)


def test_pickle_has_one_door_and_it_is_nailed_shut() -> None:
    from dbos import _serialization

    source = inspect.getsource(_serialization)
    assert source.count("pickle.loads") == 1
    transact._refuse_pickle()
    with pytest.raises(transact.PickleRefusedError):
        _serialization.DBOSDefaultSerializer.deserialize("gASVBQAAAAAAAABdlC4=")
    with pytest.raises(transact.PickleRefusedError):
        _serialization.deserialize_value("gASVBQAAAAAAAABdlC4=", "py_pickle", _serialization.DBOSPortableJSON)


def test_resume_is_unconditional_and_public() -> None:
    from dbos import DBOS
    from dbos._sys_db import SystemDatabase

    assert list(inspect.signature(DBOS.resume_workflow).parameters)[:2] == ["workflow_id", "queue_name"]
    source = inspect.getsource(SystemDatabase.resume_workflows)
    assert "owner_xid=None" in source, "the old owner's checkpoints are fenced"


def test_dbos_adds_its_handler_only_to_a_logger_without_one() -> None:
    from dbos import _logger

    assert "if not dbos_logger.handlers:" in inspect.getsource(_logger.init_logger)


@pytest.mark.asyncio
async def test_its_own_loop_runs_the_functions(world: toy.World, opened: Open) -> None:
    """`transact.start` relies on `run_step` outside a workflow running a coroutine on DBOS's loop."""
    async with opened() as engine:
        run = await submit(engine)
        assert (await engine.join(run)).status is RunStatus.DONE
        # The toy's effects assert that they run on this loop; the function itself must not.
        from dbos import DBOS

        assert DBOS.workflow_id is None


def test_whether_to_wait_for_sqlite_is_asked_in_one_place() -> None:
    from dbos import _sys_db

    source = inspect.getsource(_sys_db)
    assert source.count("retriable_sqlite_exception") == 2, "imported and asked, by this name"
    assert "retriable_sqlite_exception(e)" in inspect.getsource(_sys_db.db_retry)


def test_rewind_is_public_and_wants_a_run_that_has_ended() -> None:
    from dbos import DBOS
    from dbos._sys_db import SystemDatabase

    wanted = {"start_step", "application_version", "queue_name"}
    assert wanted <= set(inspect.signature(DBOS.rewind_workflow).parameters)
    assert "table.c.function_id >= start_step" in inspect.getsource(SystemDatabase.rewind_workflow)
    assert "workflow_is_active(status)" in inspect.getsource(SystemDatabase.rewind_workflow)


def test_signals_are_not_recorded() -> None:
    from dbos import _core

    source = inspect.getsource(_core.invoke_step)
    assert "except Exception as error:" in source
    assert "except BaseException" not in source
