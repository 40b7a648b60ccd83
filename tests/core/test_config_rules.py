"""`approval`, `windows` and `gates` of a site file: what is read, and every fault with its line."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from hsops.config import Site
from hsops.config.load import load_site
from hsops.errors import ConfigInvalid
from hsops.plugin import Danger
from hsops.policy import ApprovalRule, GateRule, Window
from hsops.registry import Registry

HEAD = "systems:\n  - plugin: prometheus\n    url: https://p.example\n"


def read(tmp_path: Path, text: str, tier: str = "staging") -> Site:
    file = tmp_path / "s.yaml"
    file.write_text(f"site: s\ntier: {tier}\n{HEAD}{text}")
    return load_site(file, Registry.load())


def test_nothing_said(tmp_path: Path) -> None:
    site = read(tmp_path, "")
    assert (site.approval, site.windows, site.gates) == (ApprovalRule(), (), GateRule())


def test_everything_said(tmp_path: Path) -> None:
    site = read(
        tmp_path,
        "approval: {required: true, allowed_signers: keys/signers, timeout: 90m, identities: {ops1: ann@example.org}}\n"
        "windows:\n"
        "  - {name: night, days: [sat, mon], from: 22:00, to: 04:00, zone: Europe/Berlin}\n"
        "  - {name: all day, from: '00:00', to: '24:00', zone: UTC}\n"
        "gates: {off: [alerts.new], patience: 10m}\n",
    )
    assert site.approval == ApprovalRule(
        required=True,
        allowed_signers=tmp_path / "keys/signers",
        timeout=5400.0,
        identities={"ops1": "ann@example.org"},
    )
    night, day = site.windows
    assert night == Window(name="night", begin=time(22), end=time(4), zone="Europe/Berlin", days=(0, 5))
    assert (day.begin, day.end, len(day.days)) == (time(0), time(0), 7)
    assert site.gates == GateRule(off=("alerts.new",), patience=600.0)


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("approval: yes\n", 6, "approval is not a mapping"),
        ("approval:\n  required: maybe\n", 7, "required"),
        ("approval:\n  timeout: soon\n", 7, "timeout is not a duration"),
        ("approval:\n  timeout: 5s\n", 7, "between a minute and 30 days"),
        ("approval:\n  signers: x\n", 7, "unknown key signers"),
        ("windows: {}\n", 6, "windows is not a list"),
        ("windows:\n  - night\n", 7, "a window is not a mapping"),
        ("windows:\n  - name: n\n    from: '22:00'\n    to: '25:00'\n    zone: UTC\n", 9, "to is not a time of day"),
        ("windows:\n  - name: n\n    from: '22:00'\n    zone: UTC\n", 7, "to is missing"),
        ("windows:\n  - {name: n, from: '1:00', to: '2:00', zone: Moon/Base}\n", 7, "no such time zone"),
        ("windows:\n  - {name: n, from: '1:00', to: '2:00', zone: ../etc/passwd}\n", 7, "no such time zone"),
        ("windows:\n  - {name: n, from: '1:00', to: '2:00', zone: UTC, days: [monday]}\n", 7, "not a day of the week"),
        ("windows:\n  - {name: n, from: '1:00', to: '2:00', zone: UTC, days: []}\n", 7, "days is empty"),
        (
            "windows:\n  - {name: n, from: '1:00', to: '2:00', zone: UTC}\n"
            "  - {name: n, from: '3:00', to: '4:00', zone: UTC}\n",
            8,
            "a second window n",
        ),
        ("gates:\n  of: [x]\n", 7, "unknown key of"),
        ("gates: {off: alerts.new}\n", 6, "off"),
    ],
)
def test_faults(tmp_path: Path, text: str, line: int, what: str) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        read(tmp_path, text)
    (problem,) = caught.value.problems
    assert (problem.line, what in problem.what) == (line, True), str(problem)


def test_prod_can_not_do_without_a_second_person(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match=r":7: approval: required: false is refused on tier prod"):
        read(tmp_path, "approval:\n  required: false\n", tier="prod")


def test_who_needs_it() -> None:
    auto, asked, off = ApprovalRule(), ApprovalRule(required=True), ApprovalRule(required=False)
    assert auto.needed("prod", Danger.DISRUPTIVE)
    assert not auto.needed("prod", Danger.SAFE)
    assert not auto.needed("staging", Danger.DESTRUCTIVE)
    assert asked.needed("lab", Danger.DISRUPTIVE)
    assert not asked.needed("lab", Danger.SAFE)
    assert off.needed("prod", Danger.DISRUPTIVE), "a value made by hand does not switch it off either"
    assert not off.needed("staging", Danger.DESTRUCTIVE)
