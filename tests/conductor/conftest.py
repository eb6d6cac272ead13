"""What the tests of the conductor share: a venue whose baton is held, and a clock that stands where time is counted."""

import pytest
from time_machine import TimeMachineFixture

from clouds.conductor import desk
from clouds.conductor.desk import News
from clouds.models import Cloud, Plug, Venue
from tests.core.conftest import NOON

HOLDER = "here:1:1:token"


@pytest.fixture(autouse=True)
def _nobody_is_rung_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is asked for a conductor finds that there is one."""
    monkeypatch.setattr("clouds.actions.waking.async_task", lambda *_, **__: "a task")


@pytest.fixture
def clock(time_machine: TimeMachineFixture) -> TimeMachineFixture:
    """It is noon in Greenwich, and stays so until the test moves it."""
    time_machine.move_to(NOON, tick=False)
    return time_machine


@pytest.fixture
def held(venue: Venue) -> Venue:
    """A venue whose baton is held."""
    Venue.objects.filter(pk=venue.pk).update(conductor=HOLDER, conductor_beat_at=NOON)
    venue.refresh_from_db()
    return venue


@pytest.fixture
def plug(cloud: Cloud) -> Plug:
    """The cloud's plug."""
    return Plug.objects.get(cloud=cloud)


class Desk:
    """The desk of a venue all of whose clouds are known, and in order unless a test says otherwise."""

    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        self.occupied: set[int] = set()
        self.troubles = dict.fromkeys(venue.clouds.values_list("pk", flat=True), "")

    def read(self, holder: str = HOLDER) -> News:
        """The news."""
        return desk.read(self.venue.pk, holder, self.occupied, self.troubles)

    def begun(self) -> list[int]:
        """The runs that may begin now."""
        return [part.run_id for part in self.read().parts]


@pytest.fixture
def at_desk(held: Venue, cloud: Cloud) -> Desk:
    """The desk."""
    return Desk(held)
