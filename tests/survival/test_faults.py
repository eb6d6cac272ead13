"""Whatever fault a plug has, and whenever: no pump stays on, and the history tells what happened."""

import contextlib
import time
from collections.abc import Iterator
from itertools import product

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.site import until
from tests.survival import judge
from tests.survival.moments import MID_INFLATION, MOMENTS, OFF_SENT, ON_SENT, Findings
from tests.survival.stage import PUFF_SECONDS, Stage, sleep_until, staged
from tests.survival.troubles import SLACK_SECONDS, TROUBLES, Trouble

# The tests themselves only read what was found, so that nothing of theirs is flushed while the site runs.
pytestmark = pytest.mark.django_db

CELLS = {f"{trouble}, {moment}": (trouble, moment) for trouble, moment in product(TROUBLES, MOMENTS)}
CLOUDS = {cell: f"Cloud{number}" for number, cell in enumerate(CELLS)}
WHEN = {ON_SENT: "on", OFF_SENT: "off"}


@pytest.fixture(scope="module")
def findings(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Findings]:
    """All faults at all moments at the same time, on a cloud each."""
    with django_db_blocker.unblock(), staged(CLOUDS.values()) as stage:
        since = stage.prepare(CLOUDS.values())
        _have_troubles(stage)
        yield _judge(stage, since)


@pytest.mark.parametrize("cell", CELLS)
def test_no_pump_stays_on_and_the_history_is_true(findings: Findings, cell: str) -> None:
    assert not findings.wrong[cell], findings.sentence(cell)


def _have_troubles(stage: Stage) -> None:
    """Press every button, and have each plug's fault at its moment."""
    pressed = {}
    for cell, (trouble, moment) in CELLS.items():
        if moment != MID_INFLATION:
            _have(stage, cell, TROUBLES[trouble], WHEN.get(moment))
        stage.press(CLOUDS[cell])
        pressed[cell] = time.monotonic()
        # Those whose turn has come, lest many presses take longer than a puff.
        _interrupt(stage, pressed)
    while pressed:
        sleep_until(min(pressed.values()) + PUFF_SECONDS / 2)
        _interrupt(stage, pressed)


def _interrupt(stage: Stage, pressed: dict[str, float]) -> None:
    """Have the faults that are to come in mid-inflation, where it is time for them."""
    due = [cell for cell, at in pressed.items() if time.monotonic() >= at + PUFF_SECONDS / 2]
    for cell in due:
        del pressed[cell]
        trouble, moment = CELLS[cell]
        if moment == MID_INFLATION:
            _have(stage, cell, TROUBLES[trouble], None)


def _have(stage: Stage, cell: str, trouble: Trouble, when: str | None) -> None:
    stage.remote.fault(f"{CLOUDS[cell]}/inflate", trouble.name, when=when, **trouble.params)


def _judge(stage: Stage, since: float) -> Findings:
    stage.comes_to_rest(CLOUDS.values())
    # A plug that was found on is written down a moment after it is off. A restart can make two stretches of one puff,
    # so not each of them need have a row of its own.
    with contextlib.suppress(AssertionError):
        until(lambda: all(_is_written(stage, name, since) for name in CLOUDS.values()), "all is written", 3.0, 0.5)
    now = stage.remote.now()
    evidence = {cell: stage.evidence(name, since) for cell, name in CLOUDS.items()}
    wrong = {cell: judge.find_all(each, now, slack=SLACK_SECONDS) for cell, each in evidence.items()}
    again = stage.press_again(CLOUDS.values())
    for cell, name in CLOUDS.items():
        wrong[cell] += [] if evidence[cell].runs else ["no run was played"]
        wrong[cell] += [again[name]] if name in again else []
    return Findings(wrong, evidence)


def _is_written(stage: Stage, name: str, since: float) -> bool:
    found = stage.evidence(name, since)
    return len(found.rows) >= len(found.stretches)
