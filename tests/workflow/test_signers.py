"""Signatures as ssh-keygen makes and judges them, with real keys and a real agent."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hsops.errors import Forbidden, HsopsError, UserError
from hsops.workflow import signers
from tests.workflow import toy
from tests.workflow.people import People

PAYLOAD = b'{"run":"abc"}'


@pytest.fixture
def people(tmp_path: Path, world: toy.World) -> People:
    found = People(tmp_path / "people", world)
    found.allow("ann@x.org {ann}", "bob@x.org {bob}")
    return found


def test_signed_and_verified(people: People) -> None:
    signature = signers.sign(PAYLOAD, people.key("bob"))
    assert signers.verify(PAYLOAD, signature, people.signers) == "bob@x.org"
    assert signers.is_of(PAYLOAD, signature, people.signers, "bob@x.org")
    assert not signers.is_of(PAYLOAD, signature, people.signers, "ann@x.org")
    assert signers.listed(people.signers) == ["ann@x.org", "bob@x.org"]


def test_ssh_keygen_itself_agrees(people: People) -> None:
    """What the product signs, the program verifies, and the other way round."""
    ours = people.folder / "ours.sig"
    ours.write_bytes(signers.sign(PAYLOAD, people.key("bob")))
    argv = ["ssh-keygen", "-Y", "verify", "-f", str(people.signers), "-I", "bob@x.org", "-n", "hsops-approval", "-s"]
    assert subprocess.run([*argv, str(ours)], input=PAYLOAD, capture_output=True, check=False).returncode == 0
    sign = ["ssh-keygen", "-q", "-Y", "sign", "-f", str(people.key("bob")), "-n", "hsops-approval"]
    theirs = subprocess.run(sign, input=PAYLOAD, capture_output=True, check=True).stdout
    assert signers.verify(PAYLOAD, theirs, people.signers) == "bob@x.org"


def test_with_the_agent(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    with people.agent("bob") as environment:
        monkeypatch.setenv("SSH_AUTH_SOCK", environment["SSH_AUTH_SOCK"])
        people.key("bob").unlink()  # only the agent has it now
        for key in (people.folder / "bob.pub", None):
            assert signers.verify(PAYLOAD, signers.sign(PAYLOAD, key), people.signers) == "bob@x.org"


@pytest.mark.parametrize("key", ["missing", None])
def test_without_a_key_it_says_what_to_do(people: People, monkeypatch: pytest.MonkeyPatch, key: str | None) -> None:
    monkeypatch.setenv("SSH_AUTH_SOCK", "/nonexistent")
    with pytest.raises(UserError) as caught:
        signers.sign(PAYLOAD, people.folder / key if key else None)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ('bob namespaces="hsops-approval" {bob}', "bob"),
        ('bob namespaces="file,hsops-*" {bob}', "bob"),
        ('bob namespaces="git" {bob}', ""),
        ('bob valid-before="20200101" {bob}', ""),
        ('bob valid-after="20200101" {bob}', "bob"),
        ('bob valid-after="20990101" {bob}', ""),
        ("*@x.org {bob}", ""),
        ("bob,robert {bob}", "bob"),
        ("*@x.org,bob {bob}", "bob"),
        ("bob {ann}", ""),
        ("", ""),
    ],
)
def test_the_options_of_the_file(people: People, line: str, name: str) -> None:
    people.allow(*([line] if line else []))
    signature = signers.sign(PAYLOAD, people.key("bob"))
    if name:
        assert signers.verify(PAYLOAD, signature, people.signers) == name
    else:
        with pytest.raises(Forbidden):
            signers.verify(PAYLOAD, signature, people.signers)


def test_the_time_that_counts_can_be_given(people: People) -> None:
    people.allow('bob valid-after="20250101",valid-before="20260101" {bob}')
    signature = signers.sign(PAYLOAD, people.key("bob"))
    assert signers.verify(PAYLOAD, signature, people.signers, datetime(2025, 6, 1, tzinfo=UTC)) == "bob"
    for year in (2024, 2026):
        with pytest.raises(Forbidden):
            signers.verify(PAYLOAD, signature, people.signers, datetime(year, 6, 1, tzinfo=UTC))


def test_a_certificate_of_an_authority(people: People) -> None:
    people.allow("bob@x.org cert-authority {authority}")
    key = people.key("bob")
    argv = ["ssh-keygen", "-q", "-s", str(people.key("authority")), "-I", "bob", "-n", "bob@x.org", f"{key}.pub"]
    subprocess.run(argv, check=True)
    sign = ["ssh-keygen", "-q", "-Y", "sign", "-f", f"{key}-cert.pub", "-n", "hsops-approval"]
    with people.agent("bob") as environment:
        signature = subprocess.run(sign, input=PAYLOAD, capture_output=True, check=True, env=environment).stdout
    assert signers.verify(PAYLOAD, signature, people.signers) == "bob@x.org"


_HEAD = b"-----BEGIN SSH SIGNATURE-----"


@pytest.mark.parametrize("junk", [b"", b"x", _HEAD + b"\nAAAA\n", _HEAD * 999])
def test_junk_is_no_signature(people: People, junk: bytes) -> None:
    with pytest.raises(Forbidden):
        signers.verify(PAYLOAD, junk, people.signers)


def test_another_payload_and_another_purpose(people: People) -> None:
    signature = signers.sign(PAYLOAD, people.key("bob"))
    with pytest.raises(Forbidden, match=r"of bob@x\.org is not good"):
        signers.verify(b"{}", signature, people.signers)
    sign = ["ssh-keygen", "-q", "-Y", "sign", "-f", str(people.key("bob")), "-n", "file"]
    other = subprocess.run(sign, input=PAYLOAD, capture_output=True, check=True).stdout
    with pytest.raises(Forbidden):
        signers.verify(PAYLOAD, other, people.signers)


def test_a_file_that_is_not_there(people: People) -> None:
    signature = signers.sign(PAYLOAD, people.key("bob"))
    with pytest.raises(HsopsError, match="can not be read"):
        signers.verify(PAYLOAD, signature, people.folder / "nowhere")
