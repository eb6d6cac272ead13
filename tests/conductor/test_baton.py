"""The baton: one holds it, whoever comes second is told at once, and one that is dead loses it."""

import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from time_machine import TimeMachineFixture

from clouds import processes
from clouds.conductor import baton as baton_module
from clouds.conductor.baton import Baton
from clouds.models import Venue
from tests.core import make
from tests.core.conftest import NOON

pytestmark = pytest.mark.django_db


def holder() -> str:
    """Who holds it."""
    return str(Venue.objects.get().conductor)


def seconds(number: float) -> timedelta:
    """So many seconds."""
    return timedelta(seconds=number)


def test_who_comes_first_holds_it_and_who_comes_second_is_told_so(venue: Venue) -> None:
    one, another = Baton(venue.pk), Baton(venue.pk)
    assert one.holder != another.holder
    assert one.take()
    assert not another.take()
    assert holder() == one.holder
    assert one.holder.startswith(f"{processes.name_of(os.getpid())}:")


def test_who_holds_it_does_not_take_it_again(venue: Venue) -> None:
    baton = Baton(venue.pk)
    assert baton.take()
    assert not baton.take()


def test_a_beat_keeps_it(venue: Venue, clock: TimeMachineFixture) -> None:
    one, another = Baton(venue.pk), Baton(venue.pk)
    assert one.take()
    for second in range(1, 12):
        clock.move_to(NOON + seconds(second), tick=False)
        assert one.renew()
        assert not another.take()


@pytest.mark.parametrize(("age", "taken"), [(0.0, False), (4.9, False), (5.0, True), (3600.0, True)])
def test_a_beat_that_is_five_seconds_old_keeps_it_no_longer(
    age: float, taken: bool, venue: Venue, clock: TimeMachineFixture
) -> None:
    Venue.objects.update(conductor="another-host:1:1:token", conductor_beat_at=NOON)
    clock.move_to(NOON + seconds(age), tick=False)
    assert Baton(venue.pk).take() is taken


def test_who_lost_it_is_told_when_they_beat_and_takes_nothing_back(venue: Venue, clock: TimeMachineFixture) -> None:
    one, another = Baton(venue.pk), Baton(venue.pk)
    assert one.take()
    clock.move_to(NOON + seconds(6), tick=False)
    assert another.take()
    assert not one.renew()
    one.lay_down()
    assert holder() == another.holder
    assert another.renew()


def test_a_process_that_is_gone_loses_it_at_once(venue: Venue, clock: TimeMachineFixture) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        Venue.objects.update(conductor=f"{processes.name_of(process.pid)}:token", conductor_beat_at=NOON)
        assert not Baton(venue.pk).take()
        process.send_signal(signal.SIGKILL)
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert Baton(venue.pk).take()


def test_one_that_is_laid_down_is_there_for_the_next_at_once(venue: Venue) -> None:
    one, another = Baton(venue.pk), Baton(venue.pk)
    assert one.take()
    one.lay_down()
    assert holder() == ""
    assert another.take()
    assert not one.renew()


def test_each_venue_has_its_own(venue: Venue) -> None:
    other = Venue.objects.create(name="The barn", slug="barn")
    assert Baton(venue.pk).take()
    assert Baton(other.pk).take()


def test_nothing_begins_before_it_is_held_nor_when_it_may_be_lost(
    venue: Venue, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(baton_module.time, "monotonic", lambda: now)
    baton = Baton(venue.pk)
    assert not baton.allows_to_begin()
    assert baton.take()
    assert baton.allows_to_begin()
    now += 3.9
    assert baton.allows_to_begin()
    now += 0.1
    assert not baton.allows_to_begin()
    assert baton.renew()
    assert baton.allows_to_begin()
    Venue.objects.update(conductor="somebody else")
    now += 2
    assert not baton.renew()
    now += 2
    assert not baton.allows_to_begin()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("before", ["nobody", "somebody who is gone"])
def test_of_many_who_reach_for_it_at_once_one_gets_it(before: str, venue: Venue) -> None:
    if before != "nobody":
        Venue.objects.update(conductor="another-host:1:1:token", conductor_beat_at=NOON - timedelta(days=1))
    batons = [Baton(venue.pk) for _ in range(6)]
    took = make.at_once(*(baton.take for baton in batons))
    assert sorted(took, key=bool) == [False] * 5 + [True]
    assert holder() == batons[took.index(True)].holder
