"""The desk and the queue: who begins next, who has gone, and who is told at once that their turn can't come."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from time_machine import TimeMachineFixture

from clouds import actions, balloon
from clouds.models import Cloud, Plug, Run, User, Venue
from clouds.timeline import Do
from tests.conductor.conftest import Desk
from tests.conductor.test_desk import curators, ended, seconds, waits
from tests.core import make
from tests.core.conftest import NOON

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


class TestOrder:
    """Visitors begin in the queue's order."""

    def test_rounds_and_turns_decide_and_not_who_came_first(self, at_desk: Desk, cloud: Cloud) -> None:
        played, gathers = NOON - seconds(9), NOON - seconds(8)
        often = make.run(cloud, due_at=NOON - seconds(7), round_at=gathers, turns=2)
        newcomer = make.run(cloud, due_at=NOON - seconds(1), round_at=gathers)
        last = make.run(cloud, due_at=NOON - seconds(2), round_at=played, turns=5)
        begun = []
        for _ in range(3):
            begun += at_desk.begun()
            Run.objects.playing().end(Run.Outcome.DONE, "", NOON)
        assert begun == [last.pk, newcomer.pk, often.pk]

    def test_curators_are_before_them(self, at_desk: Desk, cloud: Cloud) -> None:
        make.run(cloud, due_at=NOON - seconds(9), round_at=NOON - seconds(9))
        run = curators(cloud)
        assert at_desk.begun() == [run.pk]

    def test_nobody_overtakes_who_has_to_wait_for_a_show(self, at_desk: Desk, cloud: Cloud) -> None:
        make.run(cloud, source=Run.Source.SHOW, nominal_at=NOON + seconds(8), due_at=NOON + seconds(8))
        long = make.run(cloud, seconds=9.0, steps=[{"do": "inflate", "seconds": 9.0}])
        short = make.run(cloud)
        assert at_desk.begun() == []
        assert waits(long)
        assert waits(short)


