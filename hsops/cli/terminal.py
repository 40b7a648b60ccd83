"""Opening the console on the chosen sites. The app, and textual with it, is imported here by name and only now."""

from __future__ import annotations

import gc
from typing import Any

from hsops.cli.engines import open_engine
from hsops.cli.opening import opened
from hsops.config.settings import setting
from hsops.registry import resolve


async def show_console(flag: str, *, skin: str = "") -> int:
    """Run the console until the person leaves; gives the exit code. Raises HsopsError."""
    async with opened(flag) as session:
        theme = setting("skin", skin).value or None

        async def engine(work: bool) -> Any:
            return await open_engine(session, work=work)

        gc.disable()  # importing the console makes no garbage worth looking for; `run_console` turns it on again
        code: int = await resolve("hsops.app:run_console")(session, theme=theme, open_engine=engine)
        return code
