"""What the tests of the nouns and rules share: a clock that stands, rings that are written down."""

from datetime import UTC, datetime
from typing import Any

import pytest
from time_machine import TimeMachineFixture

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class Recorder:
    """Stands where `async_task` does, and keeps what was asked for."""

    def __init__(self) -> None:
        self.calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = []

    def __call__(self, *args: Any, **kwargs: Any) -> str:
        self.calls.append((args, kwargs))
        return "a task"


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    """The tasks that were asked of django-q2, which gets none of them."""
    recorder = Recorder()
    monkeypatch.setattr("clouds.actions.waking.async_task", recorder)
    return recorder


@pytest.fixture
def clock(time_machine: TimeMachineFixture) -> TimeMachineFixture:
    """It is noon in Greenwich, and stays so until the test moves it."""
    time_machine.move_to(NOON, tick=False)
    return time_machine
