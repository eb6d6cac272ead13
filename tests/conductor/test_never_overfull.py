"""Whatever happens to a program that was accepted, its balloon never gets more air than is safe.

The conductor is the real one, the plugs and the clock are not; the air is reckoned by the simulator's physics, which
share no code with the site's.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from clouds import actions, balloon, timeline
from clouds.models import BalloonNote, Cloud, Plug, Run, User, Venue
from clouds.refusals import Refused
from clouds.timeline import Do, Step
from tests.conductor import clockwork
from tests.conductor.clockwork import Stage
from tests.core.strategies import in_peace

# Clocks in the database count millionths of a second.
ROUNDED = 1e-5
PATIENCE_SECONDS = 3600.0

CURATOR_SAYS = ["pause", "resume", "skip", "end", "play again", "vent by hand", "stop and release"]
PLUG_HAS = ["silent", "mute", "drops", "refuses", "slow", "is gone", "restarts"]
HAPPENINGS = [*CURATOR_SAYS, "press", "crash", "crash", "late journal", *PLUG_HAS]


@st.composite
def clouds(draw: Callable[..., Any]) -> dict[str, float | None]:
    """The measures of a cloud, with a deflate plug or without."""
    return {
        "fill_seconds": draw(st.floats(8, 60)),
        "half_life_seconds": draw(st.none() | st.floats(5, 600)),
        "vent_seconds": draw(st.none() | st.floats(3, 60)),
        "hard_cap_seconds": draw(st.sampled_from([5.0, 12.5, 30.0, 60.0])),
        "puff_seconds": 5.0,
    }


@st.composite
def programs(draw: Callable[..., Any], cloud: Cloud) -> tuple[Step, ...]:
    """A program that the cloud can play from empty, often one that leaves no room at all."""
    fill, steps = 0.0, []
    for do in draw(st.lists(st.sampled_from([Do.INFLATE, Do.INFLATE, Do.REST, Do.DEFLATE]), min_size=1, max_size=7)):
        if do is Do.DEFLATE and cloud.vent_seconds is None:
            continue
        seconds = draw(st.floats(0.2, 5))
        if do is Do.INFLATE:
            if steps and steps[-1].do is Do.INFLATE:
                steps.append(Step(Do.REST, draw(st.floats(0.01, 4))))
                fill = balloon.after(fill, steps[-1].seconds, Do.REST, cloud.measures)
            fits = min(cloud.hard_cap_seconds, timeline.longest_that_fits(balloon.room(fill, cloud.measures)))
            seconds = draw(st.sampled_from([1.0, 1.0, 0.6, 0.2])) * min(fits, 40.0)
            if seconds < 0.2:
                continue
        seconds = int(seconds * 100) / 100 or 0.01
        steps.append(Step(do, seconds))
        fill = balloon.after(fill, seconds, do, cloud.measures)
    try:
        plan = timeline.composed(steps, draw(st.integers(1, 2)), 1.0)
    except timeline.BadSteps:
        plan = (Step(Do.INFLATE, 1.0),)
    return plan


happenings = st.lists(st.tuples(st.floats(0.01, 9), st.sampled_from(HAPPENINGS), st.floats(0.05, 8)), max_size=7)


class Play:
    """A show on a cloud, and what happens meanwhile."""

    def __init__(self, cloud: Cloud, plan: tuple[Step, ...], people: tuple[User, User]) -> None:
        self.cloud, self.plan = cloud, plan
        self.curator, self.visitor = people

    def show(self) -> None:
        """It is due now."""
        now = timezone.now()
        Run.objects.create(
            cloud=self.cloud, source=Run.Source.SHOW, title="Drizzle", steps=timeline.dump(self.plan),
            seconds=timeline.length(self.plan), asked_at=now, due_at=now, nominal_at=now, simulated=True,
        )  # fmt: skip

    def happen(self, stage: Stage, what: str, seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
        """One of the things that happen, to the end or for so many seconds."""
        loop = asyncio.get_running_loop()
        if what == "crash" and stage.is_conducted:
            silent_since = timezone.now()
            stage.die()
            loop.call_later(seconds * 2, stage.conduct, monkeypatch, silent_since)
        elif what == "late journal":
            stage.lag = seconds
            loop.call_later(20, setattr, stage, "lag", 0.0)
        elif what in PLUG_HAS:
            self._trouble(stage, what, seconds)
        elif what != "crash":
            with contextlib.suppress(Refused):
                self._ask(stage, what)
        stage.bell.set()

    def _ask(self, stage: Stage, what: str) -> None:
        run = Run.objects.playing().first()
        if what == "press":
            actions.press(self.cloud, by=self.visitor)
        elif what == "play again":
            actions.play(self.cloud, self.plan, by=self.curator)
        elif what == "vent by hand":
            stage.balloon.set_fill(stage.now(), 0.0)
            actions.note(self.cloud, BalloonNote.Kind.VENTED, fill=0.0, by=self.curator)
        elif what == "stop and release":
            actions.stop(self.cloud.venue, by=self.curator)
            asyncio.get_running_loop().call_later(1.5, lambda: actions.release(self.cloud.venue, by=self.curator))
        elif run is not None:
            getattr(actions, what)(run, by=self.curator)

    def _trouble(self, stage: Stage, what: str, seconds: float) -> None:
        for plug in stage.plugs.values():
            if what == "restarts":
                plug.restart(relay_on=False)
            elif what == "is gone":
                plug.is_there = False
            elif what == "slow":
                plug.slow = dict.fromkeys(("look", "on", "off"), seconds / 4)
            else:
                getattr(plug, what).update({"look", "on", "off"})

            def cure(plug: Any = plug) -> None:
                plug.is_there, plug.slow = True, {}
                for faults in (plug.silent, plug.mute, plug.drops, plug.refuses):
                    faults.clear()

            asyncio.get_running_loop().call_later(seconds, cure)


@pytest.fixture
def people(db: None) -> tuple[User, User]:
    """A curator and a visitor."""
    return User.objects.create_superuser("Curator"), User.objects.create_user("Ada")


@pytest.mark.django_db
@settings(in_peace, max_examples=150, suppress_health_check=list(HealthCheck), phases=[Phase.reuse, Phase.generate])
@given(data=st.data())
def test_the_fill_of_a_program_that_was_accepted_stays_at_or_below_full_whatever_happens(
    data: st.DataObject, venue: Venue, people: tuple[User, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction.atomic():
        cloud = Cloud.objects.create(venue=venue, name="Cumulus", slug="cumulus", **data.draw(clouds()))
        for number, pump in enumerate(("inflate", "deflate") if cloud.vent_seconds else ("inflate",)):
            Plug.objects.create(
                venue=venue, cloud=cloud, pump=pump, name=pump, host="127.0.0.1", port=9999 + number,
                mac=f"50:C7:BF:00:00:0{number}", simulated=True, relay="off",
            )  # fmt: skip
        plan = data.draw(programs(cloud))
        assume(not actions.why_not_playable(cloud, plan, 0.0))
        story = data.draw(happenings)
        begin = data.draw(st.just(0.0) | st.floats(0, 0.9))
        with monkeypatch.context() as patch:
            clockwork.prepare(patch)
            clockwork.run(lambda: _play(Play(cloud, plan, people), begin, story, patch))
        transaction.set_rollback(True)


async def _play(play: Play, begin: float, story: list[tuple[float, str, float]], patch: pytest.MonkeyPatch) -> None:
    cloud = play.cloud
    Cloud.objects.filter(pk=cloud.pk).update(fill_then=begin, fill_then_at=timezone.now())
    stage = Stage(cloud, begin)
    play.show()
    stage.conduct(patch)
    await asyncio.sleep(0.5)
    for gap, what, seconds in story:
        await asyncio.sleep(gap)
        play.happen(stage, what, seconds, patch)
    await stage.comes_to_rest(PATIENCE_SECONDS)
    await asyncio.sleep(30)  # what was still to be written is written
    stage.balloon.advance(stage.now())
    cloud.refresh_from_db()
    assert stage.balloon.peak <= 1 + ROUNDED
    assert cloud.fill_at(timezone.now()) >= stage.balloon.fill - ROUNDED
    await stage.close()


@pytest.mark.django_db
def test_a_clock_that_is_set_back_while_a_pump_is_on_takes_no_air_out_of_the_books(
    cloud: Cloud, people: tuple[User, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    Cloud.objects.update(fill_seconds=20.0)
    cloud.refresh_from_db()
    plan = (Step(Do.INFLATE, 8.0), Step(Do.REST, 1.0), Step(Do.INFLATE, 8.0))
    Plug.objects.update(mac="50:C7:BF:00:00:01")

    async def scene() -> None:
        Cloud.objects.update(fill_then_at=timezone.now())
        stage = Stage(cloud, 0.0)
        Play(cloud, plan, people).show()
        stage.conduct(monkeypatch)
        await asyncio.sleep(4)
        loop = asyncio.get_running_loop()
        assert isinstance(loop, clockwork.Clockwork)
        loop.set_clock(-3600)
        await stage.comes_to_rest(60)
        await asyncio.sleep(1)
        stage.balloon.advance(stage.now())
        cloud.refresh_from_db()
        assert stage.balloon.fill == pytest.approx(0.8, abs=0.01)
        assert cloud.fill_at(timezone.now()) >= stage.balloon.fill - ROUNDED
        await stage.close()

    clockwork.prepare(monkeypatch)
    clockwork.run(scene)
