"""Ringing for a conductor: when one is wanted and none beats, and not again and again."""

import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from django_q.models import OrmQ
from time_machine import TimeMachineFixture

from clouds import actions, processes
from clouds.models import Cloud, User, Venue

from . import make
from .conftest import NOON, Recorder

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def later(seconds: float) -> timedelta:
    """So many seconds."""
    return timedelta(seconds=seconds)


def fresh() -> Venue:
    """The venue as it is in the database."""
    return Venue.objects.get()


def test_ringing_asks_django_q2_for_a_conductor_that_may_stay_as_long_as_it_likes(venue: Venue, rung: Recorder) -> None:
    assert actions.wake(venue, NOON)
    ((args, kwargs),) = rung.calls
    assert args == ("clouds.tasks.play", venue.pk)
    assert (kwargs["cluster"], kwargs["q_options"]) == ("cloudsite", {"timeout": -1})
    assert fresh().woken_at == NOON


def test_a_venue_elsewhere_is_rung_for_at_its_own_cluster(venue: Venue, rung: Recorder) -> None:
    Venue.objects.update(cluster="barn")
    assert actions.wake(fresh(), NOON)
    assert rung.calls[0][1]["cluster"] == "barn"


@pytest.mark.parametrize(("cluster", "queue"), [("cloudsite", "cloudsite"), ("barn", "barn")])
def test_the_call_is_one_that_django_q2_takes(cluster: str, queue: str, venue: Venue) -> None:
    Venue.objects.update(cluster=cluster)
    assert actions.wake(fresh(), NOON)
    queued = OrmQ.objects.get()
    task = queued.task
    assert queued.key == queue
    assert (task["func"], task["args"], task["kwargs"]) == ("clouds.tasks.play", (venue.pk,), {})
    assert (task["name"], task["timeout"]) == ("play gallery", -1)


def test_it_is_rung_once_in_two_seconds_however_many_press(cloud: Cloud, rung: Recorder) -> None:
    for person in make.visitors(5):
        actions.press(cloud, by=person)
    assert len(rung.calls) == 1


@pytest.mark.parametrize(("seconds", "rings"), [(0, False), (1, False), (1.999, False), (2, True), (3600, True)])
def test_it_is_rung_again_when_two_seconds_brought_nobody(
    seconds: float, rings: bool, venue: Venue, rung: Recorder
) -> None:
    actions.wake(venue, NOON)
    assert actions.wake(fresh(), NOON + later(seconds)) is rings
    assert len(rung.calls) == 1 + rings


def test_who_must_be_heard_at_once_is_heard_however_lately_it_was_rung(venue: Venue, rung: Recorder) -> None:
    assert actions.wake(venue, NOON)
    assert actions.wake(fresh(), NOON, at_once=True)
    assert len(rung.calls) == 2
    Venue.objects.update(conductor="another-host:1:1:token", conductor_beat_at=NOON)
    assert not actions.wake(fresh(), NOON, at_once=True)


def test_a_ring_from_the_future_keeps_nobody_from_ringing(venue: Venue, rung: Recorder) -> None:
    Venue.objects.update(woken_at=NOON + timedelta(days=30))
    assert actions.wake(fresh(), NOON)
    assert len(rung.calls) == 1
    assert fresh().woken_at == NOON


def test_nobody_rings_while_a_conductor_beats(cloud: Cloud, ada: User, rung: Recorder) -> None:
    Venue.objects.update(conductor=f"{processes.name_of(os.getpid())}:token", conductor_beat_at=NOON - later(1))
    assert not actions.wake(fresh(), NOON)
    actions.press(cloud, by=ada)
    assert rung.calls == []
    assert fresh().woken_at is None


def test_it_is_rung_when_the_conductor_has_not_beaten_for_five_seconds(
    cloud: Cloud, ada: User, rung: Recorder, clock: TimeMachineFixture
) -> None:
    Venue.objects.update(conductor="another-host:1:1:token", conductor_beat_at=NOON)
    clock.move_to(NOON + later(4.9), tick=False)
    assert not actions.wake(fresh(), NOON + later(4.9))
    clock.move_to(NOON + later(5), tick=False)
    actions.press(cloud, by=ada)
    assert len(rung.calls) == 1


def test_it_is_rung_at_once_when_the_conductors_process_is_gone(venue: Venue, rung: Recorder) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        Venue.objects.update(conductor=f"{processes.name_of(process.pid)}:token", conductor_beat_at=NOON)
        assert not actions.wake(fresh(), NOON)
        process.send_signal(signal.SIGKILL)
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert actions.wake(fresh(), NOON)
    assert len(rung.calls) == 1


def test_one_venue_is_rung_for_whatever_beats_at_another(venue: Venue, rung: Recorder) -> None:
    elsewhere = Venue.objects.create(
        name="Elsewhere", slug="elsewhere", conductor="another-host:1:1:token", conductor_beat_at=NOON, woken_at=NOON
    )
    assert not actions.wake(elsewhere, NOON)
    assert actions.wake(venue, NOON)
    assert [args[1] for args, _ in rung.calls] == [venue.pk]
