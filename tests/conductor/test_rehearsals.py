"""Rehearsals, played by a conductor before simulated plugs that they must not touch."""

from datetime import timedelta

import pytest
from django.utils import timezone

from clouds import actions, refusals
from clouds.conductor import rehearsals
from clouds.models import Act, Cloud, Puff, Rehearsal, Run, User, Venue
from clouds.timeline import Do, Step
from tests.conductor.conftest import HOLDER
from tests.conductor.site import Site, play

pytestmark = pytest.mark.django_db(transaction=True)

TWO_SIGHS = (Step(Do.INFLATE, 10.0), Step(Do.REST, 5.0), Step(Do.INFLATE, 10.0))


async def rehearse(site: Site, *steps: Step, speed: float = 10.0, **more: float) -> Rehearsal:
    """Have both clouds rehearse these."""

    def ask() -> Rehearsal:
        clouds = list(Cloud.objects.order_by("name"))
        return actions.rehearse(clouds, steps, by=site.curator, title="Two sighs", speed=speed, **more)

    return await site.office(ask)


async def over(site: Site) -> list[Run]:
    """The runs of the rehearsal, when they have ended."""
    await site.office.until(lambda: not Run.everything.live().exists(), "the rehearsal is over")
    return await site.office(lambda: list(Run.everything.order_by("pk")))


def test_a_rehearsal_keeps_every_moment_at_its_speed_and_touches_no_plug() -> None:
    async def scene(site: Site) -> None:
        rehearsal = await rehearse(site, *TWO_SIGHS, stagger_seconds=5)
        runs = await over(site)
        assert [run.outcome for run in runs] == ["done", "done"]
        assert site.simulator.record() == []
        puffs = await site.office(lambda: list(Puff.everything.order_by("on_at")))
        assert {puff.rehearsal_id for puff in puffs} == {rehearsal.pk}
        assert {(puff.plug_id, puff.simulated, puff.outcome) for puff in puffs} == {(None, True, "done")}
        for run, late in zip(runs, (0.0, 0.5), strict=True):
            mine = [puff for puff in puffs if puff.run_id == run.pk]
            begins = [(puff.on_at - runs[0].started_at).total_seconds() for puff in mine]
            assert begins == pytest.approx([late, late + 1.5], abs=0.3)
            assert [puff.seconds for puff in mine] == pytest.approx([1.0, 1.0], abs=0.3)
            assert [puff.planned_seconds for puff in mine] == [10.0, 10.0]

    play(scene)


def test_a_rehearsal_gives_no_air_and_keeps_nobody_waiting() -> None:
    async def scene(site: Site) -> None:
        await rehearse(site, Step(Do.INFLATE, 40.0), speed=10.0)
        playing = lambda: Puff.everything.still_on().count() == 2  # noqa: E731
        await site.office.until(playing, "the rehearsal plays")
        cloud = await site.cloud()
        assert await site.office(lambda: cloud.fill_at(timezone.now())) == 0
        run = await site.office(lambda: actions.press(cloud, by=site.ada))
        await site.is_on()
        assert (await site.ended(run)).outcome == "done"
        await over(site)
        puffs = await site.office(lambda: Puff.objects.count())
        assert puffs == 1
        cloud = await site.cloud()
        assert cloud.fill_then == pytest.approx(1 / 60, abs=0.02)

    play(scene)


def test_a_rehearsal_pauses_skips_and_ends_as_a_curator_asks() -> None:
    async def scene(site: Site) -> None:
        await rehearse(site, Step(Do.INFLATE, 40.0), Step(Do.REST, 1.0), Step(Do.INFLATE, 5.0), speed=10.0)
        await site.office.until(lambda: Puff.everything.still_on().count() == 2, "it plays")
        first, second = await site.office(lambda: list(Run.everything.order_by("pk")))
        await site.office(lambda: actions.pause(first, by=site.curator))
        await site.office.until(lambda: Run.everything.get(pk=first.pk).paused_at, "it pauses")
        await site.office(lambda: actions.end(second, by=site.curator))
        await site.office.until(lambda: Run.everything.get(pk=second.pk).outcome == "stopped", "it is ended")
        await site.office(lambda: actions.resume(first, by=site.curator))
        await site.office.until(lambda: Puff.everything.still_on().count() == 1, "it goes on")
        await site.office(lambda: actions.skip(first, by=site.curator))
        runs = await over(site)
        assert [(run.outcome, run.reason) for run in runs] == [("done", ""), ("stopped", "Ended by Curator.")]
        assert site.simulator.record() == []

    play(scene)


