"""Shows as a conductor plays them, before simulated plugs and a real database."""

from datetime import timedelta

import pytest
from django.utils import timezone

from clouds import actions, timeline
from clouds.models import Act, Puff, Run, Venue
from clouds.timeline import Do, Step
from tests.conductor.site import Site, play

pytestmark = pytest.mark.django_db(transaction=True)

DEAD = "another-host:2:2:token"


async def show(site: Site, due: float, *steps: Step, **fields: object) -> Run:
    """The run of a show that is due in so many seconds."""
    cloud = await site.cloud()
    at = timezone.now() + timedelta(seconds=due)
    values = {
        "cloud": cloud, "source": Run.Source.SHOW, "title": "Drizzle", "steps": timeline.dump(steps),
        "seconds": timeline.length(steps), "asked_at": at, "due_at": at, "nominal_at": at, "simulated": True,
    }  # fmt: skip
    return await site.office(lambda: Run.objects.create(**values | fields))


def test_a_show_begins_at_its_moment_and_its_cues_come_at_theirs() -> None:
    async def scene(site: Site) -> None:
        run = await show(site, 1.5, Step(Do.INFLATE, 0.6), Step(Do.REST, 0.4), Step(Do.INFLATE, 0.6))
        await site.ended(run)
        moments = [change["at"] - run.due_at.timestamp() for change in site.simulator.record()]
        assert moments == pytest.approx([0, 0.6, 1.0, 1.6], abs=0.35)
        assert moments[0] >= 0

    play(scene)


def test_a_curator_pauses_and_resumes_a_run() -> None:
    async def scene(site: Site) -> None:
        run = await show(site, 0, Step(Do.INFLATE, 3.0))
        await site.is_on()
        await site.office(lambda: actions.pause(run, by=site.curator))
        await site.simulator.wait_for("A/inflate", "relay_off", timeout=5)
        await site.office.until(lambda: Run.objects.get(pk=run.pk).paused_at, "the pause is written")
        await site.office(lambda: actions.resume(run, by=site.curator))
        ended = await site.ended(run)
        assert (ended.outcome, ended.paused_at) == ("done", None)
        assert [state for state, _ in site.relays()] == [1, 0, 1, 0]
        puffs = await site.office(lambda: list(Puff.objects.order_by("on_at")))
        assert [(puff.step, puff.outcome) for puff in puffs] == [(0, "stopped"), (2, "done")]
        assert sum(puff.seconds or 0 for puff in puffs) == pytest.approx(3.0, abs=0.6)
        assert [step.do for step in ended.plan] == [Do.INFLATE, Do.REST, Do.INFLATE]
        acts = await site.office(lambda: list(Act.objects.values_list("kind", flat=True)))
        assert acts == ["resume", "pause"]

    play(scene)


def test_a_curator_skips_a_step() -> None:
    async def scene(site: Site) -> None:
        run = await show(site, 0, Step(Do.INFLATE, 25.0), Step(Do.REST, 0.2), Step(Do.INFLATE, 0.5))
        await site.is_on()
        await site.office(lambda: actions.skip(run, by=site.curator))
        ended = await site.ended(run)
        assert ended.outcome == "done"
        assert [state for state, _ in site.relays()] == [1, 0, 1, 0]

    play(scene)


def test_a_show_is_taken_up_at_its_next_step_if_its_conductor_died_less_than_two_minutes_ago() -> None:
    async def scene(site: Site) -> None:
        run = await show(
            site, -3, Step(Do.INFLATE, 1.0), Step(Do.REST, 6.0), Step(Do.INFLATE, 0.5),
            state=Run.State.PLAYING, started_at=timezone.now() - timedelta(seconds=3), conductor=DEAD,
        )  # fmt: skip
        beat = timezone.now() - timedelta(seconds=10)
        await site.office(lambda: Venue.objects.update(conductor=DEAD, conductor_beat_at=beat))
        await site.conduct()
        ended = await site.ended(run)
        assert (ended.outcome, ended.conductor) == ("done", site.holder)
        assert [state for state, _ in site.relays()] == [1, 0]
        puff = await site.puff(run)
        assert puff.step == 2
        assert (puff.on_at - run.due_at).total_seconds() == pytest.approx(7.0, abs=0.4)

    play(scene, conducted=False)


def test_a_stop_ends_a_show_that_is_claimed_and_has_not_begun() -> None:
    async def scene(site: Site) -> None:
        run = await show(site, 2.5, Step(Do.INFLATE, 1.0))
        await site.office.until(lambda: Run.objects.get(pk=run.pk).state == "playing", "it is claimed")
        await site.office(lambda: actions.stop(site.venue, by=site.curator))
        assert (await site.ended(run)).outcome == "stopped"
        assert site.relays() == []

    play(scene)
