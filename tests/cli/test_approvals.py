"""`runs approve|reject|waive` and `runs ls --waiting`, with real keys, on the real engine."""

from __future__ import annotations

import json
import os
import pwd
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.cli.conftest import BOXES, JOBS, TOY, Result, Toy
from tests.lab.env import Postgres
from tests.lab.fixtures import lab, lab_postgres

__all__ = ["lab", "lab_postgres"]

SITE = """approval:
  required: {required}
  allowed_signers: signers
  identities: {{{user}: ann@x.org}}
"""


@pytest.fixture
def keys(toy: Toy) -> Path:
    """Keys of ann and bob; ann is who starts runs here."""
    user = pwd.getpwuid(os.geteuid()).pw_name
    folder = toy.home / "keys"
    folder.mkdir()
    lines = []
    for name in ("ann", "bob"):
        argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(folder / name)]
        subprocess.run(argv, check=True, stdin=subprocess.DEVNULL)
        lines.append(f"{name}@x.org {(folder / f'{name}.pub').read_text()}")
    (toy.file.parent / "signers").write_text("".join(lines))
    toy.site("fra1", "world.json", tier="prod", more=SITE.format(required="auto", user=user))
    return folder


@pytest.fixture
def bob(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From here on commands in this process are bob's."""
    return lambda: monkeypatch.setattr("hsops.workflow.engine._me", lambda: "bob@bastion2")


def asked(toy: Toy) -> str:
    """A run that waits for approval."""
    got = toy.finished("run", "box.empty", "--box", "b1", "--yes", "-o", "json")
    assert got.code == 6, got.err
    assert "another person: hsops runs approve" in got.err
    run: str = json.loads(got.out.splitlines()[0])["run"]
    assert f"hsops runs approve {run}" in got.err
    assert toy.truth()["jobs"] == JOBS
    return run


def test_asked_seen_signed_resumed(toy: Toy, keys: Path, bob: Callable[[], None]) -> None:
    plan = toy.finished("run", "box.empty", "--box", "b1", "--plan")
    assert "approval  a second person, signed with an SSH key" in plan.out
    run = asked(toy)
    assert run not in toy.run("runs", "ls", "--waiting").out, "not for who started it"
    shown = toy.finished("runs", "show", run, "-o", "json").json
    assert (shown["status"]["status"], shown["status"]["exitCode"]) == ("awaiting-approval", 6)
    mine = toy.finished("runs", "approve", run, "--key", str(keys / "bob"), "--yes")
    assert (mine.code, "started the run" in mine.err) == (1, True)
    bob()
    assert run in toy.run("runs", "ls", "--waiting").out
    unsure = toy.run("runs", "approve", run, "--key", str(keys / "bob"))
    assert (unsure.code, "--yes" in unsure.err) == (2, True)
    theirs = toy.run("runs", "approve", run, "--key", str(keys / "ann"), "--yes")
    assert (theirs.code, "ann@x.org started the run" in theirs.err) == (1, True)
    got = toy.run("runs", "approve", run[:5], "--key", str(keys / "bob"), "--yes", "--reason", "looked at it")
    assert got.code == 0, got.err
    assert "$ toy move j1" in got.err, "the very plan is shown"
    assert f"hsops runs resume {run}" in got.err
    assert toy.truth()["jobs"] == JOBS, "approving does nothing by itself"
    twice = toy.run("runs", "approve", run, "--key", str(keys / "bob"), "--yes")
    assert (twice.code, "was approved by bob@x.org already" in twice.err) == (1, True)
    done = toy.finished("runs", "resume", run)
    assert done.code == 0, done.err
    assert [job["box"] for job in toy.truth()["jobs"]] == ["b2", "b2", "b2"]
    assert "■ approval approved  by bob@x.org: looked at it" in toy.finished("runs", "logs", run).out


def test_resuming_what_nobody_approved(toy: Toy, keys: Path) -> None:
    run = asked(toy)
    assert toy.finished("runs", "resume", run).code == 6
    assert toy.truth()["jobs"] == JOBS


def test_rejected(toy: Toy, keys: Path, bob: Callable[[], None]) -> None:
    run = asked(toy)
    bob()
    assert toy.run("runs", "reject", run).code == 2
    assert toy.run("runs", "reject", run, "--reason", "not on a Friday").code == 0
    shown = toy.finished("runs", "show", run, "-o", "json").json["status"]
    assert (shown["status"], shown["exitCode"]) == ("refused", 3)
    assert "not on a Friday" in shown["reason"]
    assert toy.finished("runs", "resume", run).code == 1, "it is over"
    assert toy.finished("run", "box.empty", "--box", "b1", "--yes").code == 6, "the box is free for another one"


def test_with_nobody_who_could_approve(toy: Toy) -> None:
    toy.site("fra1", "world.json", tier="prod")
    got = toy.finished("run", "box.empty", "--box", "b1", "--yes")
    assert got.code == 3
    assert "nobody could approve it: site fra1 is prod and names nobody who may approve" in got.err


def test_off_prod_no_key_is_needed(toy: Toy, bob: Callable[[], None]) -> None:
    toy.site("fra1", "world.json", more="approval: {required: true}\n")
    run = asked(toy)
    bob()
    got = toy.run("runs", "approve", run, "--yes")
    assert got.code == 0, got.err
    assert toy.finished("runs", "resume", run).code == 0


def test_outside_the_window(toy: Toy) -> None:
    day = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[(datetime.now(UTC) + timedelta(days=3)).weekday()]
    more = f"windows: [{{name: rare, days: [{day}], from: '10:00', to: '11:00', zone: UTC}}]\n"
    toy.site("fra1", "world.json", more=more)
    plan = toy.finished("run", "box.empty", "--box", "b1", "--plan")
    assert plan.code == 3
    assert "window    none is open; rare opens at" in plan.out
    assert "how long it takes is not known" in plan.out
    assert "--force window.open=REASON" in plan.out
    assert toy.finished("run", "box.empty", "--box", "b1", "--yes").code == 3
    assert toy.truth()["jobs"] == JOBS
    forced = toy.finished("run", "box.empty", "--box", "b1", "--yes", "--force", "window.open=agreed")
    assert forced.code == 0, forced.err


def test_waiving_where_nothing_waits(toy: Toy) -> None:
    got = toy.finished("run", "box.empty", "--box", "b1", "--yes", "-o", "json")
    run = json.loads(got.out.splitlines()[0])["run"]
    told = toy.run("runs", "waive", run, "alerts.new", "--reason", "x")
    assert (told.code, "is over" in told.err) == (1, True)


# -- two users of the machine, one database: nothing of it is made up


class Bastion:
    """A user's own home and site file, on the common database."""

    def __init__(self, folder: Path, user: str, site: str, secret: str) -> None:
        self.home = folder / user
        self._user = user
        self._secret = secret
        file = self.home / ".config/hsops/sites/fra1.yaml"
        file.parent.mkdir(parents=True)
        file.write_text(site)

    def own(self) -> None:
        """Everything at home is the user's."""
        for path in (self.home, *self.home.rglob("*")):
            shutil.chown(path, self._user)

    def run(self, *arguments: str) -> Result:
        """A command of this user."""
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.home), "PYTHONPATH": str(TOY), "PW": self._secret}
        # The interpreter may be where only root looks: the user may read, and is nobody but the user otherwise.
        become = ["setpriv", "--reuid", self._user, "--regid", str(pwd.getpwnam(self._user).pw_gid), "--clear-groups",
                  "--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search"]  # fmt: skip
        done = subprocess.run(
            [*become, sys.executable, "-B", "-m", "hsops.cli", *arguments], env=environment, check=False, text=True,
            stdin=subprocess.DEVNULL, capture_output=True, timeout=200, cwd=Path(__file__).parents[2],
        )  # fmt: skip
        assert "Traceback" not in done.stderr
        return Result(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def database(lab_postgres: Postgres) -> Iterator[str]:
    """The URL of a new database, with its password."""
    import psycopg
    from psycopg.sql import SQL, Identifier

    name = f"hsops_test_{secrets.token_hex(4)}"
    with psycopg.connect(lab_postgres.dsn, autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        yield lab_postgres.dsn.rpartition("/")[0] + "/" + name
        connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


@pytest.fixture
def folder() -> Iterator[Path]:
    """One that every user of the machine can look into."""
    path = Path(tempfile.mkdtemp(prefix="hsops-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.mark.lab
@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="two real users: NOT tested, needs root")
def test_two_users_of_the_machine(database: str, folder: Path) -> None:
    world = folder / "world.json"
    world.write_text(json.dumps({"boxes": BOXES, "jobs": JOBS}))
    url = urlsplit(database)
    (folder / "signers").touch()
    site = f"""site: fra1
tier: prod
systems:
  - {{plugin: toy, path: {world}}}
engine: {{store: "postgresql://{url.username}@{url.hostname}:{url.port}{url.path}", password: {{env: PW}}}}
approval: {{allowed_signers: {folder}/signers, identities: {{daemon: ann@x.org, nobody: bob@x.org}}}}
"""
    ann, bob = (Bastion(folder, user, site, url.password or "none") for user in ("daemon", "nobody"))
    lines = []
    for name, bastion in (("ann", ann), ("bob", bob)):
        argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(bastion.home / "key")]
        subprocess.run(argv, check=True, stdin=subprocess.DEVNULL)
        lines.append(f"{name}@x.org {(bastion.home / 'key.pub').read_text()}")
        bastion.own()
    (folder / "signers").write_text("".join(lines))
    shutil.chown(world, "daemon")
    folder.chmod(0o777)  # the toy's truth is replaced by a new file
    got = ann.run("run", "box.empty", "--box", "b1", "--yes", "-o", "json")
    assert got.code == 6, got.err
    run = json.loads(got.out.splitlines()[0])["run"]
    own = ann.run("runs", "approve", run, "--key", str(ann.home / "key"), "--yes")
    assert (own.code, "daemon started the run" in own.err) == (1, True)
    assert run in bob.run("runs", "ls", "--waiting").out
    assert run not in ann.run("runs", "ls", "--waiting").out
    given = bob.run("runs", "approve", run, "--key", str(bob.home / "key"), "--yes")
    assert given.code == 0, given.err
    assert json.loads(world.read_text())["jobs"] == JOBS
    done = ann.run("runs", "resume", run)
    assert done.code == 0, done.err
    assert [job["box"] for job in json.loads(world.read_text())["jobs"]] == ["b2", "b2", "b2"]
    assert "approved by bob@x.org (signed)" in ann.run("runs", "show", run).out
