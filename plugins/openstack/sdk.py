"""openstacksdk's configuration without the rest of openstacksdk.

``import openstack.config`` runs ``openstack/__init__.py``, which loads the proxies and resources of every service:
twice the CPU of the configuration alone, for nothing that hsops uses. Until somebody asks the package for one of its
own names (``openstack.connect``), it stands in ``sys.modules`` with its path and without its ``__init__`` having run;
then that runs, in place. Code that uses openstacksdk as usual in the same process notices nothing.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import sys
import threading
from types import ModuleType
from typing import Any

_LOCK = threading.RLock()
_LIBRARIES = ("keystoneauth", "openstack", "urllib3", "stevedore")


class _LatePackage(ModuleType):
    """The package openstack whose ``__init__`` runs when a name is missing that is not a module of it."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        if importlib.util.find_spec(f"{self.__name__}.{name}") is not None:
            return importlib.import_module(f"{self.__name__}.{name}")
        with _LOCK:
            if type(self) is _LatePackage:
                self.__class__ = ModuleType  # type: ignore[assignment]  # what it is once its own code has run
                loader = getattr(self.__spec__, "loader", None)
                assert loader is not None  # noqa: S101 - prepare() takes the spec of an installed package
                loader.exec_module(self)
        return getattr(self, name)


def prepare() -> None:
    """Make ``openstack.*`` importable cheaply, and keep the libraries' own warnings off the terminal."""
    for name in _LIBRARIES:
        logger = logging.getLogger(name)
        if not logger.handlers:  # else logging's last resort prints warnings over the screen
            logger.addHandler(logging.NullHandler())
    with _LOCK:
        if "openstack" in sys.modules:
            return
        spec = importlib.util.find_spec("openstack")
        if spec is None or spec.submodule_search_locations is None:
            raise ModuleNotFoundError("openstacksdk is not installed", name="openstack")
        package = _LatePackage("openstack")
        package.__spec__, package.__file__ = spec, spec.origin
        package.__path__ = list(spec.submodule_search_locations)
        sys.modules["openstack"] = package
