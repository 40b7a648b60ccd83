"""Asks the cluster what was asked when it was recorded."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.lab.command import run
from tests.lab.recording.neutral import neutral

ALONE = {
    "df_detail": "df detail", "health_detail": "health detail", "mon_dump": "mon dump", "node_ls": "node ls",
    "ok_to_stop": "osd ok-to-stop 0", "osd_crush_rule": "osd crush rule dump", "osd_df": "osd df",
    "osd_df_tree": "osd df tree", "osd_dump": "osd dump", "osd_metadata": "osd metadata", "osd_perf": "osd perf",
    "osd_pool_ls_detail": "osd pool ls detail", "osd_stat": "osd stat", "osd_tree": "osd tree",
    "pg_dump_brief": "pg dump pgs_brief", "pg_ls": "pg ls", "pg_stat": "pg stat", "quorum_status": "quorum_status",
    "safe_to_destroy": "osd safe-to-destroy 0", "status": "status", "versions": "versions",
}  # fmt: skip
"""Files that hold the answer of one command and nothing else."""


CUT = {"pg_stats": "ceph pg ls"}
"""Long lists of which a recording holds the beginning only."""


class Cluster:
    """The lab's cluster, as its administrator."""

    def __init__(self, conf: Path) -> None:
        self._conf = conf

    def answer(self, command: str) -> Any:
        """What `ceph COMMAND` says as JSON. Raises LabError."""
        words = [word for word in shlex.split(command) if word not in ("-f", "json")]
        out = run(["ceph", "--conf", str(self._conf), "--connect-timeout", "30", *words, "-f", "json"])
        return neutral(json.loads(out))

    def ask(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        """The same command again, as an entry of the same form."""
        answer = self.answer(entry["command"].removeprefix("ceph "))
        for name, command in CUT.items():
            if entry["command"] == command:
                answer[name] = answer[name][: len(entry["json"][name])]
        return {**entry, "json": answer}
