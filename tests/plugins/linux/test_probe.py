"""What a probe's lines mean: recorded ones, missing ones, hostile ones; and the script on this very machine."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hsops.api import Health
from hsops.plugins.linux.host import KIND, Host, booted_at
from hsops.plugins.linux.options import LinuxOptions, Member, members
from hsops.plugins.linux.probe import SCRIPT, SLOW, Facts, FileSystem, newest, parse
from hsops.plugins.linux.rebooting import Before, proof

DEBIAN = """\
boot_id\t5f1c0e0e-0000-4000-8000-000000000001
machine_id\t0123456789abcdef0123456789abcdef
kernel\t6.1.0-25-amd64
uptime\t86400.12 170000.00
load\t1.50 0.75 0.25 1/321 4242
hostname\tcmp-1
cpus\t8
os\tPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
os\tID=debian
MemTotal:\t1048576
MemAvailable:\t524288
fs\t/dev/sda1 1000 900 100 /
fs\t/dev/sdb1 1000 100 900 /srv/with a space
fs\ttmpfs 500 0 500 /run
fs\t/dev/loop3 5 5 0 /snap/x
systemd\trunning
units\tknown
failed\tnova-compute.service
synced\tyes
reboot\t/run/reboot-required
installed\t6.1.0-9-amd64
installed\t6.1.0-25-amd64
installed\t6.1.0-26-amd64
installed\t6.9.0-1-rt-amd64-rescue
manager\tapt
apt\tlibc6 [2.36-9+deb12u9] (2.36-9+deb12u10 Debian:12.10/stable [amd64]) []
apt\tlinux-image-6.1.0-26-amd64 (6.1.112-1 Debian-Security:12/stable-security [amd64])
smart\t/dev/sda SMART overall-health self-assessment test result: PASSED
"""


def test_a_debian_host() -> None:
    facts = parse(DEBIAN)
    assert facts.os == "Debian GNU/Linux 12 (bookworm)"
    assert facts.distribution == "debian"
    assert facts.uptime == 86400.12
    assert facts.load == (1.5, 0.75, 0.25)
    assert facts.memory == 1 << 30
    assert [one.mount for one in facts.file_systems] == ["/", "/srv/with a space"]
    assert facts.file_systems[0].fill == 0.9
    assert facts.failed == ("nova-compute.service",)
    assert facts.synced is True
    assert facts.newest == "6.1.0-26-amd64"
    assert facts.pending == "kernel 6.1.0-26-amd64 is installed, 6.1.0-25-amd64 runs"
    assert facts.updates == (
        "libc6 2.36-9+deb12u9 -> 2.36-9+deb12u10", "linux-image-6.1.0-26-amd64 new -> 6.1.112-1",
    )  # fmt: skip
    assert facts.disks == ("/dev/sda PASSED",)


def test_what_a_host_does_not_say_is_not_known() -> None:
    facts = parse(
        "kernel\t5.14.0-503.el9.x86_64\nunits\n\nload\tnan-sense\nuptime\t\ncpus\tmany\nfs\tonly three words\n"
    )
    assert facts == Facts(kernel="5.14.0-503.el9.x86_64")
    assert facts.failed is None
    assert facts.updates is None
    assert facts.synced is None
    assert Host(name="h", facts=facts).health() is Health.OK
    assert Host(name="h").health() is Health.UNKNOWN


def test_dnf_and_chrony() -> None:
    text = "manager\tdnf\ndnf\tkernel.x86_64 5.14.0-503.el9 baseos\ndnf\tObsoleting Packages\nchrony\tA,B,0,Normal\n"
    facts = parse(text)
    assert facts.updates == ("kernel -> 5.14.0-503.el9",)
    assert facts.synced is True
    assert parse("chrony\tA,B,0,Not synchronised\n").synced is False


@pytest.mark.parametrize(
    ("installed", "running", "expected"),
    [
        (["6.1.0-9-amd64", "6.1.0-26-amd64"], "6.1.0-9-amd64", "6.1.0-26-amd64"),
        (["6.8.0-45-generic", "6.9.0-1-lowlatency"], "6.8.0-41-generic", "6.8.0-45-generic"),
        (["5.14.0-427.el9.x86_64", "5.14.0-503.el9.x86_64", "0-rescue-ab"], "5.14.0-427.el9.x86_64",
         "5.14.0-503.el9.x86_64"),
        ([], "6.1.0-9-amd64", ""),
    ],
)  # fmt: skip
def test_the_newest_kernel_of_the_running_ones_flavour(installed: list[str], running: str, expected: str) -> None:
    assert newest(installed, running) == expected


def test_the_script_runs_in_this_machines_sh() -> None:
    done = subprocess.run(["sh", "-c", SCRIPT, "sh", SLOW], capture_output=True, text=True, check=False, timeout=120)
    facts = parse(done.stdout)
    assert done.returncode == 0, done.stderr
    assert facts.boot_id == Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert facts.kernel
    assert facts.uptime is not None
    assert facts.memory
    assert facts.file_systems


def test_health_and_its_words() -> None:
    full = Facts(file_systems=(FileSystem("/dev/sda1", "/", 100, 97, 3),))
    assert Host(name="h", facts=full).health() is Health.CRITICAL
    assert Host(name="h", facts=full).word == "/ 97%"
    assert Host(name="h", facts=Facts(failed=("a.service",))).health() is Health.WARN
    assert Host(name="h", facts=Facts(disks=("/dev/sda FAILED!",))).health() is Health.CRITICAL
    assert Host(name="h", trouble="no route").health() is Health.CRITICAL
    assert Host(name="h", trouble="its key changed", refused=True).health() is Health.WARN
    for column in KIND.columns:
        column.value(Host(name="h"))


def test_the_boot_moment_does_not_wobble() -> None:
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    first = booted_at(Facts(uptime=100.0), now, None)
    assert booted_at(Facts(uptime=102.4), now + timedelta(seconds=2), first) == first
    assert booted_at(Facts(uptime=3.0), now + timedelta(seconds=60), first) != first


OLD = Before(at=1000.0, boot_id="a", kernel="1", newest="2", failed=("old.service",))


@pytest.mark.parametrize(
    ("facts", "fault"),
    [
        (Facts(boot_id="b", uptime=20.0, kernel="2", failed=("old.service",)), ""),
        (Facts(boot_id="a", uptime=20.0, kernel="2"), "its boot id is the same"),
        (Facts(boot_id="b", uptime=5000.0, kernel="2"), "longer than since it was told"),
        (Facts(boot_id="b", uptime=20.0, kernel="1"), "it runs kernel 1, not 2"),
        (Facts(boot_id="b", uptime=20.0, kernel="2", failed=("new.service",)), "new.service"),
    ],
)
def test_the_proof_of_a_reboot(facts: Facts, fault: str) -> None:
    found = proof(OLD, facts, OLD.newest, clock=1060.0)
    assert (fault in "; ".join(found)) if fault else found == []


def test_hosts_by_pattern_and_by_hand() -> None:
    options = LinuxOptions(hosts=("cmp-[008-010]", Member(name="sto-1", port=2222), "cmp-009"), user="ops", port=22)
    assert [(one.name, one.user, one.port) for one in members(options)] == [
        ("cmp-008", "ops", 22), ("cmp-009", "ops", 22), ("cmp-010", "ops", 22), ("sto-1", "ops", 2222),
    ]  # fmt: skip
