"""What can be proved of every bundled plugin without a server."""

from __future__ import annotations

import pytest

from hsops.registry import Registry
from hsops.testing import check_manifest, check_manifest_is_light

PLUGINS = Registry.load().plugins


@pytest.mark.parametrize("name", PLUGINS)
def test_the_manifest_keeps_the_contract(name: str) -> None:
    check_manifest(PLUGINS[name])


@pytest.mark.parametrize("name", PLUGINS)
def test_the_manifest_is_light(name: str) -> None:
    check_manifest_is_light(f"hsops.plugins.{name}")
