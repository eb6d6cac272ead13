"""Whatever dies while a show plays: no balloon bursts, no pump stays on, what is left is played, or told as lost."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from clouds import actions, timeline
from clouds.models import Run
from clouds.timeline import Do, Step
from tests.survival import judge
from tests.survival.disturbances import DISTURBANCES
from tests.survival.judge import Evidence
from tests.survival.moments import Findings
from tests.survival.stage import Stage, slowness, staged

# The tests themselves only read what was found, so that nothing of theirs is flushed while the site runs.
pytestmark = pytest.mark.django_db

PLAIN, PAUSED = CLOUDS = "Plain", "Paused"
PLAN = [Step(Do.INFLATE, 1.0), Step(Do.REST, 1.5), Step(Do.INFLATE, 1.0), Step(Do.REST, 3.5), Step(Do.INFLATE, 1.0)]
# The last inflation may be ended by nothing but its countdown, and a balloon bears no more than that.
ROOM_SECONDS = 2.0 + timeline.SHORTEST_COUNTDOWN_SECONDS + 0.2
TAKEN_UP_WITHIN_SECONDS = 0.4
STRUCK = (
    "SIGKILL the conductor's worker",
    "SIGKILL every process of the cluster",
    "SIGKILL the web server",
    "lock the database for 6 s",
)


@pytest.fixture(scope="module")
def stage(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Stage]:
    """One site for all of them."""
    with django_db_blocker.unblock(), staged(CLOUDS) as stage:
        yield stage


@pytest.fixture(scope="module", params=STRUCK)
def findings(request: pytest.FixtureRequest, stage: Stage) -> Findings:
    """What became of a show of three inflations when it was struck in its second, with a pause in it on one cloud."""
    disturbance = DISTURBANCES[request.param]
    allowance = slowness() if disturbance.starts_anew else 0.0
    since = stage.prepare(CLOUDS, room=ROOM_SECONDS)
    runs = {name: _show(stage, name) for name in CLOUDS}
    stage.see_on(PAUSED, since)
    actions.pause(runs[PAUSED], by=stage.user)
    stage.remote.wait_for(f"{PAUSED}/inflate", "relay_off", since=since)
    actions.resume(runs[PAUSED], by=stage.user)
    stage.remote.wait_for(f"{PLAIN}/inflate", "relay_off", since=since)
    stage.see_on(PLAIN, stage.remote.now())
    struck = stage.remote.now()
    disturbance.strike(stage)
    stage.comes_to_rest(CLOUDS)
    now = stage.remote.now()
    evidence = {name: stage.evidence(name, since) for name in CLOUDS}
    for each in evidence.values():
        if disturbance.is_crash:
            each.crashed_at.append(struck)
            each.allowance = max(allowance, slowness()) if disturbance.starts_anew else 0.0
    wrong = {
        name: judge.find_all(each, now) + _badly_told(each, struck, is_crash=disturbance.is_crash)
        for name, each in evidence.items()
    }
    return Findings(wrong, evidence)


def _show(stage: Stage, name: str) -> Run:
    """A show that is due in a moment, as planning writes it."""
    now, due_at = timezone.now(), timezone.now() + timedelta(seconds=0.7)
    return Run.objects.create(
        cloud=stage.clouds[name], source=Run.Source.SHOW, title="Drizzle", steps=timeline.dump(PLAN),
        seconds=timeline.length(PLAN), asked_at=now, due_at=due_at, nominal_at=due_at, simulated=True,
    )  # fmt: skip


def _badly_told(evidence: Evidence, struck: float, *, is_crash: bool) -> list[str]:
    """Whether the run was neither played to its end, its last step at its moment, nor lost with its conductor.

    Where the database does not answer for more than 4 s, nothing new is begun, and the run says so.
    """
    (run,) = evidence.runs
    if run.outcome == Run.Outcome.FAILED and run.reason.startswith("The database does not answer"):
        return [] if not is_crash else [f"the database was there all the time: {run}"]
    if run.outcome == Run.Outcome.LOST:
        return [] if is_crash else [f"it was lost, and nobody died: {run}"]
    if run.outcome != Run.Outcome.DONE:
        return [f"it was neither played to its end nor lost: {run}"]
    # A pause is part of its seconds by then.
    last_cue = (run.started or 0.0) + run.seconds - PLAN[-1].seconds
    last = evidence.stretches[-1]
    if abs(last.on - last_cue) > TAKEN_UP_WITHIN_SECONDS or last.on < struck:
        return [f"its last step began at {last.on:.2f}, and was due at {last_cue:.2f}"]
    return []


@pytest.mark.parametrize("name", CLOUDS)
def test_a_show_bursts_no_balloon_and_is_taken_up_at_its_next_step_or_lost(findings: Findings, name: str) -> None:
    assert not findings.wrong[name], findings.sentence(name)
