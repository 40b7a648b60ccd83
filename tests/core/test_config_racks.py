"""The field ``racks`` of a site file."""

from __future__ import annotations

from pathlib import Path

import pytest

from hsops.config import load_site
from hsops.errors import ConfigInvalid
from tests.core.test_config_load import REGISTRY, write

HEAD = "site: fra1\ntier: prod\nsystems:\n  - plugin: toy\n    url: http://x\n"


def faults(tmp_path: Path, text: str) -> list[str]:
    path = write(tmp_path, HEAD + text)
    with pytest.raises(ConfigInvalid) as caught:
        load_site(path, REGISTRY)
    return [str(problem).removeprefix(str(path) + ":") for problem in caught.value.problems]


def test_racks_in_the_order_of_the_file(tmp_path: Path) -> None:
    site = load_site(write(tmp_path, HEAD + "racks:\n  r2: [cmp-3]\n  r1: [cmp-1, cmp-2]\n"), REGISTRY)
    assert list(site.racks.items()) == [("r2", ("cmp-3",)), ("r1", ("cmp-1", "cmp-2"))]
    assert load_site(write(tmp_path, HEAD), REGISTRY).racks == {}


def test_what_is_wrong_with_racks_is_told_with_its_line(tmp_path: Path) -> None:
    assert faults(tmp_path, "racks: [r1]\n")[0].startswith("6: racks is not a mapping")
    found = faults(tmp_path, "racks:\n  r1: [cmp-1, cmp-2]\n  r2: cmp-3\n  r3: [cmp-1, 7]\n  r4: []\n")
    assert [line.partition(" →")[0] for line in found] == [
        "8: racks: r2 is not a list of hosts",
        "9: racks: cmp-1 is in r1 and in r3",
        "9: racks: r3 holds something that is not the name of a host",
        "10: racks: r4 is not a list of hosts",
    ]
