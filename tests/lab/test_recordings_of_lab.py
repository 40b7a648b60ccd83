"""The lab's answers are still of the shape that the recordings show."""

from __future__ import annotations

import pytest

from tests.lab.env import Lab
from tests.lab.fixtures import need
from tests.lab.recording.files import FOLDERS
from tests.lab.recording.refresh import NEEDS, Recordings, asker

pytestmark = pytest.mark.lab


@pytest.mark.parametrize("system", FOLDERS)
def test_the_recordings_have_the_shape_of_the_servers_answers(system: str, lab: Lab) -> None:
    need(lab, NEEDS[system])
    recordings = Recordings(system)
    recordings.ask(asker(system, lab))
    verdicts = [(file.name, verdict) for file, told in recordings.verdicts.items() for verdict in told]
    assert any(verdict.fresh is not None for _, verdict in verdicts), "nothing could be compared"
    assert [f"{file}: {verdict.name}: {verdict.changes}" for file, verdict in verdicts if verdict.changes] == []