class TestGone:
    """Who gives no sign for a minute lapses."""

    GONE = ("expired", "You seemed to have gone.")

    def test_their_place_lapses_and_the_next_begins(self, at_desk: Desk, cloud: Cloud) -> None:
        gone, here = make.run(cloud, seen_at=NOON - seconds(76)), make.run(cloud, seen_at=NOON - seconds(5))
        assert at_desk.begun() == [here.pk]
        assert ended(gone) == self.GONE

    def test_while_somebody_plays_too(self, at_desk: Desk, cloud: Cloud) -> None:
        first, second = (make.run(cloud, seen_at=NOON - seconds(61)) for _ in range(2))
        at_desk.occupied = {cloud.pk}
        at_desk.read()
        assert waits(first)  # who is next has a little longer
        assert ended(second) == self.GONE

    def test_a_sign_in_the_last_moment_keeps_it(
        self, at_desk: Desk, cloud: Cloud, ada: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = make.run(cloud, asked_by=ada, seen_at=NOON - seconds(99))
        at_desk.occupied = {cloud.pk}

        def late(*args: object, **kwargs: object) -> bool:
            actions.here(by=ada, now=NOON)
            return True

        monkeypatch.setattr("clouds.queue.has_gone", late)
        at_desk.read()
        assert waits(run)

    def test_curators_and_the_api_give_no_signs(self, at_desk: Desk, cloud: Cloud) -> None:
        runs = [curators(cloud), make.run(cloud, source=Run.Source.API)]
        at_desk.occupied = {cloud.pk}
        at_desk.read()
        assert all(waits(run) for run in runs)

    def test_during_a_hold_too(self, at_desk: Desk, cloud: Cloud) -> None:
        Venue.objects.update(held_until=NOON + seconds(3600))
        run = make.run(cloud, seen_at=NOON - seconds(76))
        at_desk.read()
        assert ended(run) == self.GONE


class TestHopeless:
    """Who can't be served any more is told at once."""

    def close_at(self, minute: int) -> None:
        """It is noon, and it closes soon; there is room for everybody."""
        Cloud.objects.update(fill_seconds=6000)
        Venue.objects.update(opens_at="10:00", closes_at=f"12:{minute:02}")

    def test_whose_turn_would_come_after_closing(self, at_desk: Desk, cloud: Cloud) -> None:
        self.close_at(1)
        runs = [make.run(cloud, seconds=10.0) for _ in range(10)]
        at_desk.occupied = {cloud.pk}
        at_desk.read()
        assert ended(runs[9]) == ("expired", "The gallery closes at 12:01, before it could be your turn.")
        assert waits(runs[0])
        assert waits(runs[4])

    def test_all_of_them_when_a_hold_lasts_until_then(self, at_desk: Desk, cloud: Cloud, curator: User) -> None:
        self.close_at(30)
        run = make.run(cloud)
        actions.hold(at_desk.venue, until=NOON + timedelta(hours=1), because="Lunch.", by=curator)
        at_desk.read()
        assert ended(run)[0] == "expired"

    def test_whom_a_show_keeps_until_then(self, at_desk: Desk, cloud: Cloud) -> None:
        self.close_at(10)
        make.run(
            cloud, source=Run.Source.SHOW, nominal_at=NOON + seconds(70), due_at=NOON + seconds(70),
            steps=[{"do": "rest", "seconds": 600.0}], seconds=600.0,
        )  # fmt: skip
        runs = [make.run(cloud, seconds=50.0, steps=[{"do": "inflate", "seconds": 50.0}]) for _ in range(9)]
        at_desk.occupied = {cloud.pk}
        at_desk.read()
        assert ended(runs[8])[0] == "expired"
        assert waits(runs[0])

    def test_for_whom_there_will_be_no_room(self, at_desk: Desk, cloud: Cloud) -> None:
        Cloud.objects.update(fill_seconds=30)
        runs = [make.run(cloud) for _ in range(12)]
        at_desk.occupied = {cloud.pk}
        at_desk.read()
        assert ended(runs[11]) == ("expired", "Cumulus will be as full as is safe before it could be your turn.")
        assert waits(runs[3])

    @pytest.mark.parametrize(
        ("happen", "why"),
        [
            (lambda: Cloud.objects.update(enabled=False), "Cumulus was switched off."),
            (lambda: Plug.objects.update(cloud=None), "Cumulus has no pump any more."),
        ],
        ids=["switched off", "no pump"],
    )
    def test_on_a_cloud_that_is_no_more(
        self, happen: Callable[[], object], why: str, at_desk: Desk, cloud: Cloud
    ) -> None:
        runs = [make.run(cloud), make.run(cloud)]
        happen()
        at_desk.troubles = {}
        assert at_desk.begun() == []
        assert [ended(run) for run in runs] == [("expired", why)] * 2

    def test_a_plug_that_is_not_known_yet_ends_nothing(self, at_desk: Desk, cloud: Cloud) -> None:
        run = make.run(cloud)
        at_desk.troubles = {}
        at_desk.read()
        assert waits(run)

    def test_nobody_else(self, at_desk: Desk, cloud: Cloud) -> None:
        self.close_at(59)
        runs = [make.run(cloud) for _ in range(10)]
        at_desk.occupied = {cloud.pk}
        at_desk.read()
        assert all(waits(run) for run in runs)


class TestRoom:
    """A visitor waits until the balloon has sunk."""

    def test_and_begins_then_however_long_it_took(self, at_desk: Desk, cloud: Cloud, clock: TimeMachineFixture) -> None:
        Cloud.objects.update(fill_then=1.0, fill_then_at=NOON, half_life_seconds=2000.0)
        cloud.refresh_from_db()
        run = make.run(cloud)
        sinks = balloon.seconds_until_room(1.0, cloud.measures)
        assert sinks > 200
        for share in (0.0, 0.5, 0.999):
            clock.move_to(NOON + seconds(sinks * share), tick=False)
            news = at_desk.read()
            assert news.parts == []
            assert news.next_at is not None
            assert abs(news.next_at - NOON - seconds(sinks)) < seconds(0.2)
            assert waits(run)
        clock.move_to(NOON + seconds(sinks + 0.1), tick=False)
        (part,) = at_desk.read().parts
        assert part.steps[0].do is Do.INFLATE
        assert part.steps[0].seconds == 3

    def test_room_that_came_long_ago_excuses_nobody(
        self, at_desk: Desk, cloud: Cloud, clock: TimeMachineFixture
    ) -> None:
        Cloud.objects.update(fill_then=1.0, fill_then_at=NOON, half_life_seconds=2000.0)
        cloud.refresh_from_db()
        run = make.run(cloud)
        clock.move_to(NOON + seconds(balloon.seconds_until_room(1.0, cloud.measures) + 61), tick=False)
        assert at_desk.begun() == []
        assert ended(run)[0] == "missed"
