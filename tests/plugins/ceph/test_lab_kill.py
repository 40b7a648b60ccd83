"""A drain of a real OSD outlives its process: killed with -9 in the middle, another one goes on where it was."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.lab.env import Ceph
from tests.plugins.ceph.labbench import said, site_file, weight

ROOT = Path(__file__).parents[3]
TTL = "3"
PATIENCE = 300.0

pytestmark = [pytest.mark.lab, pytest.mark.timeout(900)]


def start(site: Path, folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """A process that works on runs; it prints one line when it does."""
    argv = [sys.executable, "-m", "tests.journeys.child", str(site), str(folder / "runs.sqlite"), TTL, *arguments]
    with (folder / "child.log").open("a") as log:
        return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=log, text=True, cwd=ROOT)


def test_a_drain_goes_on_after_kill_9(tmp_path: Path, lab_ceph_mended: Ceph) -> None:
    site, osd = site_file(tmp_path, lab_ceph_mended), 3
    process = start(site, tmp_path, "osd.drain", f"osd={osd}")
    assert process.stdout is not None
    assert process.stdout.readline().strip(), "no run was submitted"
    end = time.monotonic() + PATIENCE
    while weight(osd) != 0:
        assert time.monotonic() < end, "it never began"
        assert process.poll() is None
        time.sleep(0.2)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    epoch = said("osd", "dump")["crush_version"]
    successor = start(site, tmp_path)
    out, _ = successor.communicate(timeout=PATIENCE)
    assert successor.returncode == 0, out[-2000:] + (tmp_path / "child.log").read_text()[-2000:]
    assert weight(osd) == 0
    assert said("osd", "dump")["crush_version"] == epoch, "the weight was set a second time"
    assert all(osd not in pg["up"] + pg["acting"] for pg in said("pg", "dump", "pgs_brief")["pg_stats"])
