"""Completion proposes and never fails."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.cli.conftest import Toy


def proposals(toy: Toy, line: str, **more: str) -> list[str]:
    words = line.split(" ")
    done = subprocess.run(
        [sys.executable, "-m", "hsops.cli"], capture_output=True, text=True, check=False, timeout=100,
        env=toy.environment(
            _HSOPS_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=str(len(words) - 1), **more
        ),
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize(
    ("line", "some"),
    [
        ("hsops ge", {"get"}), ("hsops get bo", {"box"}), ("hsops get toy.", {"toy.box", "toy.job"}),
        ("hsops get box,jo", {"box,job"}), ("hsops get box -c m", {"memory"}), ("hsops run box", {"box.empty"}),
        ("hsops get box --site f", {"fra1"}),
        ("hsops get box -o cu", {"custom-columns="}), ("hsops runs res", {"resume"}),
    ],
)  # fmt: skip
def test_proposals(toy: Toy, line: str, some: set[str]) -> None:
    assert set(proposals(toy, line)) == some


def test_names_that_the_last_get_saw(toy: Toy) -> None:
    assert proposals(toy, "hsops get box web") == []
    toy.run("get", "box")
    assert proposals(toy, "hsops get box web") == ["web-1", "web-10", "web-2"]
    toy.world(fail="unreachable")
    assert proposals(toy, "hsops get box web-10") == ["web-10"], "it never connects"


def test_what_is_broken_gives_no_proposals(toy: Toy) -> None:
    (toy.config / "settings.yaml").write_text("[")
    assert proposals(toy, "hsops get nope web") == []
    names = toy.home / ".cache/hsops/names"
    names.mkdir(parents=True)
    (names / "toy.box").write_bytes(b"\xff\xfe")
    assert proposals(toy, "hsops get box web") == []


def test_the_script(toy: Toy) -> None:
    got = toy.finished("--show-completion", "bash")
    assert got.code == 0
    assert "_hsops_completion" in got.out
