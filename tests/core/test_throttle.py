"""How often something may be tried."""

from datetime import timedelta

import pytest
from time_machine import TimeMachineFixture

from clouds import refusals, throttle
from clouds.models import Tries
from clouds.throttle import Delays, Quota

from . import make
from .conftest import NOON

pytestmark = pytest.mark.django_db

HERE, THERE = "198.51.100.7", "203.0.113.9"
THREE_A_MINUTE = Quota("a test", most=3, within=timedelta(minutes=1))


def later(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def until_refused(name: str, address: str) -> tuple[int, float]:
    """After how many tries one has to wait, and for how many seconds."""
    tries = 0
    while (refused := refusal(name, address)) is None:
        tries += 1
    return tries, seconds_of(refused)


def refusal(name: str, address: str) -> refusals.TooMany | None:
    """What a try at noon is told; None if the password is looked at."""
    try:
        throttle.knock(name, address, NOON)
    except refusals.TooMany as refused:
        return refused
    return None


def seconds_of(refused: refusals.TooMany) -> float:
    assert refused.until
    return (refused.until - NOON).total_seconds()


def test_five_wrong_passwords_are_free_and_then_one_waits_twice_as_long_each_time() -> None:
    assert until_refused("Ada", HERE) == (5, 2)
    waits, now = [], NOON
    for _ in range(12):
        row = Tries.objects.exclude(until=None).order_by("-until").first()
        assert row
        assert row.until
        now = max(now, row.until)
        throttle.knock("Ada", HERE, now)
        with pytest.raises(refusals.TooMany) as refused:
            throttle.knock("Ada", HERE, now)
        assert refused.value.until
        waits.append((refused.value.until - now).total_seconds())
    assert waits[:4] == [4, 8, 16, 32]
    assert waits[-1] == 900


def test_another_name_from_the_same_address_is_not_slowed_down() -> None:
    until_refused("Ada", HERE)
    throttle.knock("Bob", HERE, NOON)


def test_the_same_name_from_another_address_is_slowed_down_later_and_for_a_minute_at_most() -> None:
    until_refused("Ada", HERE)
    throttle.knock("Ada", THERE, NOON)
    told = list(filter(None, (refusal("Ada", f"192.0.2.{number}") for number in range(60))))
    assert told
    assert all(seconds_of(refused) <= 60 for refused in told)


def test_who_hammers_at_one_name_uses_up_nothing_of_the_others_at_the_address() -> None:
    until_refused("Ada", HERE)
    for _ in range(throttle.ADDRESS.most):
        with pytest.raises(refusals.TooMany):
            throttle.knock("Ada", HERE, NOON)
    throttle.knock("Bob", HERE, NOON)


def test_an_address_has_an_end_too() -> None:
    for number in range(throttle.ADDRESS.most):
        throttle.knock(f"Name {number}", HERE, NOON)
    with pytest.raises(refusals.TooMany, match="too many tries just now"):
        throttle.knock("Ada", HERE, NOON)
    throttle.knock("Ada", THERE, NOON)
    throttle.knock("Zoe", HERE, NOON + throttle.ADDRESS.within)


def test_the_right_password_is_counted_for_nobody() -> None:
    for number in range(throttle.ADDRESS.most + 10):
        throttle.knock(f"Name {number}", HERE, NOON)
        throttle.welcome(f"Name {number}", HERE)


def test_who_knows_their_password_begins_anew() -> None:
    for _ in range(4):
        throttle.knock("Ada", HERE, NOON)
    throttle.welcome("aDa", HERE)
    assert until_refused("Ada", HERE)[0] == 5


def test_the_case_of_a_name_makes_no_other_name_of_it() -> None:
    until_refused("Ada", HERE)
    with pytest.raises(refusals.TooMany):
        throttle.knock(" aDA", HERE, NOON)


def test_a_quota_is_what_it_says_and_begins_anew() -> None:
    for _ in range(3):
        throttle.spend(THREE_A_MINUTE, HERE, NOON)
    with pytest.raises(refusals.TooMany) as refused:
        throttle.spend(THREE_A_MINUTE, HERE, NOON + later(59))
    assert refused.value.until == NOON + later(60)
    throttle.spend(THREE_A_MINUTE, THERE, NOON + later(59))
    throttle.spend(THREE_A_MINUTE, HERE, NOON + later(60))


def test_neither_names_nor_addresses_are_kept() -> None:
    throttle.knock("Ada", HERE, NOON)
    kept = str(list(Tries.objects.values_list()))
    assert "Ada" not in kept
    assert "ada" not in kept
    assert HERE not in kept


def test_what_is_a_day_old_is_swept_away() -> None:
    throttle.knock("Ada", HERE, NOON)
    throttle.knock("Bob", THERE, NOON + throttle.FORGOTTEN_AFTER)
    assert Tries.objects.count() == 3


def test_a_wait_is_told_in_seconds_and_then_in_minutes(clock: TimeMachineFixture) -> None:
    said = [throttle.told(refusals.TooMany("No.", NOON + later(seconds))) for seconds in (0.2, 1, 119, 120, 121)]
    assert said == [
        "No. Try again in 1 second.",
        "No. Try again in 1 second.",
        "No. Try again in 119 seconds.",
        "No. Try again in 2 minutes.",
        "No. Try again in 3 minutes.",
    ]


def test_delays_have_no_end_but_their_longest() -> None:
    delays = Delays("a test", free=1, first=later(1), longest=later(60))
    assert [delays.after(count).total_seconds() for count in (0, 1, 2, 3, 7, 10**6)] == [0, 1, 2, 4, 60, 60]


@pytest.mark.django_db(transaction=True)
def test_fifty_tries_at_once_are_fifty() -> None:
    quota = Quota("a test", most=20, within=timedelta(minutes=1))
    answers = make.at_once(*[lambda: throttle.spend(quota, HERE, NOON)] * 50)
    assert answers.count(None) == 20


@pytest.mark.django_db(transaction=True)
def test_fifty_passwords_at_once_are_not_looked_at() -> None:
    answers = make.at_once(*[lambda: throttle.knock("Ada", HERE, NOON)] * 50)
    assert 1 <= answers.count(None) <= 5
