"""A process that writes into an audit log: ``path count name [die-at]``; with `die-at` it is killed in the middle of a
line."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from hsops.audit import Audit


def main(place: str, count: int, name: str, die_at: int) -> None:
    """Append; the last write of a process that dies is half a line."""
    audit = Audit(Path(place), tiers={"lab": "lab"}, most=20_000)
    whole = os.write

    def half(handle: int, data: bytes) -> int:
        whole(handle, data[: len(data) // 2])
        os.kill(os.getpid(), signal.SIGKILL)
        return 0

    for number in range(count):
        if number == die_at:
            os.write = half
        audit.append("test", site="lab", target=name, data={"number": number})
    audit.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
