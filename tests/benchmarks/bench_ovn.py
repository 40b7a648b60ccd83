"""What following an OVN of 20,000 ports costs: ``python -m tests.benchmarks.bench_ovn``.

A real ovsdb-server with OVN's northbound schema is filled with 20,000 logical switch ports. Then, in processes of
their own: our replica reads them all, and the IDL of the ``ovs`` package reads the same columns. And a change made by
another client is timed from its commit to the row that is shown.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec

from hsops.plugins.ovn import tables
from hsops.plugins.ovn.ovsdb.address import parse
from hsops.plugins.ovn.ovsdb.replica import Replica
from hsops.plugins.ovn.ovsdb.rpc import Rpc
from tests.benchmarks.verdicts import Verdicts, run_measured

PORTS = 20_000
SWITCHES = 20
CHANGES = 60
SCHEMA = Path("/usr/share/ovn/ovn-nb.ovsschema")
COLUMNS = {"Logical_Switch_Port": {"name": "string", "up": tables.NORTH["Logical_Switch_Port"]["up"]}}

OURS = """
import asyncio, sys
from tests.benchmarks.bench_ovn import COLUMNS, replica
async def main():
    async with replica(sys.argv[1], COLUMNS) as found:
        print(len(found.tables["Logical_Switch_Port"].rows))
asyncio.run(main())
"""
EMPTY = "import asyncio, msgspec, hsops.plugins.ovn.ovsdb.replica, tests.benchmarks.bench_ovn"
IDL = """
import sys, ovs.db.idl, ovs.poller
helper = ovs.db.idl.SchemaHelper(sys.argv[2])
helper.register_columns("Logical_Switch_Port", ["name", "up"])
idl = ovs.db.idl.Idl(sys.argv[1], helper)
while not idl.has_ever_connected():
    idl.run()
    poller = ovs.poller.Poller()
    idl.wait(poller)
    poller.timer_wait(1000)
    poller.block()
print(len(idl.tables["Logical_Switch_Port"].rows))
"""
IDL_EMPTY = "import ovs.db.idl, ovs.poller"


@asynccontextmanager
async def replica(address: str, wanted: tables.Tables) -> AsyncIterator[Replica]:
    """An open replica of the northbound database."""
    reader, writer = await parse(address).open(None)
    rpc = Rpc(reader, writer, system="ovn", address=address, timeout=60.0)
    found = Replica(rpc, tables.NORTHBOUND, wanted)
    await found.start()
    yield found
    await rpc.aclose()


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """A real ovsdb-server with an empty northbound database; gives its address."""
    subprocess.run(["ovsdb-tool", "create", folder / "nb.db", SCHEMA], check=True)
    socket = folder / "nb.sock"
    argv = [
        "ovsdb-server",
        f"--remote=punix:{socket}",
        f"--unixctl={folder}/nb.ctl",
        "-vconsole:off",
        str(folder / "nb.db"),
    ]
    process = subprocess.Popen(argv)
    try:
        while not socket.exists():
            time.sleep(0.02)
        yield f"unix:{socket}"
    finally:
        process.terminate()
        process.wait()


async def fill(address: str) -> None:
    """Make the ports, a switch at a time."""
    reader, writer = await parse(address).open(None)
    rpc = Rpc(reader, writer, system="ovn", address=address, timeout=60.0)
    for switch in range(SWITCHES):
        ports = [_insert(switch, number) for number in range(PORTS // SWITCHES)]
        names = ["set", [["named-uuid", one["uuid-name"]] for one in ports]]
        row = {"name": f"ls{switch}", "ports": names}
        insert = {"op": "insert", "table": "Logical_Switch", "row": row}
        results: Any = msgspec.json.decode(await rpc.call("transact", [tables.NORTHBOUND, *ports, insert]))
        assert len(results) == len(ports) + 1, results[-1]
    await rpc.aclose()


def _insert(switch: int, number: int) -> dict[str, Any]:
    row = {"name": f"ls{switch}p{number}", "addresses": f"02:00:00:{switch:02x}:{number >> 8:02x}:{number & 255:02x}"}
    return {"op": "insert", "table": "Logical_Switch_Port", "row": {**row, "up": True}, "uuid-name": f"p{number}"}


async def latencies(address: str) -> list[float]:
    """Seconds from a commit of another client to the change in our tables, with everything monitored."""
    found: list[float] = []
    reader, writer = await parse(address).open(None)
    other = Rpc(reader, writer, system="ovn", address=address, timeout=60.0)
    async with replica(address, tables.NORTH) as ours:
        changes = ours.changes()
        for number in range(CHANGES):
            where = [["name", "==", f"ls0p{number}"]]
            update = {"op": "update", "table": "Logical_Switch_Port", "where": where, "row": {"up": False}}
            start = time.perf_counter()
            await other.call("transact", [tables.NORTHBOUND, update])
            await anext(changes)
            found.append(time.perf_counter() - start)
        await changes.aclose()
    await other.aclose()
    return found


def cost(code: str, *words: str) -> float:
    """Least CPU seconds of three processes."""
    runs = [run_measured([sys.executable, "-c", code, *words]) for _ in range(3)]
    assert all(run.code == 0 for run in runs), code
    return min(run.cpu for run in runs)


def main() -> int:
    """Measure and judge."""
    verdicts = Verdicts("ovn")
    with tempfile.TemporaryDirectory() as name, server(Path(name)) as address:
        asyncio.run(fill(address))
        ours = cost(OURS, address) - cost(EMPTY)
        verdicts.at_most(f"full sync of {PORTS:,} ports, CPU seconds", ours, 0.3)
        if find_spec("ovs") is None:
            print("SKIPPED: the comparison with the IDL of ovs: pip install ovs")
        else:
            theirs = cost(IDL, address, str(SCHEMA)) - cost(IDL_EMPTY)
            verdicts.fact("full sync by the IDL of ovs, CPU seconds", theirs)
            verdicts.at_least("so many times more than ours", theirs / ours, 5.0)
        measured = asyncio.run(latencies(address))
        p95 = statistics.quantiles(measured, n=20)[-1] * 1000
        verdicts.at_most("a change of another client is in our rows, p95 ms", p95, 100.0)
    return verdicts.end()


if __name__ == "__main__":
    sys.exit(main())
