"""The three shapes of Alertmanager's errors: a JSON string, ``{code, message}``, and nothing at all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web


def text(status: int, message: str) -> web.Response:
    """The handlers' own errors: a JSON string."""
    return web.json_response(message, status=status)


def coded(status: int, message: str, code: int | None = None) -> web.Response:
    """The validator's errors; its codes of 600 and more come with status 422."""
    return web.json_response({"code": code or status, "message": message}, status=status)


def error_page(_: web.Request, status: int, message: str) -> web.Response:
    """What a fault answers."""
    return text(status, message)


@web.middleware
async def method_not_allowed(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Unknown paths and methods in the validator's words."""
    try:
        return await handler(request)
    except web.HTTPMethodNotAllowed as error:
        allowed = ",".join(sorted(error.allowed_methods - {"HEAD"}, reverse=True))
        return coded(405, f"method {request.method} is not allowed, but [{allowed}] are")
    except web.HTTPNotFound:
        return coded(404, f"path {request.path} was not found")
