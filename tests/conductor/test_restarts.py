"""What a restart, and a clock that is set, leave as it was: the conductor is the real one, and time takes no time."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from clouds import actions, refusals, timeline
from clouds.conductor import succession
from clouds.models import Cloud, Plug, Puff, Run, User, Venue
from clouds.timeline import Do, Step
from tests.conductor import clockwork
from tests.conductor.clockwork import Stage
from tests.core.conftest import NOON

pytestmark = pytest.mark.django_db

HOUR = 3600.0
SCENE = Callable[[Stage], Coroutine[Any, Any, None]]


@pytest.fixture
def play(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Callable[[SCENE], None]:
    """Plays a scene, from half a second after somebody has begun to conduct."""
    Plug.objects.update(mac="50:C7:BF:00:00:01")
    clockwork.prepare(monkeypatch)

    def play_one(scene: SCENE) -> None:
        async def whole() -> None:
            Cloud.objects.update(fill_then_at=timezone.now())
            stage = Stage(cloud, 0.0)
            stage.conduct(monkeypatch)
            await asyncio.sleep(0.5)
            await scene(stage)
            await stage.close()

        clockwork.run(whole)

    return play_one


async def restart(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever conducts is killed; two seconds later somebody takes over."""
    silent_since = timezone.now()
    stage.die()
    await asyncio.sleep(2)
    stage.conduct(monkeypatch, silent_since)
    await asyncio.sleep(0.5)


def show(cloud: Cloud, due: float, *steps: Step) -> Run:
    """The run of a show that is due in so many seconds."""
    now = timezone.now()
    at = now + timedelta(seconds=due)
    return Run.objects.create(
        cloud=cloud, source=Run.Source.SHOW, title="Drizzle", steps=timeline.dump(steps), asked_at=now,
        seconds=timeline.length(steps), due_at=at, nominal_at=at, simulated=True,
    )  # fmt: skip


def press(stage: Stage, by: User) -> Run:
    """Somebody presses, and is heard."""
    run = actions.press(stage.cloud, by=by)
    stage.bell.set()
    return run


def outcomes() -> list[tuple[str, str]]:
    """How each run ended, in the order in which they were asked for."""
    return list(Run.objects.order_by("pk").values_list("outcome", "reason"))


def switched(stage: Stage) -> list[tuple[float, bool]]:
    """When the pump is switched, in seconds since noon; filled as it happens."""
    plug, moments = stage.plugs[Do.INFLATE], []
    tell = plug.on_changed

    def note(state: bool) -> None:
        moments.append((round(stage.now(), 1), state))
        tell(state)

    plug.on_changed = note
    return moments


