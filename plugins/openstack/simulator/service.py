"""What the services have in common: a call, an answer, a refusal, tokens and microversions."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, TypeAlias

import msgspec
from aiohttp import web
from multidict import MultiMapping

from hsops.plugins.openstack.simulator.cloud import Cloud, Token

Version: TypeAlias = tuple[int, int]


class Refusal(Exception):
    """The call is refused: HTTP status and message, put into the service's own shape."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


class Answer(NamedTuple):
    """An answer that is not plain 200 with JSON. `body` None: empty; bytes: encoded already."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = {}


@dataclass(slots=True)
class Call:
    """One request, read."""

    service: Service
    request: web.Request
    version: Version
    token: Token | None
    body: Any = None

    @property
    def query(self) -> MultiMapping[str]:
        """Query parameters; some may come more than once."""
        return self.request.query

    def __getitem__(self, name: str) -> str:
        """A variable of the path."""
        return self.request.match_info[name]

    @property
    def caller(self) -> Token:
        """The token. Raises Refusal when the call came without one."""
        if self.token is None:
            raise Refusal(401, "The request you have made requires authentication.")
        return self.token

    def admin(self, rule: str) -> None:
        """Only administrators. Raises Refusal with the service's text for that policy rule."""
        if not self.caller.admin:
            raise Refusal(403, self.service.denied(rule))

    def part(self, name: str) -> Any:
        """A member of the body. Raises Refusal."""
        if not isinstance(self.body, dict) or name not in self.body:
            raise Refusal(400, f"'{name}' is a required property")
        return self.body[name]

    def number(self, name: str, default: int) -> int:
        """A query parameter that is a whole number and not negative. Raises Refusal."""
        text = self.query.get(name, "")
        if not text:
            return default
        if not text.isdigit():
            raise Refusal(400, f"Invalid input for query parameters {name}. Value: {text}. It must be >= 0")
        return int(text)


Handler: TypeAlias = Callable[[Call], Any]
"""Gives a JSON value for 200, an `Answer` or a whole response; raises `Refusal`."""


@dataclass(frozen=True, slots=True)
class Route:
    """A method and path template with its handler. `public` needs no token; `plain` echoes no microversion."""

    method: str
    path: str
    handler: Handler
    public: bool = False
    plain: bool = False


