"""The Alertmanager plugin against recorded answers of a real server, and against bad ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from hsops.api import Health, Ref
from hsops.errors import HsopsError, NotFound, Unreachable, UserError
from hsops.plugin import Secret
from hsops.plugins.alertmanager import PLUGIN
from hsops.plugins.alertmanager.client import connect
from hsops.plugins.alertmanager.discover import discover
from hsops.plugins.alertmanager.matchers import refuse_too_wide
from hsops.plugins.alertmanager.options import AlertmanagerOptions
from hsops.plugins.alertmanager.sources import headlines, poll_alerts
from hsops.plugins.alertmanager.wire import Alert, AlertGroup, Matcher, Silence, host_of
from tests.plugins.http_faults import FAULTS
from tests.plugins.replay import Handler, ToyContext, replaying, serving

HERE = Path(__file__).parent / "recordings"
RECORDED = replaying(HERE / "status_receivers.json", HERE / "alerts.json")


@pytest.mark.asyncio
async def test_alerts_and_groups_of_a_real_server() -> None:
    async def handle(request):  # type: ignore[no-untyped-def]
        if request.path == "/api/v2/silences":
            return await replaying(HERE / "silence_lifecycle.json")(request)
        return await RECORDED(request)

    async with serving(handle) as url:
        connection = await connect(AlertmanagerOptions(url=url), ToyContext())
        health = await connection.health()
        batch = await poll_alerts(connection, None)
        raw = await connection.raw(Ref(Alert.KIND, "60ee0a7b32ac4940"))
        with pytest.raises(NotFound):
            await connection.raw(Ref(Alert.KIND, "nothing"))
        await connection.aclose()
    assert (health.health, health.version) == (Health.OK, "0.25.0")
    alerts = {row.title(): row for row in batch.upserts if isinstance(row, Alert)}
    down = alerts["TargetDown"]
    assert (down.severity, down.host, down.firing, down.health()) == (
        "critical", "127.0.0.1", False, Health.MAINTENANCE,
    )  # fmt: skip
    assert down.startsAt == datetime(2026, 11, 21, 6, 41, 22, 136000, UTC)
    groups = {row.name: row for row in batch.upserts if isinstance(row, AlertGroup)}
    assert (groups["TargetDown"].firing, groups["TargetDown"].muted) == (0, 1)
    assert (groups["NodeDown"].firing, groups["NodeDown"].worst, groups["NodeDown"].hosts) == (
        1, Health.CRITICAL, ("hv1",),
    )  # fmt: skip
    assert raw["updatedAt"] == "2026-11-21T06:45:30.138Z"
    lines = headlines(lambda kind: [row for row in batch.upserts if kind == row.KIND])
    assert lines[0].health is Health.CRITICAL
    assert "NodeDown ×1" in lines[0].text
    assert "AlwaysOn" not in lines[0].text


@pytest.mark.asyncio
@pytest.mark.parametrize("fault", FAULTS)
async def test_every_bad_answer_has_its_error(fault: str) -> None:
    handler, expected = FAULTS[fault]
    async with serving(handler) as url:
        with pytest.raises(HsopsError) as caught:
            await connect(AlertmanagerOptions(url=url), ToyContext(timeout=0.5))
    assert type(caught.value) is expected
    assert caught.value.system == "sys"
    assert "\x1b" not in str(caught.value)


@pytest.mark.asyncio
async def test_nobody_listens() -> None:
    with pytest.raises(Unreachable, match=r"sys: .*is 127\.0\.0\.1:1 up"):
        await connect(AlertmanagerOptions(url="http://127.0.0.1:1"), ToyContext())


@pytest.mark.asyncio
async def test_credentials_go_into_the_header() -> None:
    seen: list[str] = []

    def noting(then: Handler) -> Handler:
        async def handle(request):  # type: ignore[no-untyped-def]
            seen.append(request.headers.get("Authorization", ""))
            return await then(request)

        return handle

    async with serving(noting(RECORDED)) as url:
        options = AlertmanagerOptions(url=url, username="noc", password=Secret(env="AM"))
        connection = await connect(options, ToyContext(secrets={"env:AM": "pw"}))
        await connection.aclose()
        bearer = AlertmanagerOptions(url=url, token=Secret(env="T"))
        connection = await connect(bearer, ToyContext(secrets={"env:T": "tok"}))
        await connection.aclose()
    assert seen == ["Basic bm9jOnB3", "Bearer tok"]


@pytest.mark.parametrize(
    "matchers",
    [
        (),
        (Matcher(name="severity", value="critical"),),
        (Matcher(name="instance", value=".*", isRegex=True),),
        (Matcher(name="host", value="h1", isEqual=False),),
    ],
)
def test_a_silence_of_everything_is_refused(matchers: tuple[Matcher, ...]) -> None:
    with pytest.raises(UserError, match="would mute everything"):
        refuse_too_wide(matchers, "am")


def test_a_host_is_found_in_the_labels() -> None:
    assert host_of({"instance": "hv1:9100"}) == "hv1"
    assert host_of({"instance": "hv1", "host": "cmp-1"}) == "cmp-1"
    assert host_of({"instance": "[::1]:9100"}) == "[::1]"
    assert host_of({"job": "x"}) == ""


def test_a_silence_that_ends_soon_and_mutes_is_a_warning() -> None:
    soon = datetime.now(UTC) + timedelta(minutes=5)
    assert Silence("a", endsAt=soon, mutes=2).health() is Health.WARN
    assert Silence("a", endsAt=soon, mutes=0).health() is Health.MAINTENANCE
    assert Silence("a", endsAt=soon + timedelta(hours=1), mutes=2).health() is Health.MAINTENANCE


def test_discover_reads_amtools_file(tmp_path: Path) -> None:
    file = tmp_path / ".config" / "amtool" / "config.yml"
    file.parent.mkdir(parents=True)
    file.write_text(yaml.safe_dump({"alertmanager.url": "http://am:9093"}))
    (found,) = discover({}, tmp_path)
    assert found.system == {"plugin": "alertmanager", "url": "http://am:9093"}
    file.write_text("- not: a mapping")
    assert discover({}, tmp_path) == []


def test_commands_are_what_amtool_takes() -> None:
    alert = Alert("f", {"alertname": "X", "host": "a b"})
    create = next(action for action in PLUGIN.actions if action.name == "silence.create")
    assert create.command(alert, {"duration": 600, "comment": "why"}) == [
        "amtool", "silence", "add", "-d", "600s", "-a", "hsops", "-c", "why", "alertname=X", 'host="a b"',
    ]  # fmt: skip
