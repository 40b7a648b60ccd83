"""Silences: create, change, expire, with the server's own rules and words."""

from __future__ import annotations

import re
import uuid
from datetime import datetime
from typing import Any

import msgspec
from aiohttp import web

from hsops.plugins.alertmanager.simulator.errors import coded, text
from hsops.plugins.alertmanager.simulator.matching import BadMatcher, matcher
from hsops.simulator.clock import rfc3339_millis
from hsops.simulator.monitoring import Matcher, Silence
from hsops.simulator.world import World

LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
REQUIRED = ("comment", "createdBy", "endsAt", "matchers", "startsAt")


class Invalid(ValueError):
    """A body that the server refuses; `answer` is what it says."""

    def __init__(self, answer: web.Response) -> None:
        super().__init__()
        self.answer = answer


class SilencePages:
    """Reads and writes of the world's silences."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def listed(self, request: web.Request) -> web.Response:
        """``GET /silences?filter=…``: expired ones too."""
        try:
            wanted = [matcher(text) for text in request.query.getall("filter", [])]
        except BadMatcher as error:
            return text(400, str(error))
        every = list(self._world.silences.all.values())
        return web.json_response([self._page(silence) for silence in every if _about(silence, wanted)])

    async def one(self, request: web.Request) -> web.Response:
        """``GET /silence/ID``: 404 with an empty body."""
        try:
            silence = self._silence(request.match_info["id"])
        except Invalid as error:
            return error.answer
        return web.json_response(self._page(silence)) if silence is not None else web.Response(status=404)

    async def expired(self, request: web.Request) -> web.Response:
        """``DELETE /silence/ID``: 500 when it is not known, 200 when it has expired already."""
        try:
            silence = self._silence(request.match_info["id"])
        except Invalid as error:
            return error.answer
        if silence is None:
            return text(500, "silence not found")
        self._end(silence)
        return web.Response()

    async def posted(self, request: web.Request) -> web.Response:
        """``POST /silences``: a new one, or a change of the one with the body's id."""
        try:
            wanted = await self._body(request)
            return web.json_response({"silenceID": self._put(wanted)})
        except Invalid as error:
            return error.answer

    # -- rules

    def _put(self, wanted: Silence) -> str:
        """A change keeps its id unless the matchers or a past start changed, or the old one has expired."""
        now, board = self._world.clock.now(), self._world.silences.all
        old = board.get(wanted.id)
        if wanted.id and old is None:
            raise Invalid(text(404, "silence not found"))
        if old is not None and old.state(now) != "expired" and self._may_keep(old, wanted, now):
            wanted.starts = old.starts if old.state(now) == "active" else wanted.starts
            wanted.updated = now
            board[old.id] = wanted
            return old.id
        if old is not None:
            self._end(old)
        wanted.id = self._world.silences.new_id()
        wanted.starts = max(now, wanted.starts)
        wanted.updated = now
        board[wanted.id] = wanted
        return wanted.id

    @staticmethod
    def _may_keep(old: Silence, wanted: Silence, now: float) -> bool:
        if old.matchers != wanted.matchers:
            return False
        return old.state(now) == "pending" or abs(old.starts - wanted.starts) < 0.001

    def _end(self, silence: Silence) -> None:
        now = self._world.clock.now()
        if silence.state(now) != "expired":
            silence.starts, silence.ends, silence.updated = min(silence.starts, now), now, now

    def _silence(self, id_: str) -> Silence | None:
        try:
            uuid.UUID(id_)
        except ValueError as error:
            raise Invalid(coded(422, f'silenceID in path must be of type uuid: "{id_}"', 601)) from error
        return self._world.silences.all.get(id_)

    # -- bodies

    async def _body(self, request: web.Request) -> Silence:
        if request.content_type != "application/json":
            kind = request.content_type
            raise Invalid(coded(415, f'unsupported media type "{kind}", only [application/json] are allowed'))
        try:
            body = msgspec.json.decode(await request.read(), type=dict[str, Any])
        except msgspec.DecodeError as error:
            raise Invalid(coded(400, f'parsing silence body from "" failed, because {error}')) from error
        for name in REQUIRED:
            if name not in body:
                raise Invalid(coded(422, f"{name} in body is required", 602))
        matchers = tuple(_matcher(place, each) for place, each in enumerate(body["matchers"]))
        _check(matchers)
        starts, ends = _when(body["startsAt"]), _when(body["endsAt"])
        if ends < self._world.clock.now():
            raise Invalid(text(400, "Failed to create silence: end time can't be in the past"))
        if starts >= ends:
            raise Invalid(text(400, "Failed to create silence: start time must be before end time"))
        return Silence(
            id=body.get("id", ""),
            matchers=matchers,
            starts=starts,
            ends=ends,
            author=body["createdBy"],
            comment=body["comment"],
            updated=0.0,
        )

    def _page(self, silence: Silence) -> dict[str, Any]:
        return {
            "id": silence.id,
            "status": {"state": silence.state(self._world.clock.now())},
            "updatedAt": rfc3339_millis(silence.updated),
            "comment": silence.comment,
            "createdBy": silence.author,
            "endsAt": rfc3339_millis(silence.ends),
            "matchers": [
                {"isEqual": each.isEqual, "isRegex": each.isRegex, "name": each.name, "value": each.value}
                for each in silence.matchers
            ],
            "startsAt": rfc3339_millis(silence.starts),
        }


def _about(silence: Silence, wanted: list[Matcher]) -> bool:
    """A filter looks at the values that the silence's own matchers name."""
    values = {each.name: each.value for each in silence.matchers}
    return all(each.matches(values) for each in wanted)


def _matcher(place: int, body: dict[str, Any]) -> Matcher:
    for name in ("isRegex", "name", "value"):
        if name not in body:
            raise Invalid(coded(422, f"matchers.{place}.{name} in body is required", 602))
    each = Matcher(body["name"], body["value"], body["isRegex"], body.get("isEqual", True))
    fault = f"silence invalid: invalid label matcher {place}: "
    if not LABEL.fullmatch(each.name):
        raise Invalid(text(400, f'{fault}invalid label name "{each.name}"'))
    if each.isRegex:
        try:
            re.compile(each.value)
        except re.error as error:
            raise Invalid(text(400, f'{fault}invalid regular expression "{each.value}": {error}')) from error
    return each


def _check(matchers: tuple[Matcher, ...]) -> None:
    if not matchers:
        raise Invalid(coded(422, "matchers in body should have at least 1 items", 612))
    if all(each.matches({}) for each in matchers):
        raise Invalid(text(400, "silence invalid: at least one matcher must not match the empty string"))


def _when(value: str) -> float:
    try:
        return datetime.fromisoformat(value).timestamp()
    except ValueError as error:
        raise Invalid(coded(400, f'parsing silence body from "" failed, because parsing time "{value}"')) from error
