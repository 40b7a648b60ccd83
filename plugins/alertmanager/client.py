"""The connection to one Alertmanager."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from hsops.api import (
    BadAnswer,
    Context,
    Health,
    HttpClient,
    NotFound,
    Ref,
    SystemHealth,
    endpoint_of,
)
from hsops.plugins.alertmanager.matchers import argument, parse, refuse_too_wide
from hsops.plugins.alertmanager.options import AlertmanagerOptions, GateOptions
from hsops.plugins.alertmanager.wire import Alert, Matcher, Posted, Silence, Status


async def connect(options: AlertmanagerOptions, context: Context) -> AlertmanagerConnection:
    """Open a connection and prove it with one request."""

    for line in (*options.gate.only, *options.gate.ignore):
        parse(line)  # a gate that cannot be read is told now, not in the middle of a run
    http = HttpClient(endpoint_of(options, context))
    connection = AlertmanagerConnection(http, context.system, options.url, options.gate)
    try:
        await connection.status()
    except BaseException:
        await connection.aclose()
        raise
    return connection


class AlertmanagerConnection:
    """Reads and writes of the v2 API."""

    def __init__(self, http: HttpClient, system: str, url: str = "", gate: GateOptions | None = None) -> None:
        self._http = http
        self.system = system
        self.url = public(url)
        """For command lines: without a user or password."""
        self.gate = gate or GateOptions()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def status(self) -> Status:
        """Version and cluster state. Raises BadAnswer when this is not an Alertmanager."""
        try:
            return (await self._http.get("/api/v2/status")).json(Status, system=self.system)
        except NotFound as error:
            hint = "is `url:` an Alertmanager (with its path prefix) and not a Prometheus?"
            raise BadAnswer("no Alertmanager API there", system=self.system, hint=hint) from error

    async def health(self) -> SystemHealth:
        """A cluster that has not settled may lack silences: say so."""
        status = await self.status()
        settling = status.cluster.status == "settling"
        text = "cluster settling: silences may be missing" if settling else "ready"
        return SystemHealth(Health.WARN if settling else Health.OK, text, status.versionInfo.version)

    async def alerts(self, matchers: Sequence[Matcher] = ()) -> list[Alert]:
        """Every alert that matches, muted ones too."""
        wanted = [("filter", argument(matcher)) for matcher in matchers]
        return (await self._http.get("/api/v2/alerts", wanted)).json(list[Alert], system=self.system)

    async def silences(self) -> list[Silence]:
        """Every silence that is active or to come."""
        every = (await self._http.get("/api/v2/silences")).json(list[Silence], system=self.system)
        return [silence for silence in every if silence.status.state != "expired"]

    async def silence(self, id_: str) -> Silence:
        """One silence, expired or not. Raises NotFound."""
        answer = await self._http.request("GET", f"/api/v2/silence/{id_}", accept=(404, 422))
        if answer.status != 200:
            raise NotFound("no such silence", system=self.system, thing=id_)
        return answer.json(Silence, system=self.system)

    async def put(
        self,
        matchers: Sequence[Matcher],
        *,
        starts: datetime,
        ends: datetime,
        author: str,
        comment: str,
        id_: str = "",
    ) -> str:
        """Create a silence, or with `id_` change one; gives its id, a new one when its matchers or past changed."""
        refuse_too_wide(matchers, self.system)
        body = {
            "matchers": list(matchers),
            "startsAt": rfc3339(starts),
            "endsAt": rfc3339(ends),
            "createdBy": author,
            "comment": comment,
        } | ({"id": id_} if id_ else {})
        answer = await self._http.request("POST", "/api/v2/silences", json=body)
        return answer.json(Posted, system=self.system).silenceID

    async def expire(self, id_: str) -> None:
        """End a silence now, and read back that it ended. One that has expired already is fine."""
        silence = await self.silence(id_)
        if silence.status.state == "expired":
            return
        await self._http.request("DELETE", f"/api/v2/silence/{id_}")
        state = (await self.silence(id_)).status.state
        if state != "expired":
            raise BadAnswer(f"it is still {state} after it was expired", system=self.system, thing=id_)

    async def raw(self, ref: Ref) -> Mapping[str, object]:
        """The whole alert or silence."""
        if ref.kind == Silence.KIND:
            return (await self._http.get(f"/api/v2/silence/{ref.id}")).json(dict[str, object], system=self.system)
        every = (await self._http.get("/api/v2/alerts")).json(list[dict[str, object]], system=self.system)
        if ref.kind == Alert.KIND:
            every = [alert for alert in every if alert.get("fingerprint") == ref.id]
        else:
            every = [alert for alert in every if _name(alert) == ref.id]
        if not every:
            raise NotFound("it does not fire any more", system=self.system, thing=ref.id)
        return every[0] if ref.kind == Alert.KIND else {"alerts": every}


def _name(alert: Mapping[str, object]) -> object:
    labels = alert.get("labels")
    return labels.get("alertname") if isinstance(labels, dict) else None


async def raw(connection: AlertmanagerConnection, ref: Ref) -> Mapping[str, object]:
    """The whole object for the YAML view."""
    return await connection.raw(ref)


def public(url: str) -> str:
    """The URL without a user and password."""
    scheme, mark, rest = url.partition("://")
    place, slash, path = rest.partition("/")
    return f"{scheme}{mark}{place.rpartition('@')[2]}{slash}{path}"


def rfc3339(when: datetime) -> str:
    """UTC with milliseconds, as the API writes it."""
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
