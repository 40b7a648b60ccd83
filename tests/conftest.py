"""What every test has: a state folder of its own run, so that no test writes into the audit log of who runs it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def state_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Sessions that are not told otherwise keep their state here; a test with a home of its own takes it away."""
    before = os.environ.get("HSOPS_STATE_DIR")
    os.environ["HSOPS_STATE_DIR"] = str(tmp_path_factory.mktemp("state"))
    yield
    if before is None:
        os.environ.pop("HSOPS_STATE_DIR", None)
    else:
        os.environ["HSOPS_STATE_DIR"] = before
