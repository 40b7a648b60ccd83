"""`site init` writes what is found and nothing over anything."""

from __future__ import annotations

from tests.cli.conftest import Toy


def test_init_writes_a_private_file_that_works(toy: Toy) -> None:
    toy.file.unlink()
    toy.world("a.toy")
    toy.world("b.toy")
    got = toy.run("site", "init", "lab1", "--tier", "lab")
    assert (got.code, got.out) == (0, "")
    path = toy.config / "sites/lab1.yaml"
    assert path.stat().st_mode & 0o777 == 0o600
    text = path.read_text()
    assert f"  # {toy.home / 'a.toy'}\n" in text
    assert "name: toy-2" in text
    assert f"wrote {path}" in got.err
    assert toy.run("get", "box", "--site", "lab1").code == 0
    assert toy.run("site", "ls").out == f"lab1\t{path}\n"
    assert "lab1, tier lab, 2 systems" in toy.run("site", "check").err


def test_init_never_writes_over_a_file(toy: Toy) -> None:
    toy.world("a.toy")
    before = toy.file.read_text()
    got = toy.run("site", "init", "fra1")
    assert got.code == 2
    assert "--force replaces it" in got.err
    assert toy.file.read_text() == before
    assert toy.run("site", "init", "fra1", "--force").code == 0
    assert "a.toy" in toy.file.read_text()
    assert [path.name for path in toy.file.parent.iterdir()] == ["fra1.yaml"], "nothing is left behind"


def test_init_prints(toy: Toy) -> None:
    toy.file.unlink()
    toy.world("a.toy")
    got = toy.run("site", "init", "x", "--print")
    assert got.out.startswith("site: x\ntier: prod")
    assert not (toy.config / "sites/x.yaml").exists()


def test_init_finds_nothing_or_may_not_write(toy: Toy) -> None:
    got = toy.run("site", "init", "x")
    assert got.code == 1
    assert "no system was found" in got.err
    assert toy.run("site", "init", "../x").code == 2
    toy.world("a.toy")
    toy.file.unlink()
    toy.file.parent.rmdir()
    toy.file.parent.write_text("")
    got = toy.run("site", "init", "x")
    assert got.code == 2
    assert "cannot be written" in got.err
