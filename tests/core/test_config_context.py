"""Secrets are read when they are needed, and from where the site file says."""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path

import pytest

from hsops.api import AuthFailed, Options, Secret
from hsops.config import Site, System
from hsops.config import context as module
from hsops.config.context import SystemContext


@pytest.fixture
def context(tmp_path: Path) -> SystemContext:
    system = System(name="toy", plugin="toy", options=Options(), timeout=5)
    return SystemContext(Site(name="fra1", tier="lab", systems=(system,), file=tmp_path / "site.yaml"), system)


def read(context: SystemContext, secret: Secret) -> str:
    return asyncio.run(context.secret(secret))


def refused(context: SystemContext, secret: Secret) -> str:
    with pytest.raises(AuthFailed) as caught:
        read(context, secret)
    assert caught.value.system == "toy"
    assert caught.value.hint
    return str(caught.value)


def test_what_it_tells(context: SystemContext, tmp_path: Path) -> None:
    assert (context.site, context.system, context.tier, context.timeout) == ("fra1", "toy", "lab", 5)
    assert context.path("ca.pem") == tmp_path / "ca.pem"
    assert context.path("/etc/ca.pem") == Path("/etc/ca.pem")
    assert context.path("~/x") == Path.home() / "x"


def test_from_the_environment(context: SystemContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOY_TOKEN", "s3cret")
    assert read(context, Secret(env="TOY_TOKEN")) == "s3cret"
    monkeypatch.setenv("TOY_TOKEN", "")
    assert "TOY_TOKEN is not set" in refused(context, Secret(env="TOY_TOKEN"))


def test_from_a_file(context: SystemContext, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "pw"
    path.write_text("s3cret\n")
    path.chmod(0o600)
    with caplog.at_level(logging.WARNING):
        assert read(context, Secret(file="pw")) == "s3cret"
        assert not caplog.records
        path.chmod(0o644)
        assert read(context, Secret(file=str(path))) == "s3cret"
    assert "chmod 600" in caplog.text
    assert "s3cret" not in caplog.text


@pytest.mark.parametrize(
    ("content", "part"), [(b"", "gives nothing"), (b"\xff", "does not give text"), (b"x" * 70_000, "more than")]
)
def test_files_that_hold_no_secret(context: SystemContext, tmp_path: Path, content: bytes, part: str) -> None:
    path = tmp_path / "pw"
    path.write_bytes(content)
    path.chmod(0o600)
    assert part in refused(context, Secret(file="pw"))
    assert "No such file" in refused(context, Secret(file="none"))


def test_from_a_command(context: SystemContext) -> None:
    argv = (sys.executable, "-c", "print('s3cret')")
    assert read(context, Secret(command=argv)) == "s3cret"


def test_a_command_gets_no_input_and_no_shell(context: SystemContext, tmp_path: Path) -> None:
    argv = (sys.executable, "-c", "import sys; print(repr(sys.stdin.read()), sys.argv[1])", "$(touch x); *")
    assert read(context, Secret(command=argv)) == "'' $(touch x); *"
    assert not (tmp_path / "x").exists()


def test_a_command_that_fails_says_why_without_the_secret(context: SystemContext) -> None:
    argv = (sys.executable, "-c", "import sys; print('s3cret'); sys.exit('no key in the agent')")
    text = refused(context, Secret(command=argv))
    assert "ended with 1: no key in the agent" in text
    assert "s3cret" not in text
    assert "cannot be run" in refused(context, Secret(command=("/no/such/program",)))
    assert "refers to nothing" in refused(context, Secret())


def test_a_command_that_hangs_is_ended(context: SystemContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "COMMAND_TIME", 0.5)
    code = "import os, time; open('pid', 'w').write(str(os.getpid())); time.sleep(600)"
    assert "did not end" in refused(context, Secret(command=(sys.executable, "-c", code)))
    pid = tmp_path / "pid"
    assert not pid.exists() or not Path(f"/proc/{pid.read_text()}").exists()
