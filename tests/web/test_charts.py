"""The charts: what they show is what the history holds, at the venue's hours."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from clouds.models import Cloud, Venue, tally
from tests.web.conftest import Make, text

DEFAULT = "/history/charts/"


def words(page: str) -> str:
    """What can be read."""
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def lines(page: str) -> list[list[list[str]]]:
    """The cells of both tables, line by line."""
    return [
        [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", line) for line in re.findall(r"<tr>(.*?)</tr>", body)]
        for body in re.findall(r"<tbody>(.*?)</tbody>", page, re.DOTALL)
    ]


def recount() -> None:
    """Count what the test has put into the history past the conductor."""
    for cloud in Cloud.objects.select_related("venue"):
        tally.recount(cloud)


def test_the_charts_and_their_tables_tell_of_every_puff(
    client: Client, conducted: Venue, make_puff: Make, cloud: Cloud
) -> None:
    now = timezone.now()
    noon = now.astimezone(conducted.zone).replace(hour=12, minute=30) - timedelta(days=1)
    for hours, seconds in ((0, 5.0), (0, 7.0), (-1, 30.0), (-24 * 10, 90.0)):
        make_puff(on_at=noon + timedelta(hours=hours), seconds=seconds)
    make_puff(on_at=noon, seconds=60.0, pump="deflate")
    recount()
    page = text(client.get(DEFAULT))
    assert re.search(r"5 puffs from \d+ \w+ \d+ to \d+ \w+ \d+, 2 min of air\.", words(page))
    heat, days = lines(page)
    assert len(heat) == 24
    assert sum(int(cell) for line in heat for cell in line[1:]) == 5
    assert heat[12][0] == "12:00"
    assert heat[12][1 + noon.weekday()] == "3"
    assert len(days) == 30
    assert days[-2][1:] == ["4", "42 s"]
    assert sum(int(line[1]) for line in days) == 5
    assert page.count('class="bar"') == 4


@pytest.mark.parametrize(("span", "found", "bars"), [("week", 1, 7), ("month", 2, 30), ("year", 3, 53), ("all", 4, 41)])
def test_a_span_ends_today(span: str, found: int, bars: int, client: Client, conducted: Venue, make_puff: Make) -> None:
    now = datetime.now(UTC).replace(hour=12)
    for days in (1, 20, 300, 1200):
        make_puff(on_at=now - timedelta(days=days))
    recount()
    page = text(client.get(f"{DEFAULT}?span={span}"))
    assert re.search(rf"\b{found} puffs? from", words(page))
    assert len(lines(page)[1]) in (bars, bars - 1)
    assert re.search(rf'span={span}" aria-current="page"', page)


def test_the_charts_of_one_cloud_leave_out_the_others(client: Client, venue: Venue, make_puff: Make) -> None:
    nimbus = Cloud.objects.create(venue=venue, name="Nimbus", slug="nimbus")
    make_puff()
    make_puff(cloud=nimbus)
    make_puff(cloud=nimbus)
    recount()
    assert "3 puffs from" in words(text(client.get(DEFAULT)))
    page = text(client.get(f"{DEFAULT}?cloud=nimbus&span=week"))
    assert "2 puffs from" in words(page)
    assert 'href="/history/charts/?cloud=nimbus&amp;span=all"' in page


def test_each_venue_has_its_own_hours(client: Client, conducted: Venue, make_puff: Make) -> None:
    nepal = Venue.objects.create(name="Kathmandu", slug="kathmandu", time_zone="Asia/Kathmandu")
    there = Cloud.objects.create(venue=nepal, name="Badal", slug="badal")
    at = (timezone.now() - timedelta(days=2)).replace(hour=10, minute=20)
    make_puff(on_at=at)
    make_puff(on_at=at, cloud=there)
    recount()
    page = text(client.get(DEFAULT))
    heat = lines(page)[0]
    here = at.astimezone(conducted.zone).hour
    assert [int(line[0].split(":")[0]) for line in heat if any(cell != "0" for cell in line[1:])] == [here, 16]
    assert "Asia/Kathmandu, Europe/Berlin" in words(page)


def test_nothing_in_this_time_is_told_so(client: Client, db: None) -> None:
    page = text(client.get(DEFAULT))
    assert "Nothing has puffed in this time." in page
    assert "<svg viewBox" not in page.split("<main", 1)[1].split("</main", 1)[0]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("span=century", "There is no such span."),
        ("span=%00", "There is no such span."),
        ("cloud=nowhere", "There is no such cloud."),
        ("cloud=" + "x" * 10_000, "There is no such cloud."),
    ],
)
def test_a_chart_of_nothing_that_is_is_told_so(query: str, sentence: str, client: Client, cloud: Cloud) -> None:
    response = client.get(f"{DEFAULT}?{query}")
    assert response.status_code == 400
    assert sentence in text(response)


def test_years_take_as_many_queries_as_days(
    client: Client, make_puff: Make, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for days in range(50):
        make_puff(on_at=timezone.now() - timedelta(days=30 * days))
    recount()
    for span in ("week", "all"):
        with django_assert_num_queries(3):
            client.get(f"{DEFAULT}?span={span}")
