"""The connection to one Prometheus (or what speaks its HTTP API)."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any, TypeVar

import msgspec

from hsops.api import (
    BadAnswer,
    Context,
    Health,
    HttpClient,
    NotFound,
    Ref,
    SystemHealth,
    TimedOut,
    Unreachable,
    UserError,
    endpoint_of,
)
from hsops.plugins.prometheus.options import GateOptions, PrometheusOptions
from hsops.plugins.prometheus.wire import (
    BuildInfo,
    Envelope,
    InstantKind,
    RangeData,
    Rule,
    RulesData,
    RuntimeInfo,
    ScalarData,
    Series,
    Target,
    TargetsData,
    VectorData,
)

T = TypeVar("T")
POINTS = 60
"""Points of a sparkline."""

HOST_SERIES = {
    "load": "node_load1{on}",
    "memory": "1 - node_memory_MemAvailable_bytes{on} / node_memory_MemTotal_bytes{on}",
    "disk": "1 - node_filesystem_avail_bytes{root} / node_filesystem_size_bytes{root}",
}
"""What is drawn about a host, from the node exporter's metrics."""


async def connect(options: PrometheusOptions, context: Context) -> PrometheusConnection:
    """Open a connection and prove it with one request."""

    tenant = {"X-Scope-OrgID": options.tenant} if options.tenant else None
    http = HttpClient(endpoint_of(options, context, tenant))
    connection = PrometheusConnection(http, context.system, options.gates)
    try:
        await connection.version()
    except BaseException:
        await connection.aclose()
        raise
    return connection


