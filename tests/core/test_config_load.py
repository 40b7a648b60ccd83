"""Site files: typed when right; every problem at once, with its line, when wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import msgspec
import pytest

from hsops.api import Layer, Options, Plugin, Secret
from hsops.config import EngineConfig, load_site, load_sites
from hsops.config.values import TIMEOUT
from hsops.errors import ConfigInvalid
from hsops.registry import Registry
from tests.core.conftest import BOX


class Ssh(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    host: str
    port: int = 22
    password: Secret | None = None


class ToyOptions(Options, kw_only=True):
    url: str
    token: Secret | None = None
    ssh: Ssh | None = None
    mode: Literal["fast", "slow"] = "fast"
    hosts: tuple[Ssh, ...] = ()
    named: dict[str, Ssh] = msgspec.field(default_factory=dict)
    insecure: bool = False
    ratio: float = 1.0


TOY = Plugin(
    name="toy", title="Toy", layer=Layer.COMPUTE, options=ToyOptions, connect="toy:connect", kinds=(BOX,), sources=(),
)  # fmt: skip
REGISTRY = Registry([TOY], {"bent": "ImportError: no module named bent_client"})


def write(tmp_path: Path, text: str, name: str = "site.yaml") -> Path:
    path = tmp_path / name
    path.write_text(text)
    return path


def faults(tmp_path: Path, text: str) -> list[str]:
    path = write(tmp_path, text)
    with pytest.raises(ConfigInvalid) as caught:
        load_site(path, REGISTRY)
    return [str(problem).removeprefix(str(path) + ":") for problem in caught.value.problems]


def site_with(system: str) -> str:
    return f"site: fra1\ntier: prod\nsystems:\n  - plugin: toy\n    url: http://x\n{system}"


def test_a_whole_site(tmp_path: Path) -> None:
    path = write(tmp_path, """
site: fra1
tier: staging
engine: {store: "postgresql://hsops@db/runs", password: {file: pw}}
systems:
  - plugin: toy
    url: http://x
    token: {env: TOKEN}
    hosts: [{host: a}, {host: b, port: 2222}]
    named: {one: {host: c}}
  - plugin: toy
    name: second
    url: http://y
    timeout: 3
    insecure: true
""")  # fmt: skip
    site = load_site(path, REGISTRY)
    assert (site.name, site.tier, site.file) == ("fra1", "staging", path)
    assert [system.name for system in site.systems] == ["toy", "second"]
    first: Any = site.systems[0].options
    assert first == ToyOptions(
        url="http://x", token=Secret(env="TOKEN"), hosts=(Ssh(host="a"), Ssh(host="b", port=2222)),
        named={"one": Ssh(host="c")},
    )  # fmt: skip
    assert [system.timeout for system in site.systems] == [TIMEOUT, 3.0]
    assert site.engine == EngineConfig(store="postgresql://hsops@db/runs", password=Secret(file="pw"))


def test_sqlite_is_the_store_without_words(tmp_path: Path) -> None:
    text = "site: a\ntier: lab\nsystems: [{plugin: toy, url: u}]\n"
    assert load_site(write(tmp_path, text), REGISTRY).engine.store == ""
    assert load_site(write(tmp_path, text + "engine: {store: sqlite}\n"), REGISTRY).engine.store == ""


def test_every_problem_is_told_with_its_line(tmp_path: Path) -> None:
    found = faults(tmp_path, """site: fra 1
tier: production
sytems: 3
engine: {store: "postgresql://u:hunter2@h/db", colour: 1}
systems:
  - plugin: tyo
  - plugin: toy
    urls: http://x
    insecure: true
    timeout: -1
  - plugin: toy
    name: b
    url: 3
    mode: medium
    ssh: {port: x, prot: 22}
    hosts: [{host: a}, {hots: b}]
  - plugin: toy
    name: b
    url: http://x
    url: http://y
  - 7
  - plugin: bent
