"""``/query``, ``/query_range``, labels and series."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from aiohttp import web

from hsops.plugins.prometheus.simulator.answers import failure, success
from hsops.plugins.prometheus.simulator.promql import ParseError, Value, evaluate
from hsops.simulator.metrics import METRICS, samples
from hsops.simulator.world import World

MOST_POINTS = 11_000
UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}


class Bad(ValueError):
    """A parameter that cannot be read."""


class QueryPages:
    """Queries over the world's metrics."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def instant(self, request: web.Request) -> web.Response:
        """``GET|POST /query?query=&time=``."""
        parameters = await _parameters(request)
        try:
            when = _time("time", parameters["time"]) if "time" in parameters else self._world.clock.now()
            value = self._evaluate(parameters.get("query", ""), when)
        except Bad as error:
            return failure("bad_data", str(error))
        stamp = round(when, 3)
        if isinstance(value, float):
            return success({"resultType": "scalar", "result": [stamp, number(value)]})
        result = [{"metric": labels, "value": [stamp, number(each)]} for labels, each in value]
        return success({"resultType": "vector", "result": result})

    async def range(self, request: web.Request) -> web.Response:
        """``GET|POST /query_range?query=&start=&end=&step=``."""
        parameters = await _parameters(request)
        try:
            instants = list(_instants(parameters))
            series: dict[tuple[tuple[str, str], ...], list[Any]] = {}
            for when in instants:
                value = self._evaluate(parameters.get("query", ""), when)
                found = [({}, value)] if isinstance(value, float) else value
                for labels, each in found:
                    series.setdefault(tuple(labels.items()), []).append([round(when, 3), number(each)])
        except Bad as error:
            return failure("bad_data", str(error))
        result = [{"metric": dict(labels), "values": values} for labels, values in series.items()]
        return success({"resultType": "matrix", "result": result})

    async def labels(self, _: web.Request) -> web.Response:
        """``GET /labels``."""
        names = {"__name__"} | {label for _, labels in self._everything() for label in labels}
        return success(sorted(names))

    async def label_values(self, request: web.Request) -> web.Response:
        """``GET /label/NAME/values``."""
        wanted = request.match_info["name"]
        if wanted == "__name__":
            return success(sorted(METRICS))
        return success(sorted({labels[wanted] for _, labels in self._everything() if wanted in labels}))

    async def series(self, request: web.Request) -> web.Response:
        """``GET /series?match[]=…``."""
        selectors = request.query.getall("match[]", [])
        if not selectors:
            return failure("bad_data", "no match[] parameter provided")
        try:
            found = [self._evaluate(selector, self._world.clock.now()) for selector in selectors]
        except Bad as error:
            return failure("bad_data", str(error).replace("query", "match[]"))
        return success([labels for value in found if not isinstance(value, float) for labels, _ in value])

    def _everything(self) -> Iterator[tuple[str, dict[str, str]]]:
        for name in METRICS:
            for labels, _ in samples(self._world, name, self._world.clock.now()):
                yield name, labels

    def _evaluate(self, query: str, when: float) -> Value:
        self._world.tick()
        try:
            return evaluate(query, when, lambda name, at: samples(self._world, name, at))
        except ParseError as error:
            raise Bad(f'invalid parameter "query": {error}') from error


async def _parameters(request: web.Request) -> dict[str, str]:
    form = await request.post() if request.method == "POST" else {}
    return {**request.query, **{key: str(value) for key, value in form.items()}}


def _instants(parameters: dict[str, str]) -> Iterator[float]:
    start, end = _time("start", parameters.get("start", "")), _time("end", parameters.get("end", ""))
    step = _step(parameters.get("step", ""))
    if end < start:
        raise Bad('invalid parameter "end": end timestamp must not be before start time')
    if step <= 0:
        text = "zero or negative query resolution step widths are not accepted. Try a positive integer"
        raise Bad(f'invalid parameter "step": {text}')
    count = int((end - start) / step) + 1
    if count > MOST_POINTS:
        text = "exceeded maximum resolution of 11,000 points per timeseries."
        raise Bad(f"{text} Try decreasing the query resolution (?step=XX)")
    return (start + index * step for index in range(count))


def _time(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError as error:
        place = f"Invalid time value for '{name}': " if name == "time" else ""
        raise Bad(f'invalid parameter "{name}": {place}cannot parse "{text}" to a valid timestamp') from error


def _step(text: str) -> float:
    for unit in sorted(UNITS, key=len, reverse=True):
        if text.endswith(unit) and text.removesuffix(unit).replace(".", "", 1).isdigit():
            return float(text.removesuffix(unit)) * UNITS[unit]
    try:
        return float(text)
    except ValueError as error:
        raise Bad(f'invalid parameter "step": cannot parse "{text}" to a valid duration') from error


def number(value: float) -> str:
    """A sample as the API writes it."""
    if value != value:  # noqa: PLR0124 - NaN
        return "NaN"
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