def set_clock(seconds: float) -> None:
    """Somebody sets the machine's clock."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, clockwork.Clockwork)
    loop.set_clock(seconds)


def test_visitors_runs_that_were_playing_end_as_lost(
    play: Callable[[SCENE], None], ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene(stage: Stage) -> None:
        press(stage, ada)
        await asyncio.sleep(1)
        assert stage.plugs[Do.INFLATE].relay_on
        await restart(stage, monkeypatch)
        assert not stage.plugs[Do.INFLATE].relay_on
        await asyncio.sleep(60)

    play(scene)
    assert outcomes() == [("lost", succession.LOST)]


def test_a_queue_persists_over_a_restart(
    play: Callable[[SCENE], None], ada: User, curator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene(stage: Stage) -> None:
        first, second, third = (press(stage, by) for by in (ada, curator, User.objects.create_user("Bob")))
        await asyncio.sleep(1)
        await restart(stage, monkeypatch)
        await stage.comes_to_rest(60)
        await asyncio.sleep(1)
        assert [outcome for outcome, _ in outcomes()] == ["lost", "done", "done"]
        assert list(Puff.objects.order_by("on_at").values_list("run", flat=True)) == [first.pk, second.pk, third.pk]

    play(scene)


def test_a_hold_persists_over_a_restart(
    play: Callable[[SCENE], None], ada: User, curator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene(stage: Stage) -> None:
        actions.hold(stage.cloud.venue, until=NOON + timedelta(seconds=40), because="Lunch.", by=curator)
        Run.objects.create(
            cloud=stage.cloud, source="visitor", asked_by=ada, asked_at=timezone.now(), due_at=timezone.now(),
            seconds=5, steps=timeline.dump([Step(Do.INFLATE, 5)]), seen_at=timezone.now(),
        )  # fmt: skip
        show(stage.cloud, 20, Step(Do.INFLATE, 1))
        moments = switched(stage)
        await restart(stage, monkeypatch)
        with pytest.raises(refusals.Held, match="Lunch"):
            actions.press(stage.cloud, by=curator)
        await stage.comes_to_rest(60)
        await asyncio.sleep(1)
        assert outcomes() == [("done", ""), ("skipped", "The gallery was on hold: Lunch.")]
        assert [state for _, state in moments] == [True, False]
        assert moments[0][0] >= 40

    play(scene)


def test_a_stop_persists_over_a_restart(
    play: Callable[[SCENE], None], ada: User, curator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene(stage: Stage) -> None:
        actions.stop(stage.cloud.venue, by=curator)
        moments = switched(stage)
        await restart(stage, monkeypatch)
        show(stage.cloud, 3, Step(Do.INFLATE, 1))
        with pytest.raises(refusals.Stopped):
            actions.press(stage.cloud, by=ada)
        await stage.comes_to_rest(60)
        assert moments == []
        actions.release(Venue.objects.get(), by=curator)
        press(stage, ada)
        await stage.comes_to_rest(60)
        await asyncio.sleep(1)
        assert outcomes() == [("skipped", "Everything was stopped by Curator."), ("done", "")]

    play(scene)


def test_what_is_missed_is_never_replayed(
    play: Callable[[SCENE], None], curator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene(stage: Stage) -> None:
        moments, plug = switched(stage), stage.plugs[Do.INFLATE]
        plug.is_there, plug.power = False, plug.power + 1
        show(stage.cloud, 30, Step(Do.INFLATE, 1))
        await asyncio.sleep(100)
        plug.is_there = True
        await asyncio.sleep(120)
        await restart(stage, monkeypatch)
        await asyncio.sleep(600)
        assert moments == []
        assert [outcome for outcome, _ in outcomes()] == ["missed"]

    play(scene)


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_once_a_run_plays_a_clock_that_jumps_moves_no_cue(jump: float, play: Callable[[SCENE], None]) -> None:
    async def scene(stage: Stage) -> None:
        show(stage.cloud, 4.5, Step(Do.INFLATE, 3), Step(Do.REST, 2), Step(Do.INFLATE, 3))
        moments = switched(stage)
        await asyncio.sleep(6)
        set_clock(jump)
        await stage.comes_to_rest(60)
        assert moments == [(5.0, True), (8.0, False), (10.0, True), (13.0, False)]

    play(scene)


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_a_run_that_waits_claimed_plays_once_and_at_its_moment_when_the_clock_jumps(
    jump: float, play: Callable[[SCENE], None]
) -> None:
    async def scene(stage: Stage) -> None:
        run = show(stage.cloud, 9.5, Step(Do.INFLATE, 3))
        moments = switched(stage)
        await asyncio.sleep(8)
        run.refresh_from_db()
        assert (run.state, moments) == ("playing", [])
        set_clock(jump)
        await asyncio.sleep(2 * HOUR)
        assert moments == [(10.0, True), (13.0, False)]
        assert outcomes() == [("done", "")]

    play(scene)


def test_a_run_that_is_not_claimed_yet_is_missed_when_the_clock_jumps_past_it(play: Callable[[SCENE], None]) -> None:
    async def scene(stage: Stage) -> None:
        show(stage.cloud, 60, Step(Do.INFLATE, 3))
        moments = switched(stage)
        set_clock(HOUR)
        await asyncio.sleep(HOUR)
        assert moments == []
        assert [outcome for outcome, _ in outcomes()] == ["missed"]

    play(scene)


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_a_clock_that_is_set_while_a_pump_is_on_changes_no_air_in_the_books(
    jump: float, play: Callable[[SCENE], None], cloud: Cloud
) -> None:
    Cloud.objects.update(fill_seconds=20.0, half_life_seconds=60.0)
    cloud.refresh_from_db()

    async def scene(stage: Stage) -> None:
        run = show(stage.cloud, 0, Step(Do.INFLATE, 8), Step(Do.REST, 1), Step(Do.INFLATE, 8))
        await asyncio.sleep(4)
        set_clock(jump)
        await stage.comes_to_rest(60)
        await asyncio.sleep(1)
        stage.balloon.advance(stage.now())
        run.refresh_from_db()
        cloud.refresh_from_db()
        assert stage.balloon.fill > 0.3
        # A balloon is not believed to have sunk in an hour that was not, nor in one that comes a second time.
        assert stage.balloon.fill - 1e-4 < cloud.fill_at(timezone.now()) < stage.balloon.fill + 0.02
        assert [puff.seconds for puff in Puff.objects.order_by("pk")] == pytest.approx([8, 8], abs=0.1)
        assert (run.outcome, run.reason) == ("done", "")

    play(scene)
