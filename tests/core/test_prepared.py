"""Queries whose SQL is made once: they answer as the same query would, whatever they are asked next."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clouds import prepared
from clouds.models import Cloud, Run, User, Venue
from clouds.prepared import Given, Prepared

from . import make
from .conftest import NOON

pytestmark = pytest.mark.django_db


def due() -> "Prepared[Run]":
    """The runs of a venue that are due at a time, with their clouds."""
    return Prepared(
        lambda: (
            Run.objects.filter(cloud__venue=Given("venue"), due_at__lte=Given("now"))
            .select_related("cloud")
            .oldest_first()
        )
    )


def test_it_answers_as_the_query_does_for_each_of_the_values_it_is_given(cloud: Cloud, venue: Venue) -> None:
    runs = [make.run(cloud, due_at=NOON + timedelta(microseconds=number)) for number in range(3)]
    elsewhere = Venue.objects.create(name="Elsewhere", slug="elsewhere")
    query = due()
    assert query(venue=venue.pk, now=NOON + timedelta(microseconds=1)) == runs[:2]
    assert query(venue=venue.pk, now=NOON) == runs[:1]
    assert query(venue=elsewhere.pk, now=NOON) == []
    assert query(venue=venue.pk, now=NOON + timedelta(hours=1)) == runs


def test_what_was_joined_comes_along_whole(cloud: Cloud, venue: Venue) -> None:
    make.run(cloud, due_at=NOON)
    (run,) = due()(venue=venue.pk, now=NOON)
    values = Run.objects.values().get()
    with CaptureQueriesContext(connection) as asked:
        assert {name: getattr(run, name) for name in values} == values
        assert run.cloud.measures == cloud.measures
    assert len(asked) == 0


def test_the_first_is_the_first_or_none(cloud: Cloud, ada: User) -> None:
    query = Prepared(lambda: Run.objects.filter(asked_by=Given("by")).order_by("-due_at").only("due_at")[:1])
    assert query.first(by=ada.pk) is None
    make.run(cloud, asked_by=ada, due_at=NOON, state=Run.State.ENDED, outcome="done", ended_at=NOON)
    later = make.run(cloud, asked_by=ada, due_at=NOON + timedelta(seconds=1))
    assert query.first(by=ada.pk) == later


def test_its_sql_is_made_once(cloud: Cloud, venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    query, made = due(), []
    monkeypatch.setattr(prepared.Prepared, "_make", _counted(prepared.Prepared._make, made))
    for seconds in range(3):
        query(venue=venue.pk, now=NOON + timedelta(seconds=seconds))
    assert len(made) == 1


def test_a_value_that_is_missing_is_an_error_and_not_everything(venue: Venue) -> None:
    with pytest.raises(KeyError, match="now"):
        due()(venue=venue.pk)


@pytest.mark.django_db(transaction=True)
def test_threads_that_ask_at_once_get_each_their_own() -> None:
    query = Prepared(lambda: Venue.objects.filter(pk=Given("pk")))
    venues = [Venue.objects.create(name=f"Hall {number}", slug=f"hall-{number}") for number in range(4)]
    answers = make.at_once(*[lambda pk=one.pk: [query(pk=pk) for _ in range(50)] for one in venues])
    assert answers == [[[one]] * 50 for one in venues]


def _counted(function: Any, calls: list[None]) -> Any:
    def counting(*args: Any) -> Any:
        calls.append(None)
        return function(*args)

    return counting