class Service:
    """Base of the services: dispatch, tokens, microversions, the shape of errors."""

    type: ClassVar[str]
    """Type in the catalogue, and name in API faults."""
    newest: ClassVar[Version] = (0, 0)
    """Highest microversion; (0, 0): the service has none."""
    oldest: ClassVar[Version] = (0, 0)
    empty_type: ClassVar[str] = ""
    """Content type that the service gives to an empty answer."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud, self.world = cloud, cloud.world

    # -- what a service adds ---------------------------------------------------------------------------------------
    def routes(self) -> list[Route]:
        """All its routes."""
        raise NotImplementedError

    def error(self, request: web.Request, status: int, message: str) -> web.Response:
        """A refusal in the service's own shape."""
        raise NotImplementedError

    def denied(self, rule: str) -> str:
        """Text of a 403."""
        return f"Policy doesn't allow {rule} to be performed."

    def missing(self, request: web.Request) -> web.Response:
        """Answer for a path that does not exist."""
        return html(404, "The resource could not be found.")

    def version_headers(self, version: Version) -> Mapping[str, str]:
        """Headers that echo the microversion."""
        return {}

    def wanted_version(self, request: web.Request) -> str:
        """The microversion asked for, as text; empty when none."""
        for header in request.headers.getall("OpenStack-API-Version", ()):
            for item in header.split(","):
                kind, _, number = item.strip().partition(" ")
                if kind == self.type:
                    return number.strip()
        return ""

    # -- dispatch --------------------------------------------------------------------------------------------------
    @property
    def url(self) -> str:
        """``http://127.0.0.1:PORT`` of this service."""
        return self.cloud.urls[self.type]

    def app(self) -> web.Application:
        """The aiohttp application."""
        app = web.Application(client_max_size=16 * 1024**2)
        for route in self.routes():
            app.router.add_route(route.method, route.path, self._serve(route))
        app.router.add_route("*", "/{tail:.*}", self._unknown)
        return app

    async def _unknown(self, request: web.Request) -> web.Response:
        if self._token(request) is None:
            return self.unauthorized(request)
        return self.missing(request)

    def _serve(self, route: Route) -> Callable[[web.Request], Any]:
        async def serve(request: web.Request) -> web.Response:
            headers = {"X-Openstack-Request-Id": f"req-{_uuid()}"}
            try:
                version = self.version(request)
                headers.update({} if route.plain else self.version_headers(version))
                token = self._token(request)
                if token is None and not route.public:
                    return self.unauthorized(request)
                body = await _body(request) if request.method in ("POST", "PUT", "PATCH") else None
                answer = route.handler(Call(self, request, version, token, body))
                response = self._response(answer)
            except Refusal as refusal:
                response = self.error(request, refusal.status, refusal.message)
            response.headers.update({**headers, **response.headers})
            return response

        return serve

    def _response(self, answer: Any) -> web.Response:
        if isinstance(answer, web.Response):
            return answer
        if not isinstance(answer, Answer):
            answer = Answer(200, answer)
        if answer.body is None:
            response = web.Response(status=answer.status, headers=answer.headers)
            if self.empty_type:
                response.headers["Content-Type"] = self.empty_type
            return response
        raw = answer.body if isinstance(answer.body, bytes) else msgspec.json.encode(answer.body)
        headers = {"Content-Type": "application/json", **answer.headers}
        return web.Response(status=answer.status, body=raw, headers=headers)

    def _token(self, request: web.Request) -> Token | None:
        return self.cloud.token(request.headers.get("X-Auth-Token", ""))

    def unauthorized(self, request: web.Request) -> web.Response:
        """401 as the middleware in front of most services writes it."""
        message = "The request you have made requires authentication."
        body = {"error": {"code": 401, "title": "Unauthorized", "message": message}}
        return self.challenge(json_response(401, body))

    def challenge(self, response: web.Response) -> web.Response:
        """Add the header that says where to log in."""
        response.headers["Www-Authenticate"] = f'Keystone uri="{self.cloud.urls["identity"]}/v3"'
        return response

    def version(self, request: web.Request) -> Version:
        """The microversion of a request. Raises Refusal 406 when it is out of range, 400 when it is no version."""
        text = self.wanted_version(request)
        if not text or self.newest == (0, 0):
            return self.oldest
        if text == "latest":
            return self.newest
        major, _, minor = text.partition(".")
        if not (major.isdigit() and minor.isdigit()):
            raise Refusal(400, f"API Version String {text} is of invalid format. Must be of format MajorNum.MinorNum.")
        version = (int(major), int(minor))
        if not self.oldest <= version <= self.newest:
            raise Refusal(406, self.unacceptable(text))
        return version

    def unacceptable(self, text: str) -> str:
        """Text of the 406."""
        low, high = (".".join(map(str, version)) for version in (self.oldest, self.newest))
        return f"Version {text} is not supported by the API. Minimum is {low} and maximum is {high}."


async def _body(request: web.Request) -> Any:
    raw = await request.read()
    if not raw:
        return None
    try:
        return msgspec.json.decode(raw)
    except msgspec.DecodeError as error:
        raise Refusal(400, "Malformed request body") from error


def json_response(status: int, body: Any, content_type: str = "application/json") -> web.Response:
    """A JSON answer."""
    headers = {"Content-Type": content_type}
    return web.Response(status=status, body=msgspec.json.encode(body), headers=headers)


REASONS = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
           406: "Not Acceptable", 409: "Conflict", 500: "Internal Server Error",
           503: "Service Unavailable"}  # fmt: skip


def html(status: int, message: str) -> web.Response:
    """The page that WebOb makes."""
    title = f"{status} {REASONS.get(status, 'Error')}"
    page = (
        f"<html>\n <head>\n  <title>{title}</title>\n </head>\n <body>\n  <h1>{title}</h1>\n  {message}<br /><br />\n"
    )
    page += "\n\n\n </body>\n</html>"
    return web.Response(status=status, body=page.encode(), headers={"Content-Type": "text/html; charset=UTF-8"})


def _uuid() -> str:
    digits = secrets.token_hex(16)
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def new_request_id() -> str:
    """``req-…``"""
    return f"req-{_uuid()}"