def test_a_rehearsal_ends_as_a_whole() -> None:
    async def scene(site: Site) -> None:
        rehearsal = await rehearse(site, Step(Do.INFLATE, 40.0), speed=1.0, stagger_seconds=60)
        await site.office.until(lambda: Puff.everything.still_on().exists(), "it plays")
        await site.office(lambda: actions.end_rehearsal(rehearsal, by=site.curator))
        assert [run.outcome for run in await over(site)] == ["stopped", "stopped"]
        with pytest.raises(refusals.TooLate, match="over already"):
            await site.office(lambda: actions.end_rehearsal(rehearsal, by=site.curator))
        kinds = await site.office(lambda: list(Act.objects.values_list("kind", flat=True)))
        assert kinds == ["end", "rehearse"]

    play(scene)


def test_stop_everything_leaves_a_rehearsal_alone_since_nothing_of_it_is_on() -> None:
    async def scene(site: Site) -> None:
        await rehearse(site, Step(Do.INFLATE, 10.0), speed=10.0)
        await site.office.until(lambda: Puff.everything.still_on().count() == 2, "it plays")
        await site.office(lambda: actions.stop(site.venue, by=site.curator))
        assert [run.outcome for run in await over(site)] == ["done", "done"]

    play(scene)


def test_a_conductor_that_leaves_ends_its_rehearsals() -> None:
    async def scene(site: Site) -> None:
        await rehearse(site, Step(Do.INFLATE, 40.0), speed=1.0)
        await site.office.until(lambda: Puff.everything.still_on().count() == 2, "it plays")
        await site.leave("The site was shut down.")
        assert [run.reason for run in await over(site)] == ["The site was shut down."] * 2
        assert not await site.office(lambda: Puff.everything.still_on().exists())

    play(scene)


@pytest.fixture
def left(venue: Venue, cloud: Cloud, ada: User) -> Run:
    """A rehearsal that another conductor began."""
    now = timezone.now()
    rehearsal = actions.rehearse([cloud], TWO_SIGHS, by=ada, title="Two sighs")
    Run.everything.update(state=Run.State.PLAYING, started_at=now, conductor="another")
    run = Run.everything.get()
    Puff.objects.create(cloud=cloud, run=run, step=0, pump="inflate", source="curator", on_at=now, rehearsal=rehearsal)
    return run


def test_what_a_dead_conductor_left_of_a_rehearsal_is_lost(left: Run, venue: Venue) -> None:
    rehearsals.lose(venue.pk, HOLDER, timezone.now())
    run, puff = Run.everything.get(), Puff.everything.get()
    assert (run.outcome, puff.outcome, puff.confirmed) == ("lost", "lost", False)
    assert puff.off_at is not None


def test_a_rehearsal_that_nobody_began_within_a_minute_is_missed(venue: Venue, cloud: Cloud, ada: User) -> None:
    actions.rehearse([cloud], TWO_SIGHS, by=ada, title="Two sighs")
    assert rehearsals.claim(venue.pk, HOLDER, timezone.now() + timedelta(seconds=61)) == []
    assert Run.everything.get().outcome == "missed"


def test_there_is_one_rehearsal_at_a_time(left: Run, cloud: Cloud, ada: User) -> None:
    with pytest.raises(refusals.Busy, match="“Two sighs” is being rehearsed"):
        actions.rehearse([cloud], TWO_SIGHS, by=ada, title="Another")
    assert Rehearsal.objects.count() == 1


@pytest.mark.parametrize(
    ("steps", "more", "sentence"),
    [
        (TWO_SIGHS, {"speed": 61}, "1 to 60 times"),
        (TWO_SIGHS, {"speed": 0.5}, "1 to 60 times"),
        (TWO_SIGHS, {"fill": 0.9}, "could make Cumulus too full, 6 s after"),
        ((Step(Do.DEFLATE, 5),), {}, "has no plug that deflates"),
        ((Step(Do.INFLATE, 61),), {}, "at most 60"),
    ],
)
def test_a_rehearsal_that_could_not_be_played_is_refused(
    steps: tuple[Step, ...], more: dict[str, float], sentence: str, cloud: Cloud, ada: User
) -> None:
    with pytest.raises(refusals.Refused, match=sentence):
        actions.rehearse([cloud], steps, by=ada, title="Gale", **more)
    assert not Rehearsal.objects.exists()
    assert not Run.everything.exists()
