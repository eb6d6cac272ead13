"""A selection of the history is the puffs that were asked for, in order, and reads no more of it than it shows."""

import itertools
import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from clouds.models import Cloud, Puff, User, Venue
from clouds.selection import Selection

pytestmark = pytest.mark.django_db
BEGIN = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def many(venue: Venue) -> list[Puff]:
    """Puffs of every kind, some at the same moment, at two places far from each other."""
    chance = random.Random(5)
    venue.time_zone = "Europe/Berlin"
    venue.save()
    tokyo = Venue.objects.create(name="Tokyo", slug="tokyo", time_zone="Asia/Tokyo")
    clouds = [Cloud.objects.create(venue=place, name=place.name, slug=place.slug) for place in (venue, tokyo)]
    people = [None, *(User.objects.create_user(name) for name in ("Ada", "Bob"))]
    for number in range(240):
        on_at = BEGIN + timedelta(minutes=20 * (number // 3))
        outcome = chance.choice(["done", "stopped", "failed", "lost"])
        Puff.objects.create(
            cloud=chance.choice(clouds), pump="inflate", source=chance.choice(Puff.Source.values),
            asked_by=chance.choice(people), on_at=on_at, off_at=on_at, outcome=outcome,
            simulated=chance.random() < 0.3,
        )  # fmt: skip
    return list(Puff.objects.select_related("cloud__venue").newest_first())


def fits(puff: Puff, wanted: Selection) -> bool:
    """Whether a puff is one of those that are wanted, said in the plainest way."""
    day = puff.on_at.astimezone(puff.cloud.venue.zone).date()
    return (
        wanted.cloud in (None, puff.cloud)
        and (wanted.first is None or day >= wanted.first)
        and (wanted.last is None or day <= wanted.last)
        and wanted.source in (None, puff.source)
        and wanted.outcome in (None, puff.outcome)
        and wanted.by in (None, puff.asked_by)
        and wanted.simulated in (None, puff.simulated)
    )


def test_every_combination_selects_what_it_says(many: list[Puff]) -> None:
    values: dict[str, list[Any]] = {
        "cloud": [None, Cloud.objects.select_related("venue").get(slug="tokyo")],
        "first": [None, date(2026, 7, 2)],
        "last": [None, date(2026, 7, 2)],
        "source": [None, "show"],
        "outcome": [None, "failed", ""],
        "by": [None, User.objects.get(name="Ada")],
        "simulated": [None, False, True],
    }
    for combination in itertools.product(*values.values()):
        wanted = Selection(**dict(zip(values, combination, strict=True)))
        assert wanted.page(1000) == [puff for puff in many if fits(puff, wanted)], wanted


@pytest.mark.parametrize("wanted", [Selection(), Selection(outcome="failed"), Selection(source="show")])
def test_pages_hold_each_puff_once_there_and_back(many: list[Puff], wanted: Selection) -> None:
    all_of_them = [puff for puff in many if fits(puff, wanted)]
    assert list(itertools.chain(*wanted.pages(7))) == all_of_them
    back: list[Puff] = []
    while page := wanted.page(7, after=(back[0].on_at, back[0].pk) if back else (BEGIN - timedelta(days=1), 0)):
        back = page + back
    assert back == all_of_them


def test_a_page_takes_two_queries(many: list[Puff], django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(2):
        for puff in Selection(outcome="failed").page(50):
            assert puff.who
            assert puff.cloud.venue.zone
            assert puff.run is None


ASKED: list[dict[str, Any]] = [
    {}, {"source": "show"}, {"outcome": "lost"}, {"simulated": True}, {"simulated": False},
    {"source": "api", "outcome": "lost"}, {"source": "api", "outcome": "lost", "simulated": True},
]  # fmt: skip


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL chooses by how many rows there are.")
@pytest.mark.parametrize("place", ["", "before", "after"])
@pytest.mark.parametrize("on_one_cloud", [False, True])
@pytest.mark.parametrize("asked", ASKED)
def test_each_part_of_a_selection_is_a_range_of_an_index_and_nothing_is_sorted(
    asked: dict[str, Any], on_one_cloud: bool, place: str, cloud: Cloud
) -> None:
    wanted = Selection(**asked, cloud=cloud if on_one_cloud else None)
    with CaptureQueriesContext(connection) as queries:
        wanted.page(51, **({place: (BEGIN, 1)} if place else {}))
    index = ("kinds_of_puffs" if asked else "history") + ("_of_a_cloud" if on_one_cloud else "")
    fixed = [*(["cloud_id=?"] if on_one_cloud else []), *(["simulated=?", "source=?", "outcome=?"] if asked else [])]
    bound = {"": [], "before": ["on_at<?"], "after": ["on_at>?"]}[place]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {queries[0]['sql']}")
        steps = [step for *_, step in cursor.fetchall() if "clouds_puff" in step]
    searched = f" ({' AND '.join(fixed + bound)})" if fixed + bound else ""
    assert steps
    assert {step.split(" USING ", 1)[1].removeprefix("COVERING ") for step in steps} == {f"INDEX {index}{searched}"}
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {queries[0]['sql']}")
        assert not [step for *_, step in cursor.fetchall() if "TEMP B-TREE" in step]


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL chooses by how many rows there are.")
@pytest.mark.parametrize("place", ["", "before", "after"])
@pytest.mark.parametrize("on_one_cloud", [False, True])
@pytest.mark.parametrize("asked", [*ASKED, {"simulated": False, "source": "visitor", "outcome": "done"}])
def test_whatever_is_asked_of_a_visitors_puffs_is_answered_by_their_index_alone(
    asked: dict[str, Any], on_one_cloud: bool, place: str, cloud: Cloud
) -> None:
    wanted = Selection(**asked, by=User.objects.create_user("Ada"), cloud=cloud if on_one_cloud else None)
    with CaptureQueriesContext(connection) as queries:
        wanted.page(51, **({place: (BEGIN, 1)} if place else {}))
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {queries[0]['sql']}")
        steps = [step for *_, step in cursor.fetchall()]
    bound = {"": "", "before": " AND on_at<?", "after": " AND on_at>?"}[place]
    assert steps == [f"SEARCH clouds_puff USING COVERING INDEX puffs_of_a_person (asked_by_id=?{bound})"]
