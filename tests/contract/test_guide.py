"""The plugin of the guide, taken from its page, works and keeps the contract."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from aiohttp import web

from hsops.plugin import Plugin
from hsops.testing import check_live, check_manifest, connected
from tests.plugins.replay import ToyContext, serving

PAGE = Path(__file__).parents[2] / "docs" / "guide" / "write-a-plugin.md"


@pytest.fixture
def lamps() -> Iterator[ModuleType]:
    """The page's first Python block as the module that it says it is."""
    code = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)[0]
    module = ModuleType("hsops_lamps")
    sys.modules["hsops_lamps"] = module
    exec(compile(code, "hsops_lamps", "exec"), module.__dict__)  # noqa: S102 - our own page
    yield module
    del sys.modules["hsops_lamps"]


@pytest.mark.asyncio
async def test_the_guides_plugin_keeps_the_contract(lamps: Any) -> None:
    async def page(_: web.Request) -> web.StreamResponse:
        return web.json_response([{"serial": "a", "on": True, "host": "h1"}, {"serial": "b", "host": "h2"}])

    plugin: Plugin = lamps.PLUGIN
    check_manifest(plugin)
    async with serving(page) as url, connected(plugin, {"url": url}, ToyContext()) as connection:
        rows = await check_live(plugin, connection)
    assert [row.key() for row in rows["lamps.lamp"]] == ["a", "b"]
