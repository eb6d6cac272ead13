"""Whatever process dies or is told to end, and whenever: no pump stays on, and the history tells what happened."""

from collections.abc import Iterator

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.survival.disturbances import DISTURBANCES
from tests.survival.moments import CLOUDS, MOMENTS, Findings, disturb
from tests.survival.stage import Stage, staged

# The tests themselves only read what was found, so that nothing of theirs is flushed while the site runs.
pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def stage(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Stage]:
    """One site for all of them: each must leave it in order for the next."""
    with django_db_blocker.unblock(), staged(CLOUDS.values()) as stage:
        yield stage


@pytest.fixture(scope="module", params=DISTURBANCES)
def findings(request: pytest.FixtureRequest, stage: Stage) -> Findings:
    """What a disturbance did to the clouds at each of the moments."""
    return disturb(stage, DISTURBANCES[request.param])


@pytest.mark.parametrize("moment", MOMENTS)
def test_no_pump_stays_on_and_the_history_is_true(findings: Findings, moment: str) -> None:
    assert not findings.wrong[moment], findings.sentence(moment)
