"""What happens when two do the same at the same instant: the database lets one of them in."""

import threading
from typing import Any

import pytest

from clouds import actions, refusals
from clouds.actions import asking
from clouds.models import Cloud, Run, User, Venue
from clouds.timeline import Do, Step

from . import make
from .conftest import NOON, Recorder

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("clock", "rung"),
]


def one_run_and_one_refusal(answers: list[object]) -> refusals.Refused:
    """The refusal, when of two presses one became a run."""
    run, refusal = sorted(answers, key=lambda answer: isinstance(answer, refusals.Refused))
    assert isinstance(run, Run)
    assert isinstance(refusal, refusals.Refused)
    assert [run.pk] == list(Run.objects.live().values_list("pk", flat=True))
    return refusal


def test_two_presses_of_a_person_at_the_same_instant_are_one_run(cloud: Cloud, ada: User) -> None:
    answers = make.at_once(lambda: actions.press(cloud, by=ada), lambda: actions.press(cloud, by=ada))
    assert type(one_run_and_one_refusal(answers)) is refusals.AlreadyAsked


def test_two_presses_of_a_person_are_one_run_even_if_neither_sees_the_other(
    cloud: Cloud, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clouds.actions.pressing._check_their_turn", lambda *_: None)
    answers = make.at_once(lambda: actions.press(cloud, by=ada), lambda: actions.press(cloud, by=ada))
    assert type(one_run_and_one_refusal(answers)) is refusals.AlreadyAsked


def test_two_people_who_press_at_the_same_instant_for_the_last_place_get_one_place(cloud: Cloud) -> None:
    Cloud.objects.update(queue_limit=1)
    one, other = make.visitors(2)
    answers = make.at_once(lambda: actions.press(cloud, by=one), lambda: actions.press(cloud, by=other))
    assert type(one_run_and_one_refusal(answers)) is refusals.QueueFull


def test_two_who_ring_at_the_same_instant_ring_once(venue: Venue, rung: Recorder) -> None:
    answers = make.at_once(*[lambda: actions.wake(Venue.objects.get(pk=venue.pk), NOON)] * 4)
    assert sorted(answers, key=bool) == [False, False, False, True]
    assert len(rung.calls) == 1


@pytest.mark.parametrize(("ask", "module"), [("press", "pressing"), ("play", "playing")])
def test_a_stop_while_somebody_is_let_in_ends_their_run_too(
    ask: str, module: str, cloud: Cloud, curator: User, venue: Venue, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_in, stopped, asked = threading.Event(), threading.Event(), asking.ask

    def ask_slowly(*args: Any, **kwargs: Any) -> Run:
        let_in.set()
        # A stop that waits for what is under way cannot be waited for; one that doesn't is over long before.
        stopped.wait(0.3)
        return asked(*args, **kwargs)

    def stop() -> None:
        assert let_in.wait(10)
        actions.stop(venue, by=curator)
        stopped.set()

    monkeypatch.setattr(f"clouds.actions.{module}.ask", ask_slowly)
    ways = {
        "press": lambda: actions.press(cloud, by=curator),
        "play": lambda: actions.play(cloud, [Step(Do.INFLATE, 5)], by=curator),
    }
    run, _ = make.at_once(ways[ask], stop)
    assert isinstance(run, Run)
    run.refresh_from_db()
    assert (run.state, run.outcome) == ("ended", "stopped")


def test_two_who_end_a_run_at_the_same_instant_end_it_once(cloud: Cloud, ada: User, curator: User) -> None:
    run = make.run(cloud)
    answers = make.at_once(lambda: actions.end(run, by=ada), lambda: actions.end(run, by=curator))
    assert sorted(type(answer) for answer in answers if answer is not None) == [refusals.TooLate]
    run.refresh_from_db()
    assert run.outcome == "stopped"