class PrometheusConnection:
    """The read API."""

    def __init__(self, http: HttpClient, system: str, gates: Sequence[GateOptions] = ()) -> None:
        self._http = http
        self.system = system
        self.gates = tuple(gates)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _data(self, path: str, type_: type[T], params: Sequence[tuple[str, str]] = ()) -> T:
        """``data`` of an answer. 400 is our own query's fault, 422 cannot be executed, 503 in JSON is a time-out."""
        try:
            answer = await self._http.get(path, params)
        except NotFound as error:
            hint = "is `url:` a Prometheus, with its path prefix?"
            raise BadAnswer("no Prometheus API there", system=self.system, hint=hint) from error
        envelope = answer.json(Envelope, system=self.system)
        if envelope.status != "success":
            raise BadAnswer(f"{envelope.errorType}: {envelope.error}", system=self.system)
        try:
            return msgspec.json.decode(envelope.data, type=type_)
        except msgspec.DecodeError as error:
            raise BadAnswer(f"{path}: not the answer expected ({error})", system=self.system) from error

    async def version(self) -> str:
        """Its version."""
        return (await self._data("/api/v1/status/buildinfo", BuildInfo)).version

    async def health(self) -> SystemHealth:
        """A failed reload leaves the old configuration running: worth a warning."""
        version = await self.version()
        try:
            reloaded = (await self._data("/api/v1/status/runtimeinfo", RuntimeInfo)).reloadConfigSuccess
        except BadAnswer:
            reloaded = True  # Mimir and Thanos have no such page
        if not reloaded:
            return SystemHealth(Health.WARN, "the last reload failed: an old configuration is running", version)
        return SystemHealth(Health.OK, "ready", version)

    async def targets(self) -> list[Target]:
        """Every target that is scraped."""
        return (await self._data("/api/v1/targets", TargetsData, [("state", "active")])).activeTargets

    async def rules(self) -> list[Rule]:
        """Every rule, with its group."""
        data = await self._data("/api/v1/rules", RulesData)
        return [
            msgspec.structs.replace(rule, group=f"{group.file}:{group.name}:{place}")
            for group in data.groups
            for place, rule in enumerate(group.rules)
        ]

    async def range(self, query: str, seconds: float) -> list[Series]:
        """A query over the last `seconds`, in `POINTS` steps. Raises UserError when the query is wrong."""
        end = time.time()
        params = [
            ("query", query),
            ("start", f"{end - seconds:.3f}"),
            ("end", f"{end:.3f}"),
            ("step", f"{max(1.0, seconds / POINTS):.3f}"),
        ]
        return msgspec.json.decode(await self._query("/api/v1/query_range", query, params), type=RangeData).result

    async def instant(self, query: str) -> list[tuple[Mapping[str, str], float]]:
        """A query now: labels and value of each series, a scalar without labels. Raises UserError when it is wrong."""
        data = await self._query("/api/v1/query", query, [("query", query)])
        try:
            kind = msgspec.json.decode(data, type=InstantKind).resultType
            if kind == "vector":
                found = msgspec.json.decode(data, type=VectorData).result
                return [(sample.metric, float(sample.value[1])) for sample in found]
            if kind == "scalar":
                return [({}, float(msgspec.json.decode(data, type=ScalarData).result[1]))]
        except (msgspec.DecodeError, ValueError) as error:
            raise BadAnswer(f"not the answer expected ({error})", system=self.system, thing=query) from error
        raise UserError(f"it gives a {kind}", system=self.system, thing=query, hint="ask for numbers as they are now")

    async def _query(self, path: str, query: str, params: list[tuple[str, str]]) -> msgspec.Raw:
        """``data`` of a query's answer; its errors are told by what they are."""
        answer = await self._http.request("GET", path, params=params, accept=(400, 422, 503))
        if answer.status == 503 and not answer.body.startswith(b"{"):
            raise Unreachable("it is starting or stopping", system=self.system)
        envelope = answer.json(Envelope, system=self.system)
        if envelope.errorType == "timeout":
            raise TimedOut(f"the query took too long: {query}", system=self.system)
        if envelope.status != "success":
            raise UserError(f"{envelope.errorType}: {envelope.error}", system=self.system, thing=query)
        return envelope.data

    async def host_series(self, host: str, seconds: float) -> Mapping[str, Sequence[float]]:
        """What is drawn about a host; a metric that is not there is left out."""
        pattern = (re.escape(host) + "(:[0-9]+)?").replace("\\", "\\\\")
        found: dict[str, Sequence[float]] = {}
        for label in ("host", "instance"):
            on = f'{label}=~"{pattern}"'
            for name, query in HOST_SERIES.items():
                text = query.replace("{on}", f"{{{on}}}").replace("{root}", f'{{{on},mountpoint=~"/?"}}')
                series = [] if name in found else await self.range(text, seconds)
                values = numbers(series[0]) if series else []
                if values:
                    found[name] = values
        return found

    async def raw(self, ref: Ref) -> Mapping[str, Any]:
        """The whole target or rule. Raises NotFound."""
        if ref.kind == Target.KIND:
            data = await self._data("/api/v1/targets", dict[str, list[dict[str, Any]]])
            for target in data.get("activeTargets", []):
                if f"{target.get('scrapePool')} {target.get('scrapeUrl')}" == ref.id:
                    return target
        else:
            groups = await self._data("/api/v1/rules", dict[str, list[dict[str, Any]]])
            for group in groups.get("groups", []):
                for place, rule in enumerate(group.get("rules", [])):
                    if f"{group.get('file')}:{group.get('name')}:{place} {rule.get('name')}" == ref.id:
                        return {"group": group.get("name"), "file": group.get("file"), **rule}
        raise NotFound("it is not there (any more)", system=self.system, thing=ref.id)


def numbers(series: Series) -> list[float]:
    """The finite values of a series; Prometheus writes NaN and +Inf as text."""
    values = (float(text) for _, text in series.values)
    return [value for value in values if isfinite(value)]


async def raw(connection: PrometheusConnection, ref: Ref) -> Mapping[str, Any]:
    """The whole object for the YAML view."""
    return await connection.raw(ref)


async def series(connection: PrometheusConnection, ref: Ref, seconds: float) -> Mapping[str, Sequence[float]]:
    """Sparklines about a host; nothing for other things."""
    return await connection.host_series(ref.id, seconds) if ref.kind == "host" else {}
