"""Whose turn it is, and when: the rule and the promises, case by case."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest

from clouds import queue
from clouds.balloon import Measures
from clouds.queue import Hopeless, Line, Promise, Show, Ticket
from clouds.timeline import Do, Step

from .conftest import NOON

keys = count()
LARGE = Measures(100_000.0)


def at(seconds: float) -> datetime:
    """So long after noon."""
    return NOON + timedelta(seconds=seconds)


def ticket(came: float = 0.0, **fields: Any) -> Ticket:
    """A ticket of 5 s, of a round that its visitor opened."""
    return Ticket(**{"key": next(keys), "seconds": 5.0, "due_at": at(came), "round_at": at(came)} | fields)


def line(*tickets: Ticket, **fields: Any) -> Line:
    """A large cloud at noon, on which nothing plays, and which rests for 2 s between puffs."""
    given = {
        "now": NOON, "fill": 0.0, "measures": LARGE, "hard_cap": 60.0,
        "puff_seconds": 5.0, "rest_seconds": 2.0, "limit": 10,
    }  # fmt: skip
    return Line(**given | {"tickets": tickets} | fields)


def promise(of: Line, place: int = 0) -> Promise:
    """What is promised to whoever is so far back."""
    found = queue.promises(of)[place]
    assert isinstance(found, Promise)
    return found


def keeps(of: Line, begins: float, place: int = 0) -> None:
    """The promise that is kept when they begin so many seconds after noon, and says not much more."""
    found = promise(of, place)
    assert found.latest is not None
    assert found.earliest <= at(begins) <= found.latest
    assert found.latest - at(begins) <= timedelta(seconds=queue.AMISS_SECONDS + 2 * queue.LATE_SECONDS * (place + 1))


class TestOrder:
    """Who is before whom."""

    def ordered(self, *tickets: Ticket) -> list[Ticket]:
        """Those, as the rule has them."""
        return sorted(tickets, key=queue.precedence)

    def test_an_earlier_round_is_first(self) -> None:
        late, early = ticket(0, round_at=at(2)), ticket(1, round_at=at(1), turns=9)
        assert self.ordered(late, early) == [early, late]

    def test_in_a_round_fewer_turns_are_first(self) -> None:
        often, seldom, never = (ticket(came, round_at=at(0), turns=turns) for came, turns in ((0, 2), (1, 1), (2, 0)))
        assert self.ordered(often, seldom, never) == [never, seldom, often]

    def test_with_as_many_turns_who_came_first_is_first(self) -> None:
        first, second = ticket(0, round_at=at(0), turns=1), ticket(1, round_at=at(0), turns=1)
        assert self.ordered(second, first) == [first, second]

    def test_what_curators_ask_for_is_before_every_visitor(self) -> None:
        visitors, curators = ticket(0), ticket(1, is_visitors=False)
        assert self.ordered(visitors, curators) == [curators, visitors]


class TestRounds:
    """Which round a press belongs to."""

    def test_on_a_cloud_for_which_nobody_waits_it_opens_one(self) -> None:
        assert queue.joins(NOON, [], None, None) == NOON

    def test_it_joins_the_round_that_has_not_begun(self) -> None:
        assert queue.joins(NOON, [at(-5)], None, None) == at(-5)
        assert queue.joins(NOON, [at(-9), at(-5)], at(-9), None) == at(-5)

    def test_it_opens_the_next_when_the_newest_has_begun(self) -> None:
        assert queue.joins(NOON, [at(-5)], at(-5), None) == NOON
        assert queue.joins(NOON, [], at(-5), None) == NOON

    @pytest.mark.parametrize(
        ("waiting", "begun"),
        [([], -9), ([-5], -9), ([-9, -5], -9), ([-9, -5], None), ([-5], None)],
        ids=["it is played", "and the next gathers", "some of it wait", "between two puffs", "nobody of it is left"],
    )
    def test_who_lost_a_turn_to_a_failure_belongs_to_their_round_still(
        self, waiting: list[float], begun: float | None
    ) -> None:
        rounds = [at(moment) for moment in waiting]
        assert queue.joins(NOON, rounds, at(begun) if begun else None, (at(-9), at(-1))) == at(-9)

    @pytest.mark.parametrize(("waiting", "begun"), [([-5], -5), ([], -5), ([-0.5], None)])
    def test_but_not_once_it_is_over(self, waiting: list[float], begun: float | None) -> None:
        rounds = [at(moment) for moment in waiting]
        assert queue.joins(NOON, rounds, at(begun) if begun else None, (at(-9), at(-7))) != at(-9)


class TestLapsing:
    """Who gives no sign for a minute has gone."""

    @pytest.mark.parametrize(
        ("ago", "is_next", "gone"), [(60, False, False), (61, False, True), (75, True, False), (76, True, True)]
    )
    def test_after_a_minute_or_a_little_more_for_who_is_next(self, ago: float, is_next: bool, gone: bool) -> None:
        assert queue.has_gone(ticket(seen_at=at(-ago)), NOON, is_next=is_next) is gone

    def test_never_where_no_sign_is_expected(self) -> None:
        assert not queue.has_gone(ticket(-9999), NOON, is_next=False)


class TestPromises:
    """When each begins."""

    def test_whoever_is_alone_begins_at_once(self) -> None:
        keeps(line(ticket()), 0)

    def test_what_plays_its_rest_and_those_before_are_counted(self) -> None:
        busy = line(*[ticket(came) for came in range(3)], ahead=(Step(Do.INFLATE, 4.0),))
        keeps(busy, 6, 0)
        keeps(busy, 6 + 7 + 7, 2)

    def test_a_rest_or_a_hold_is_waited_for(self) -> None:
        keeps(line(ticket(), free_at=at(300)), 300)
        keeps(line(ticket(), free_at=at(-300)), 0)

    def test_some_of_those_before_may_leave(self) -> None:
        last = promise(line(*[ticket(came) for came in range(11)]), 10)
        assert at(70 - 5 * 7) < last.earliest < at(70 - 2 * 7)

    def test_who_gives_no_sign_is_reckoned_with_and_without(self) -> None:
        silent = [ticket(came, seen_at=at(-40)) for came in range(3)]
        found = promise(line(*silent, ticket(9)), 3)
        assert found.earliest == NOON
        assert found.latest is not None
        assert found.latest > at(21)

    def test_a_show_that_begins_before_a_puff_would_end_is_waited_for(self) -> None:
        show = Show(at(4), (Step(Do.INFLATE, 6.0), Step(Do.REST, 24.0)))
        keeps(line(ticket(), shows=(show,)), 4 + 30 + 2)
        keeps(line(ticket(), shows=(replace(show, at=at(5.6)),)), 0)

    def test_a_show_for_which_there_is_no_room_holds_nobody_up(self) -> None:
        show = Show(at(4), (Step(Do.INFLATE, 60.0),))
        keeps(line(ticket(), shows=(show,), measures=Measures(50.0)), 4)

    def test_a_full_balloon_sinks_first(self) -> None:
        # From 1 to 0.9, where 5 s of 50 fit but for what they lose: 600 s × log2(1 / 0.9), less a little.
        keeps(line(ticket(), fill=1.0, measures=Measures(50.0, 600.0)), 89)

    def test_a_deflating_show_makes_room(self) -> None:
        show = Show(at(60), (Step(Do.DEFLATE, 30.0),))
        keeps(line(ticket(), fill=1.0, measures=Measures(50.0, None, 60.0), shows=(show,)), 92)

    def test_where_there_is_no_room_and_never_will_be_it_is_hopeless(self) -> None:
        full = line(*[ticket(came) for came in range(12)], fill=0.4, measures=Measures(50.0))
        found = queue.promises(full)
        assert isinstance(found[4], Promise)
        assert found[-1] is Hopeless.FULL

    def test_between_that_and_certainty_nobody_can_say_until_when(self) -> None:
        full = line(*[ticket(came) for came in range(12)], fill=0.4, measures=Measures(50.0))
        unsure = [found for found in queue.promises(full) if isinstance(found, Promise) and found.latest is None]
        assert unsure

    def test_what_would_begin_after_closing_is_hopeless_and_what_might_is_said(self) -> None:
        found = queue.promises(line(*[ticket(came) for came in range(10)], closes_at=at(40)))
        assert found[-1] is Hopeless.CLOSING
        unsure = [each for each in found if isinstance(each, Promise) and each.may_close]
        assert unsure
        assert all(each.latest == at(40) for each in unsure)
        assert isinstance(found[0], Promise)
        assert not found[0].may_close

    def test_a_hold_past_closing_is_hopeless_for_all(self) -> None:
        found = queue.promises(line(ticket(), ticket(1), free_at=at(300), closes_at=at(300)))
        assert found == [Hopeless.CLOSING] * 2

    def test_newcomers_are_reckoned_with_by_those_only_whom_they_may_be_before(self) -> None:
        begun, gathers = at(-60), at(-30)
        those = [ticket(-60, round_at=begun), ticket(-30, round_at=gathers), ticket(-20, round_at=gathers, turns=2)]
        found = queue.promises(line(*those, begun=begun))
        assert [_width(each) for each in found] == sorted(_width(each) for each in found)
        new, returner = _width(found[1]), _width(found[2])
        assert returner - new > timedelta(seconds=2 * 7)

    def test_no_more_newcomers_than_may_wait(self) -> None:
        begun, gathers = at(-60), at(-30)
        those = [ticket(-60, round_at=begun), ticket(-20, round_at=gathers, turns=2)]
        open_, full = (promise(line(*those, begun=begun, limit=limit), 1) for limit in (10, 1))
        assert _width(full) < _width(open_)

    def test_who_presses_now_is_put_in_their_place(self) -> None:
        returner, newcomer = ticket(-9, round_at=at(-9), turns=2), ticket(0, round_at=at(-9))
        assert queue.joined_by(line(returner), newcomer).tickets == (newcomer, returner)

    def test_an_empty_line_promises_nothing(self) -> None:
        assert queue.promises(line()) == []


def _width(found: Promise | Hopeless) -> timedelta:
    assert isinstance(found, Promise)
    assert found.latest is not None
    return found.latest - found.earliest
