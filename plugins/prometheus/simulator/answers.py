"""The envelope of every answer, and what strangers get."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web


def success(data: Any) -> web.Response:
    """``{"status": "success", "data": …}``."""
    return web.json_response({"status": "success", "data": data})


def failure(kind: str, message: str, status: int = 400) -> web.Response:
    """``{"status": "error", "errorType": …, "error": …}``."""
    return web.json_response({"status": "error", "errorType": kind, "error": message}, status=status)


def error_page(_: web.Request, status: int, message: str) -> web.Response:
    """What a fault answers."""
    return failure("internal", message, status)


@web.middleware
async def strangers(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Unknown paths and methods answer in plain text."""
    try:
        return await handler(request)
    except web.HTTPMethodNotAllowed:
        return web.Response(status=405, text="Method Not Allowed\n")
    except web.HTTPNotFound:
        return web.Response(status=404, text="404 page not found\n")