""")  # fmt: skip
    assert [line.partition(" →")[0] for line in found] == [
        "1: site is not a name",
        "2: tier is none that is known",
        "3: unknown key sytems",
        "4: engine: the password must not stand in the URL",
        "4: engine: unknown key colour",
        "6: there is no plugin tyo",
        "7: toy: url is missing",
        "8: toy: unknown key urls",
        "9: insecure: true is refused on tier prod",
        "10: toy: timeout is not a number of seconds above 0",
        "13: b: url: expected text, got int",
        "14: b: mode: not one of the values it may have",
        "15: b: unknown key prot",
        "15: b: host is missing",
        "15: b: port: expected int, got text",
        "16: b: unknown key hots",
        "16: b: host is missing",
        "18: a second system b",
        "20: has the key url a second time",
        "21: a system is not a mapping",
        "22: the plugin bent cannot be loaded: ImportError: no module named bent_client",
    ]
    hints = {line.partition(" → ")[0]: line.partition(" → ")[2] for line in found}
    assert hints["3: unknown key sytems"].startswith("did you mean systems")
    assert hints["6: there is no plugin tyo"] == "did you mean toy?"
    assert "hunter2" not in "\n".join(found)


@pytest.mark.parametrize(
    ("secret", "part"),
    [
        ("token: hunter2", "6: toy: token is a secret and must not stand in the file → write {env: NAME}"),
        ("token: [a]", "6: toy: token is a secret"),
        ("token: {env: A, file: b}", "6: toy: token needs exactly one of env, file and command"),
        ("token: {}", "6: toy: token needs exactly one"),
        ("token: {evn: A}", "6: toy: unknown key evn → did you mean env?"),
        ("token: {env: hunter2 is it}", "6: toy: token: env takes the name of an environment variable"),
        ("token: {command: []}", "6: toy: token refers to nothing"),
        ("token: {command: pass show x}", "6: toy: command: expected list, got text"),
        ("ssh: {host: a, password: hunter2}", "6: toy: password is a secret"),
    ],
)
def test_a_secret_is_a_reference(tmp_path: Path, secret: str, part: str) -> None:
    found = faults(tmp_path, site_with(f"    {secret}\n"))
    assert found[0].startswith(part), found
    assert "hunter2" not in "".join(found)


def test_a_secret_may_be_left_out(tmp_path: Path) -> None:
    options: Any = load_site(write(tmp_path, site_with("    token: ~\n")), REGISTRY).systems[0].options
    assert options.token is None


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "holds no site"), ("- a\n", "holds no site"), ("a", "holds no site"),
        ("site: a\ntier: lab\n", "systems is missing"),
        ("site: a\ntier: lab\nsystems: []\n", "systems is not a list of systems"),
        ("tier: lab\nsystems: [{plugin: toy, url: u}]\n", "site is missing"),
        ("site: a\nsystems: [{plugin: toy, url: u}]\n", "tier is missing"),
        ("site: 7\ntier: lab\nsystems: [{plugin: toy, url: u}]\n", "site is not a name"),
        ("site: a\ntier: [lab]\nsystems: [{plugin: toy, url: u}]\n", "tier is none that is known"),
        ("site: a\ntier: lab\nsystems: [{name: x}]\n", "plugin is missing"),
        ("site: a\ntier: lab\nsystems: [{plugin: toy, url: u, name: ../x}]\n", "name is not a name"),
        ("site: a\ntier: lab\nsystems: [{plugin: toy, url: u}]\nengine: {store: mysql://x}\n", "neither sqlite nor"),
        ("site: a\ntier: lab\nsystems: [{plugin: toy, url: u}]\nengine: sqlite\n", "engine is not a mapping"),
    ],
)  # fmt: skip
def test_what_is_missing_or_of_the_wrong_shape(tmp_path: Path, text: str, part: str) -> None:
    assert any(part in line for line in faults(tmp_path, text))


def test_insecure_hides_nowhere_on_prod(tmp_path: Path) -> None:
    text = site_with("    named: {a: {host: x, insecure: true}}\n")
    assert any("insecure: true is refused on tier prod" in line for line in faults(tmp_path, text))
    load_site(write(tmp_path, site_with("    insecure: true\n").replace("prod", "lab")), REGISTRY)


def test_problems_of_all_files_come_together(tmp_path: Path) -> None:
    one = write(tmp_path, site_with("    nope: 1\n"), "one.yaml")
    two = write(tmp_path, site_with(""), "two.yaml")
    three = write(tmp_path, site_with(""), "three.yaml")
    with pytest.raises(ConfigInvalid) as caught:
        load_sites([one, two, three, tmp_path / "four.yaml"], REGISTRY)
    text = str(caught.value)
    assert f"{one}:6: toy: unknown key nope" in text
    assert f"{three}:1: the site fra1 is also in" in text
    assert "four.yaml: cannot be read" in text


def test_escapes_in_a_file_do_not_reach_the_terminal(tmp_path: Path) -> None:
    text = 'site: a\ntier: lab\nsystems: [{plugin: "\\e[31mred\\u202e", url: u}]\n'
    assert all(line.isprintable() for line in faults(tmp_path, text))
