"""Plugins, kinds and workflows by any of their names; broken plugins harm nobody."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from hsops.api import Kind, Layer, Options, Panel, Plugin, Source, Workflow
from hsops.errors import Unsupported, UserError
from hsops.registry import Registry, near, resolve
from tests.core.conftest import BOX, JOB, Box


class NamedOptions(Options):
    name: str = ""


def plugin(name: str, *kinds: Kind, **more: object) -> Plugin:
    base = Plugin(
        name=name, title=name, layer=Layer.COMPUTE, options=Options, connect="x:y", kinds=kinds,
        sources=(Source(kinds=tuple(kind.name for kind in kinds)),),
    )  # fmt: skip
    return replace(base, **more)  # type: ignore[arg-type]


def kind(name: str, title: str, *aliases: str) -> Kind:
    return Kind(name=name, title=title, plural=f"{title}s", aliases=aliases, resource=Box, columns=BOX.columns)


TOY = plugin(
    "toy", BOX, JOB, panels=(Panel(kind="toy.box", sort="load"),),
    workflows=(Workflow(name="box.drain", title="drain", summary="", run="x:y"),),
)  # fmt: skip
OTHER = plugin("other", kind("other.box", "Box", "crate"), kind("other.big_box", "big box"))


@pytest.fixture
def registry() -> Registry:
    return Registry([TOY, OTHER])


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("toy.box", "toy.box"), ("Toy.Box", "toy.box"), ("job", "toy.job"), ("jobs", "toy.job"), ("JOB", "toy.job"),
        ("crate", "other.box"), ("big box", "other.big_box"), ("big-boxs", "other.big_box"), ("boxes", "toy.box"),
    ],
)  # fmt: skip
def test_a_kind_by_any_of_its_names(registry: Registry, text: str, name: str) -> None:
    assert registry.kind(text).name == name


def test_an_ambiguous_kind(registry: Registry) -> None:
    with pytest.raises(UserError, match=r"box may be other\.box or toy\.box → use the full name"):
        registry.kind("box")
    assert registry.kind("box", prefer={"toy"}).name == "toy.box"
    with pytest.raises(UserError, match="may be"):
        registry.kind("box", prefer={"toy", "other"})


def test_unknown_names_have_hints(registry: Registry) -> None:
    with pytest.raises(UserError, match="there is no kind crat → did you mean crate"):
        registry.kind("crat")
    with pytest.raises(UserError, match="hsops kinds"):
        registry.kind("zzzzz")
    with pytest.raises(UserError, match="there is no plugin tyo → did you mean toy"):
        registry.plugin("tyo")
    with pytest.raises(UserError, match=r"did you mean box\.drain"):
        registry.workflow("box.drian")
    assert near("x", ["abc", "def"]) == "known: abc, def"


def test_owner_panel_workflow(registry: Registry) -> None:
    assert registry.owner("toy.job") is TOY
    assert registry.panel("toy.box").sort == "load"
    assert registry.panel("toy.job") == Panel(kind="toy.job")
    assert registry.workflow("box.drain") is TOY.workflows[0]
    assert [one.name for one in registry.kinds] == ["other.big_box", "other.box", "toy.box", "toy.job"]


@pytest.mark.parametrize(
    ("bad", "fault"),
    [
        (plugin("no-word", kind("no-word.a", "a")), "is not a word"),
        (plugin("bad", BOX), "does not begin with bad."),
        (plugin("bad", kind("bad.a", "a"), kind("bad.a", "a")), "twice"),
        (plugin("bad", replace(kind("bad.a", "a"), columns=())), "has no columns"),
        (plugin("bad", kind("bad.a", "a"), sources=(Source(kinds=("toy.box",)),)), "a source feeds toy.box"),
        (plugin("bad", kind("bad.a", "a"), options=NamedOptions), "its options use name"),
        (plugin("bad", kind("bad.a", "a"), options=dict), "not a subclass"),
    ],
)
def test_a_broken_plugin_is_told_and_left_out(bad: Plugin, fault: str) -> None:
    registry = Registry([TOY, bad])
    assert list(registry.plugins) == ["toy"]
    assert fault in registry.broken[bad.name]


def test_the_first_of_a_name_stays() -> None:
    registry = Registry([TOY, plugin("toy", kind("toy.other", "other"))])
    assert registry.plugins["toy"] is TOY
    assert "taken" in registry.broken["toy (second)"]


def test_bundled_plugins_load() -> None:
    registry = Registry.load()
    assert {"alertmanager", "ceph", "openstack", "prometheus"} <= set(registry.plugins)
    assert not registry.broken


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("raise RuntimeError('boom \\x1b[31m')", "RuntimeError: boom"),
        ("import no_such_client", "No module named 'no_such_client'"),
        ("raise SystemExit('bye')", "SystemExit: bye"),
        ("PLUGIN = 7", "PLUGIN is a int"),
        ("x = 1", "has no attribute 'PLUGIN'"),
        ("def f(:", "SyntaxError"),
    ],
)
def test_a_broken_outside_plugin_is_an_entry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, fault: str
) -> None:
    (tmp_path / "hsops_bent.py").write_text(code)
    info = tmp_path / "hsops_bent-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: hsops-bent\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[hsops.plugins]\nbent = hsops_bent:PLUGIN\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "hsops_bent", raising=False)
    registry = Registry.load()
    assert fault in registry.broken["bent"]
    assert registry.broken["bent"].isprintable()
    assert "ceph" in registry.plugins


def test_resolve() -> None:
    assert resolve("hsops.registry:Registry.load")() is not None
    with pytest.raises(Unsupported, match="install what it needs"):
        resolve("no_such_module:x")
    with pytest.raises(Unsupported, match="has no nothing"):
        resolve("hsops.registry:nothing")
