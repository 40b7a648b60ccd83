"""The simulated site: a world, a face for every bundled plugin, a site file."""

from __future__ import annotations

import asyncio
import importlib
import pkgutil
import shutil
import tempfile
import threading
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import yaml

from hsops.simulator.clock import Clock
from hsops.simulator.control import ControlPort
from hsops.simulator.face import Face
from hsops.simulator.faults import Fault
from hsops.simulator.files import write_private
from hsops.simulator.machines import Size
from hsops.simulator.migration import Pace
from hsops.simulator.world import World

TICK = 0.25
"""Real seconds between two ticks of the world."""
T = TypeVar("T")


def bundled_faces(only: Sequence[str] | None = None) -> list[Face]:
    """The faces that the bundled plugins' manifests name; `only` these plugins when given."""
    import hsops.plugins  # noqa: PLC0415 - the simulator does not need plugins until it serves them

    faces: list[Face] = []
    for found in pkgutil.iter_modules(hsops.plugins.__path__):
        if only is not None and found.name not in only:
            continue
        manifest = getattr(importlib.import_module(f"hsops.plugins.{found.name}"), "PLUGIN", None)
        if manifest is not None and manifest.simulator:
            module, _, name = manifest.simulator.partition(":")
            faces.append(getattr(importlib.import_module(module), name)())
    return faces


class SimulatedSite:
    """A whole site on loopback, in a thread of its own with its own event loop.

    ::

        async with SimulatedSite(machines=60, servers=500) as site:
            site.file                      # the site file
            fault = site.inject("host.down", "cmp-001")
            site.heal(fault.id)
            site.call(lambda world: len(world.compute.servers))

    Works with ``with`` as well. `faces`: other faces than those of the bundled plugins; `only`: just these plugins.
    """

    def __init__(
        self,
        *,
        machines: int = 60,
        servers: int = 500,
        size: Size | None = None,
        seed: int = 1,
        speed: float = 1.0,
        clock: Clock | None = None,
        churn: float = 0.0,
        incidents: float = 0.0,
        pace: Pace | None = None,
        faces: Sequence[Face] | None = None,
        only: Sequence[str] | None = None,
        name: str = "simulated",
    ) -> None:
        self._size = size or Size(machines=machines, servers=servers)
        self._options: dict[str, Any] = {"seed": seed, "churn": churn, "incidents": incidents, "pace": pace}
        self._clock = clock or Clock(speed)
        self._faces, self._only, self._name = faces, only, name
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._ticking: asyncio.Task[None] | None = None
        self._world: World | None = None
        self._control: ControlPort | None = None
        self._running: list[Face] = []
        self.folder = Path()
        """Private folder; gone after `stop`."""
        self.file = Path()
        """The site file."""
        self.control = ""
        """URL of the control port."""

    # -- life ------------------------------------------------------------------------------------------------------
    async def start(self) -> Path:
        """Build the world, bind the faces, write the site file; gives its path."""
        return await asyncio.to_thread(self.start_blocking)

    async def stop(self) -> None:
        """Close the faces and remove the folder."""
        await asyncio.to_thread(self.stop_blocking)

    def start_blocking(self) -> Path:
        """`start` for code without an event loop."""
        self.folder = Path(tempfile.mkdtemp(prefix="hsops-simulated-"))
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="hsops-simulator", daemon=True)
        self._thread.start()
        try:
            return self._await(self._open())
        except BaseException:
            self.stop_blocking()
            raise

    def stop_blocking(self) -> None:
        """`stop` for code without an event loop."""
        if self._loop is not None and self._thread is not None:
            self._await(self._close())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()
            self._loop = self._thread = None
        shutil.rmtree(self.folder, ignore_errors=True)

    async def __aenter__(self) -> SimulatedSite:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def __enter__(self) -> SimulatedSite:
        self.start_blocking()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop_blocking()

    # -- the world -------------------------------------------------------------------------------------------------
    def call(self, function: Callable[[World], T]) -> T:
        """Run a function on the world in its own thread and give its result; its errors are raised here."""

        async def run() -> T:
            assert self._world is not None  # noqa: S101 - start() comes first
            return function(self._world)

        return self._await(run())

    def inject(self, kind: str, target: str = "", **params: Any) -> Fault:
        """Begin a fault. Raises UnknownFault."""
        return self.call(lambda world: world.inject(kind, target, **params))

    def heal(self, fault_id: str = "") -> None:
        """End a fault, or all of them."""
        self.call(lambda world: world.heal(fault_id))

    def tick(self, seconds: float) -> None:
        """Move the world's time ahead."""
        self.call(lambda world: world.tick(seconds))

    # -- inside the thread -----------------------------------------------------------------------------------------
    def _await(self, coroutine: Coroutine[Any, Any, T]) -> T:
        if self._loop is None:
            coroutine.close()
            raise RuntimeError("the simulated site is not running")
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    async def _open(self) -> Path:
        world = self._world = World(self._size, clock=self._clock, folder=self.folder, **self._options)
        systems = []
        for face in self._faces if self._faces is not None else bundled_faces(self._only):
            systems.append(dict(await face.start(world)))
            self._running.append(face)
        self._control = ControlPort(world)
        self.control = await self._control.start()
        write_private(self.folder / "control.url", self.control + "\n")
        site = {"site": self._name, "tier": "lab", "systems": systems}
        self.file = write_private(self.folder / "site.yaml", yaml.safe_dump(site, sort_keys=False))
        self._ticking = asyncio.get_running_loop().create_task(self._tick(world))
        return self.file

    async def _tick(self, world: World) -> None:
        while True:
            await asyncio.sleep(TICK)
            world.tick()

    async def _close(self) -> None:
        if self._ticking is not None:
            self._ticking.cancel()
            await asyncio.gather(self._ticking, return_exceptions=True)
        for face in reversed(self._running):
            await face.stop()
        self._running.clear()
        if self._control is not None:
            await self._control.stop()
