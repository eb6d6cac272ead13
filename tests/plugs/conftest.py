"""What the tests of plugs share: a stage for each scene, and timeouts for those who wait in vain."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest

from clouds.plugs import actor
from tests.plugs import stage

Play = Callable[[Callable[[Any], Awaitable[None]]], None]


@pytest.fixture(params=["fake", "simulated"])
def play(request: pytest.FixtureRequest) -> Play:
    """Plays a scene on a plug: the fake one, and the simulator's."""
    return partial(stage.play, request.param)


@pytest.fixture
def play_fake() -> Play:
    """Plays a scene on the fake plug."""
    return partial(stage.play, "fake")


@pytest.fixture
def play_simulated() -> Play:
    """Plays a scene on a simulated plug."""
    return partial(stage.play, "simulated")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """An actor waits for answers only as long as a test can."""
    monkeypatch.setattr(actor, "TIMEOUT_SECONDS", 0.4)
    monkeypatch.setattr(actor, "FIRST_OFF_TIMEOUT_SECONDS", 0.2)
    monkeypatch.setattr(actor, "FIRST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(actor, "LONGEST_PAUSE_SECONDS", 0.05)
