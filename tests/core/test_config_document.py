"""YAML that knows its lines and refuses what is hostile."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hsops.config.document import MOST_BYTES, parse_document, read_document


def problems(text: str | bytes) -> list[str]:
    raw = text.encode() if isinstance(text, str) else text
    return [str(problem) for problem in parse_document("x.yaml", raw).problems]


def test_values_and_their_lines() -> None:
    document = parse_document("x.yaml", b"# head\nsite: fra1\nsystems:\n  - plugin: ceph\n    ssh: {host: a}\n")
    assert document.data == {"site": "fra1", "systems": [{"plugin": "ceph", "ssh": {"host": "a"}}]}
    assert document.line(("site",)) == 2
    assert document.line(("systems", 0, "ssh", "host")) == 5
    assert document.line(("systems", 0, "nowhere", "at", "all")) == 4, "the nearest place that is in the file"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"), ("on", "on"), ("yes", "yes"), ("true", True), ("False", False), ("~", None), ("", None),
        ("12", 12), ("-3", -3), ("1.5", 1.5), ("1e3", 1000.0), ("'12'", "12"), ('"true"', "true"), ("1:30", "1:30"),
        ("0x10", "0x10"), ("2026-01-01", "2026-01-01"), ("9" * 60, "9" * 60),
    ],
)  # fmt: skip
def test_scalars_of_the_core_schema(text: str, value: object) -> None:
    document = parse_document("x.yaml", f"a: {text}\n".encode())
    assert document.data == {"a": value}
    assert type(document.data["a"]) is type(value)


def test_a_second_key_names_the_first() -> None:
    assert problems("a: 1\nb: 2\na: 3\n") == ["x.yaml:3: has the key a a second time → the first is on line 1"]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("a: [1", "x.yaml:1: is not YAML"),
        ("a: b: c", "x.yaml:1: is not YAML"),
        ("a: *nowhere", "x.yaml:1: is not YAML"),
        ("a: !!python/object/apply:os.system [id]", "has the tag"),
        ("? [1, 2]\n: x", "has a key that is not a word"),
        ("a: \x07", "is not YAML"),
        ("a: &a [*a]", "nested too deeply"),
        ("[" * 5000, "is nested too deeply"),
        ("a: " + "{b: " * 60 + "1" + "}" * 60, "nested too deeply"),
        (b"a: \xff\xfe", "x.yaml:1: is not UTF-8 text"),
        (b"a: 1\n" * MOST_BYTES, "is larger than 256 KiB"),
    ],
)
def test_hostile_files_are_told(text: str | bytes, part: str) -> None:
    found = problems(text)
    assert found
    assert any(part in line for line in found), found


def test_an_anchor_bomb_is_stopped() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    assert any("once its aliases are expanded" in line for line in problems("\n".join(lines)))


def test_a_few_aliases_are_fine() -> None:
    document = parse_document("x.yaml", b"a: &a {b: 1}\nc: *a\n")
    assert document.data == {"a": {"b": 1}, "c": {"b": 1}}
    assert not document.problems


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    missing = read_document(tmp_path / "none.yaml")
    assert "No such file" in str(missing.problems[0])
    assert "hsops site init" in str(missing.problems[0])
    assert "directory" in str(read_document(tmp_path).problems[0])


@given(st.text(max_size=200))
def test_no_text_raises(text: str) -> None:
    document = parse_document("x.yaml", text.encode("utf-8", "replace"))
    assert document.problems or document.data is None or document.data is not None
    assert all(problem.line >= 0 for problem in document.problems)


@given(st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(10**12), 10**12), st.text("abcXYZ 0:#-{}[]*&'\"\n", max_size=12)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text("abc", min_size=1, max_size=3), inner, max_size=4)
    ),
    max_leaves=20,
))  # fmt: skip
def test_what_yaml_writes_is_read_back(value: object) -> None:
    import yaml

    document = parse_document("x.yaml", yaml.safe_dump({"v": value}).encode())
    assert not document.problems
    assert document.data == {"v": value}
