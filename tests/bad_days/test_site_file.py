"""Wrong and hostile site files: every problem at once with file and line, no secret repeated, nothing run."""

from __future__ import annotations

from pathlib import Path

import pytest

from hsops.config import load_site, load_sites
from hsops.errors import ConfigInvalid
from hsops.registry import Registry
from tests.bad_days.place import harmless

REGISTRY = Registry.load()


def problems(folder: Path, text: str | bytes) -> list[str]:
    """What is wrong with a site file, each without the folder."""
    file = folder / "site.yaml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(ConfigInvalid) as caught:
        load_site(file, REGISTRY)
    told = [str(problem) for problem in caught.value.problems]
    assert told
    assert all(problem.startswith(f"{file}") for problem in told), told
    assert all(harmless(problem) for problem in told), told
    assert str(caught.value) == "\n".join(told)
    return [problem.removeprefix(f"{folder}/") for problem in told]


MANY = """\
site: fra 1
tier: production
sistems: []
systems:
  - plugin: openstak
    cloud: fra1
  - plugin: ceph
    ssh: {host: mon1, prot: 22}
    transport: telepathy
  - plugin: prometheus
    url: http://p
    token: s3cr3t-in-the-file
  - plugin: prometheus
    url: http://q
  - name: lonely
  - just a word
  - plugin: alertmanager
    timeout: soon
engine: {store: "mysql://db"}
"""


def test_every_problem_at_once_with_file_and_line(tmp_path: Path) -> None:
    told = problems(tmp_path, MANY)
    lines = [int(problem.split(":")[1]) for problem in told]
    assert lines == sorted(lines)
    wanted = {
        1: "site is not a name", 2: "tier", 3: "unknown key sistems → did you mean systems",
        5: "openstak", 8: "prot", 9: "transport", 12: "must not stand in the file", 15: "plugin is missing",
        16: "not a mapping", 18: "timeout", 19: "store",
    }  # fmt: skip
    for line, words in wanted.items():
        here = [problem for number, problem in zip(lines, told, strict=True) if number == line]
        assert any(words in problem for problem in here), (line, words, told)
    assert any("second system prometheus" in problem for problem in told)
    assert any("url is missing" in problem for problem in told)
    assert not any("s3cr3t" in problem for problem in told), "a secret in the wrong spot is not repeated"


def test_an_unknown_plugin_is_told_with_the_nearest_known_one(tmp_path: Path) -> None:
    text = "site: s\ntier: lab\nsystems:\n  - plugin: promethues\n    url: http://p\n"
    (problem,) = problems(tmp_path, text)
    assert problem.startswith("site.yaml:4: ")
    assert "promethues" in problem
    assert "did you mean prometheus" in problem


def test_problems_of_several_files_come_together(tmp_path: Path) -> None:
    files = [tmp_path / "a.yaml", tmp_path / "b.yaml"]
    for file in files:
        file.write_text("site: s\ntier: lab\nsystems: none\n")
    with pytest.raises(ConfigInvalid) as caught:
        load_sites(files, REGISTRY)
    places = [(Path(problem.file).name, problem.line) for problem in caught.value.problems]
    assert ("a.yaml", 3) in places
    assert ("b.yaml", 3) in places
    assert any("also in" in problem.what for problem in caught.value.problems)


HEAD = "site: s\ntier: lab\n"
HOSTILE: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", "holds no site"),
    "a list": ("- a\n- b\n", "holds no site"),
    "not yaml": ("site: [s\ntier: }\n", "YAML"),
    "not utf-8": (b"site: \xff\xfe\n", "UTF-8"),
    "nul": (b"site: s\x00\n", ""),
    "a tag that would run code": (HEAD + "systems: !!python/object/apply:os.system ['touch pwned']\n", "tag"),
    "a twice given key": (HEAD + "tier: prod\nsystems: []\n", "second time"),
    "an alias to itself": (HEAD + "systems: &a [*a]\n", ""),
    "a billion laughs": (
        "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
        + "".join(f"{c}: &{c} [{','.join([f'*{p}'] * 10)}]\n" for p, c in zip("abcdefgh", "bcdefghi", strict=True))
        + HEAD,
        "more than 20000 values",
    ),
    "too deep": (HEAD + "systems: " + "[" * 5000 + "]" * 5000 + "\n", "deep"),
    "too large": (HEAD + "# " + "x" * 300_000 + "\n", "larger than"),
    "escapes in a value": (HEAD + 'systems: [{plugin: "\\e]0;owned\\a\\e[31mx"}]\n', "plugin"),
    "escapes in a key": (HEAD + '"\\e[2Jsystems": []\nsystems: []\n', "unknown key"),
    "a very long key": (HEAD + "x" * 200_000 + ": 1\nsystems: []\n", "not YAML"),
    "a huge number": (HEAD + f"systems: [{{plugin: ceph, timeout: 1{'0' * 5000}}}]\n", "timeout"),
    "not a number": (HEAD + "systems: [{plugin: ceph, timeout: .nan}]\n", "timeout"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_in_words(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text, words = HOSTILE[name]
    told = problems(tmp_path, text)
    assert any(words in problem for problem in told), told
    assert all(len(problem) < 3000 for problem in told)
    assert not (tmp_path / "pwned").exists()


def test_a_file_that_is_not_there_and_a_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "nothing.yaml", tmp_path):
        with pytest.raises(ConfigInvalid, match=r"cannot be read|No such file|directory|folder"):
            load_site(path, REGISTRY)


def test_certificates_are_verified_in_production(tmp_path: Path) -> None:
    text = "site: s\ntier: prod\nsystems:\n  - plugin: prometheus\n    url: https://p\n    insecure: true\n"
    (problem,) = problems(tmp_path, text)
    assert problem.startswith("site.yaml:6: ")
    assert "refused on tier prod" in problem
