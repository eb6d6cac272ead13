"""One conductor at a time, whatever becomes of the one before; and a cluster that hangs does not stay so."""

import signal
import threading
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from django_q.models import Task
from django_q.tasks import async_task

from clouds import actions
from clouds.conductor.baton import Baton
from clouds.models import Puff, Run, Venue
from clouds.timeline import Do, Step
from tests.site import Visitor, until
from tests.survival import judge
from tests.survival.stage import Stage, is_alive, kill


def play(stage: Stage) -> str:
    """Ring for a conductor who is not wanted; the task's number."""
    return str(async_task("clouds.tasks.play", stage.venue.pk, q_options={"timeout": -1}))


def answer_of(task: str) -> str:
    """What a task returned, when it has ended."""
    ended = until(lambda: Task.objects.filter(pk=task).first(), "the task has ended")
    return str(ended.result)


def test_a_second_play_returns_at_once(stage: Stage) -> None:
    conductor = stage.conductor()

    answers = [answer_of(task) for task in [play(stage), play(stage), play(stage)]]

    assert answers == ["somebody else conducts"] * 3
    assert stage.conductor() == conductor
    assert stage.press_again(["Near"]) == {}


def test_many_who_are_rung_for_at_once_make_one_conductor(stage: Stage) -> None:
    before = stage.conductor()
    tasks = [play(stage) for _ in range(6)]
    kill(before, signal.SIGKILL)

    until(lambda: stage.is_conducted() and stage.conductor() != before, "there is a successor")
    holder = stage.venue.conductor
    until(lambda: Task.objects.filter(pk__in=tasks).count() >= len(tasks) - 1, "all but one have left")

    answers = [str(task.result) for task in Task.objects.filter(pk__in=tasks)]
    assert set(answers) == {"somebody else conducts"}
    stage.venue.refresh_from_db()
    assert stage.venue.conductor == holder
    assert stage.press_again(["Near"]) == {}


@pytest.mark.django_db(transaction=True)
def test_two_never_take_the_baton_both() -> None:
    venue = Venue.objects.get_or_create(slug="gallery", defaults={"name": "The gallery"})[0]
    rounds, rivals = 20, 6
    start, taken = threading.Barrier(rivals), [[False] * rivals for _ in range(rounds)]

    def rival(number: int) -> None:
        try:
            for one in taken:
                start.wait(30)
                one[number] = Baton(venue.pk).take()
                if start.wait(30) == 0:
                    # The one who holds it is not heard of for longer than a baton lasts.
                    long_ago = timezone.now() - timedelta(seconds=5.1)
                    Venue.objects.filter(pk=venue.pk).update(conductor_beat_at=long_ago)
                start.wait(30)
        finally:
            connection.close()

    threads = [threading.Thread(target=rival, args=[number]) for number in range(rivals)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert [sum(one) for one in taken] == [1] * rounds


def test_a_conductor_that_stood_still_is_succeeded_and_switches_nothing_on_when_it_goes_on(stage: Stage) -> None:
    since = stage.prepare(["Near"], room=30)
    steps = [Step(Do.INFLATE, 1), Step(Do.REST, 4), Step(Do.INFLATE, 8)]
    run = actions.play(stage.clouds["Near"], steps, by=stage.user)
    stage.remote.wait_for("Near/inflate", "relay_on", since=since)
    stage.remote.wait_for("Near/inflate", "relay_off", since=since)
    # Whoever stands still in the midst of writing keeps everybody else from it.
    until(lambda: Puff.objects.filter(run=run, off_at__isnull=False).exists(), "the first step is written")
    before = stage.conductor()
    left_alone = [task.pk for task in Task.objects.all()]

    kill(before, signal.SIGSTOP)
    try:
        until(lambda: stage.is_conducted() and stage.conductor() != before, "there is a successor")
        until(lambda: not Run.objects.live().filter(pk=run.pk).exists(), "the run it played is told to be lost")
        began = Run.objects.get(pk=run.pk).started_at
        assert began is not None
        until(lambda: timezone.now() > began + timedelta(seconds=5.5), "the next cue of its run is due")
    finally:
        went_on = float(stage.remote.now())
        kill(before, signal.SIGCONT)

    gone = Task.objects.exclude(pk__in=left_alone).filter(func="clouds.tasks.play", result="left in good order")
    until(gone.exists, "it has left")
    time.sleep(1.0)  # what it might still send would have been sent by then
    assert [command for command in stage.remote.commands(went_on) if command["state"] == 1] == []
    assert stage.conductor() != before
    evidence = stage.evidence("Near", since)
    assert judge.find_all(evidence, stage.remote.now()) == [], evidence
    assert [played.outcome for played in evidence.runs] == [Run.Outcome.LOST]
    assert stage.press_again(["Near"]) == {}


@pytest.mark.up("--canary-seconds", "4")
def test_a_cluster_that_takes_no_tasks_is_restarted_and_told_of(stage: Stage) -> None:
    before, main = stage.conductor(), stage.main()
    idle = [pid for pid in stage.workers() if pid != before]
    # One of those who wait for a task holds the queue's lock, and takes it along.
    for pid in idle:
        kill(pid, signal.SIGKILL)
    until(lambda: not any(map(is_alive, idle)), "they are gone")
    task = play(stage)
    assert stage.press_again(["Near"]) == {}
    assert not Task.objects.filter(pk=task).exists(), "the cluster does not hang, so nothing is tried here"

    Venue.objects.filter(pk=stage.venue.pk).update(canary_at=timezone.now() - timedelta(minutes=5))
    with Visitor(stage.up.port) as somebody:
        status, page = somebody.get("/healthz")
        assert status == 503
        assert "the cluster has taken no task since" in page

    until(lambda: not is_alive(main), "the cluster is restarted")
    until(lambda: stage.is_conducted() and stage.main() != main, "another one conducts")
    with Visitor(stage.up.port) as somebody:
        until(lambda: somebody.get("/healthz")[0] == 200, "all is well again")
    assert stage.press_again(["Near", "Far"]) == {}


def test_a_pump_that_somebody_switched_on_by_hand_is_switched_off_and_told_of(stage: Stage) -> None:
    since = stage.prepare(["Near", "Far"], room=30)
    for name in ("Near", "Far"):
        stage.remote.press_button(f"{name}/inflate", 1)
    time.sleep(2.5)  # plugs count whole seconds

    # Near is found on by a press, Far when it is looked after, or by one of them both.
    stage.press("Near")

    stage.wait_until_over(["Near", "Far"])
    for name in ("Near", "Far"):
        evidence = stage.evidence(name, since - 5)
        assert judge.find_differences(evidence) == [], evidence
        assert judge.find_untold(evidence) == [], evidence
    assert stage.press_again(["Near", "Far"]) == {}
