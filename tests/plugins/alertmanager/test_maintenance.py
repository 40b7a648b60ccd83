"""``silence.maintenance`` on a simulated Alertmanager: made once, held, extended, ended; never too wide."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from hsops.errors import HsopsError, Unreachable, UserError
from hsops.workflow.values import RunStatus
from tests.plugins.alertmanager.silencebench import Bench, bench

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    """A quiet site."""
    async with bench(tmp_path, monkeypatch) as found:
        yield found


def down(world: Bench) -> str:
    """The host is down, its alerts fire; gives the fingerprint of HostDown."""
    world.site.inject("host.down", world.host)
    world.site.tick(30)
    found = world.site.call(
        lambda site: {
            one.labels["alertname"]: one.fingerprint
            for one in site.alerts.firing()
            if one.labels.get("host") == world.host
        }
    )
    assert set(found) == {"HostDown", "NovaServiceDown"}
    return str(found["HostDown"])


async def test_the_plan_shows_what_would_be_muted_and_mutes_nothing(world: Bench) -> None:
    down(world)
    plan = await world.plan(most="8h")
    assert not plan.obstacles
    assert plan.touches == {"alerts": 2, "alertmanagers": 1}
    assert any(f"mutes now: HostDown ({world.host})" in note for note in plan.notes)
    commands = [step.command for step in plan.steps if step.command]
    assert commands[0][1].startswith("--alertmanager.url=http://127.0.0.1:")
    assert commands[0][2:6] == ("silence", "add", "-d", "3600s")
    assert commands[0][-3:] == ("-c", "hsops:RUN disk swap", f"host=~{world.host}(:[0-9]+)?")
    assert [step.name for step in plan.steps] == [
        "silence", "muted", "maintenance", "expire", "alerts end", "nothing new fires",
    ]  # fmt: skip
    assert world.silences() == []
    assert (await world.plan(most="8h")).digest == plan.digest


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"match": "severity=critical"}, "would mute everything"),
        ({"match": 'alertname=~".*"'}, "would mute everything"),
        ({"match": 'alertname=~"(.|x)+" severity=warning'}, "would mute everything"),
        ({"match": "host!=h1"}, "would mute everything"),
        ({"match": "host"}, "no matcher"),
        ({"match": "host=~("}, "no regular expression"),
        ({"match": "host=h1", "host": "h1"}, "once"),
        ({"start": "2020-01-01T00:00:00Z"}, "is over"),
        ({"start": "2099-01-01T00:00:00"}, "no time zone"),
        ({"start": "tomorrow"}, "no time"),
        ({"duration": "0"}, "needs an end"),
        ({"duration": ""}, "duration: is required"),
        ({"alert": "0123456789abcdef"}, "no such alert"),
    ],
)
async def test_what_means_nothing_or_too_much_is_refused(world: Bench, values: dict[str, str], text: str) -> None:
    with pytest.raises(HsopsError, match=text):
        await world.plan(**values)
    assert world.silences() == []


async def test_it_holds_until_somebody_ends_it(world: Bench) -> None:
    down(world)
    run = await world.start()
    await world.begun(run, "maintenance")
    assert world.silences() == [(f"hsops:{run} disk swap", "active")]
    assert world.loud() == 0
    world.expire()
    info = await world.engine.join(run)
    assert info.status is RunStatus.DONE, info.reason
    assert any(f"fires still: HostDown ({world.host})" in note for note in await world.notes(run))
    assert world.silences() == [(f"hsops:{run} disk swap", "expired")]


async def test_it_ends_with_its_time(world: Bench) -> None:
    begun = time.time()
    info = await world.finish(duration="1s")
    assert info.status is RunStatus.DONE, info.reason
    assert world.only().ends - begun >= 1
    assert [state for _, state in world.silences()] == ["expired"]


async def test_it_is_extended_while_the_run_goes_on(world: Bench) -> None:
    info = await world.finish(duration="4s", most="8s")
    assert info.status is RunStatus.DONE, info.reason
    names = [step.name for step in await world.engine.steps(info.id)]
    assert names.count("extend") >= 1
    assert world.only().ends - world.only().starts == pytest.approx(8, abs=0.5)


async def test_a_silence_that_is_lost_is_made_again(world: Bench) -> None:
    run = await world.start()
    await world.begun(run, "maintenance")
    ends = world.only().ends
    world.forget()
    await world.until(lambda: [state for _, state in world.silences()] == ["active"])
    assert world.only().ends == pytest.approx(ends, abs=1)
    await world.engine.abort(run)
    assert (await world.engine.join(run)).status is RunStatus.ROLLED_BACK


async def test_somebody_extends_it_and_the_run_follows(world: Bench) -> None:
    run = await world.start(duration="10m")
    await world.begun(run, "maintenance")
    world.move(3600)
    await world.begun(run, "maintenance#2")
    assert any("somebody extended it" in note for note in await world.notes(run))
    world.expire()
    assert (await world.engine.join(run)).status is RunStatus.DONE


async def test_backing_out_ends_it(world: Bench) -> None:
    run = await world.start()
    await world.begun(run, "maintenance")
    await world.engine.abort(run)
    info = await world.engine.join(run)
    assert info.status is RunStatus.ROLLED_BACK
    assert [state for _, state in world.silences()] == ["expired"]


async def test_a_start_to_come(world: Bench) -> None:
    starts = datetime.now(UTC) + timedelta(hours=3)
    run = await world.start(start=starts.isoformat(timespec="seconds"))
    await world.begun(run, "maintenance")
    assert [state for _, state in world.silences()] == ["pending"]
    assert world.only().ends - world.only().starts == pytest.approx(3600, abs=1)
    await world.engine.abort(run)
    await world.engine.join(run)
    assert [state for _, state in world.silences()] == ["expired"]


async def test_the_alert_says_which_host(world: Bench) -> None:
    info = await world.finish(alert=down(world), hold="no")
    assert info.status is RunStatus.DONE, info.reason
    assert world.only().matchers[0].value == f"{world.host}(:[0-9]+)?"
    assert [state for _, state in world.silences()] == ["active"]


async def test_several_hosts_in_one_silence(world: Bench) -> None:
    info = await world.finish(host=f"{world.host}, cmp.x", hold="no")
    assert info.status is RunStatus.DONE, info.reason
    assert world.only().matchers[0].value == f"({world.host}|cmp\\.x)(:[0-9]+)?"


async def test_what_fires_afterwards_fails_the_proof(world: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    from hsops.plugins.alertmanager.workflows import maintenance

    monkeypatch.setattr(maintenance, "SETTLES", 0.5)
    run = await world.start()
    await world.begun(run, "maintenance")
    down(world)
    world.expire()
    info = await world.engine.join(run)
    assert (info.status, info.exit_code) == (RunStatus.STOPPED, 4)
    assert f"HostDown ({world.host})" in info.reason
    world.site.heal()
    world.site.tick(30)
    await world.engine.resume(run, attended=False)
    assert (await world.engine.join(run)).status is RunStatus.DONE


async def test_a_week_is_forced_with_a_reason(world: Bench) -> None:
    plan = await world.plan(duration="9d")
    assert [check.name for check in plan.checks if not check.ok] == ["end.near"]


async def test_a_wrong_input_of_a_run_changes_nothing(world: Bench) -> None:
    info = await world.finish(match="severity=critical")
    assert info.status is RunStatus.REFUSED
    assert world.silences() == []


async def test_nobody_answers(world: Bench) -> None:
    world.site.inject("api.refused", "alertmanager")
    with pytest.raises(Unreachable, match="no Alertmanager of this site answers"):
        await world.plan()


async def test_an_input_nobody_knows(world: Bench) -> None:
    with pytest.raises(UserError, match="no input named until"):
        await world.plan(until="tomorrow")
