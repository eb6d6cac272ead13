"""The history: its pages, its file, and one puff."""

import asyncio
import csv
import io
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from django.test import AsyncClient, Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from clouds.models import Cloud, Puff, User, Venue
from clouds.views import cursors, history
from tests.web.conftest import Make, text


def rows(page: str) -> list[int]:
    return [int(pk) for pk in re.findall(r'<tr id="puff-(\d+)"', page)]


def table(client: Client, url: str = "/history.csv") -> list[dict[str, str]]:
    response: Any = client.get(url)
    return list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode())))


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def test_a_row_says_what_happened(client: Client, conducted: Venue, bob: User, make_puff: Make) -> None:
    at = datetime(2026, 7, 1, 12, 0, 5, tzinfo=UTC)
    make_puff(bob, on_at=at, seconds=4.72, outcome="failed", reason="It went silent.", confirmed=False, simulated=True)
    page = words(text(client.get("/history/")))
    assert "Cumulus Wed 1 Jul 2026 , 14:00:05 – 14:00:09 CEST reckoned Bob a visitor pressed 5 s 4.7 s" in page
    assert "failed: It went silent. simulated" in page
    assert "Times are those of the place where the cloud hangs: Europe/Berlin." in page


def test_a_confirmed_puff_of_a_real_plug_bears_no_marks(client: Client, make_puff: Make) -> None:
    make_puff()
    page = text(client.get("/history/"))
    assert "reckoned" not in page
    assert "simulated" not in page


def test_a_puff_that_is_on_has_no_end_yet(client: Client, make_puff: Make) -> None:
    make_puff(seconds=None)
    assert "– on now" in words(text(client.get("/history/")))


def test_an_erased_account_leaves_its_puffs_as_a_visitors(client: Client, bob: User, make_puff: Make) -> None:
    make_puff(bob)
    bob.delete()
    page = words(text(client.get("/history/")))
    assert "Bob" not in page
    assert "a visitor a visitor pressed" in page


def test_nothing_yet_is_told_so(client: Client, db: None) -> None:
    assert "Nothing has puffed yet." in text(client.get("/history/"))


def test_one_may_look_at_one_cloud(client: Client, cloud: Cloud, venue: Venue, make_puff: Make) -> None:
    nimbus = Cloud.objects.create(venue=venue, name="Nimbus", slug="nimbus", enabled=False)
    mine, other = make_puff(), make_puff(cloud=nimbus)
    assert rows(text(client.get("/history/"))) == [mine.pk, other.pk]
    assert rows(text(client.get("/history/?cloud=nimbus"))) == [other.pk]
    assert [line["puff"] for line in table(client, "/history.csv?cloud=nimbus")] == [str(other.pk)]


@pytest.mark.parametrize(
    ("day", "found"),
    [
        ("2026-06-30", ["22:00 before"]),
        ("2026-07-01", ["first", "last"]),
        ("2026-07-02", ["22:00 on"]),
        ("2026-07-03", []),
    ],
)
def test_a_day_is_a_day_at_the_venue(
    day: str, found: list[str], client: Client, conducted: Venue, make_puff: Make
) -> None:
    first = datetime(2026, 6, 30, 22, 0, tzinfo=UTC)  # midnight in Berlin
    instant = timedelta(microseconds=1)
    made = {
        "22:00 before": make_puff(on_at=first - instant),
        "first": make_puff(on_at=first),
        "last": make_puff(on_at=first + timedelta(days=1) - instant),
        "22:00 on": make_puff(on_at=first + timedelta(days=1)),
    }
    assert sorted(rows(text(client.get(f"/history/?day={day}")))) == sorted(made[name].pk for name in found)
    assert len(table(client, f"/history.csv?day={day}")) == len(found)


def test_a_day_with_a_change_of_clocks_has_all_its_hours(client: Client, conducted: Venue, make_puff: Make) -> None:
    for hour in range(26):
        make_puff(on_at=datetime(2026, 10, 24, 21, 30, tzinfo=UTC) + timedelta(hours=hour))
    assert len(rows(text(client.get("/history/?day=2026-10-25")))) == 25


def test_each_venue_has_its_own_day(client: Client, conducted: Venue, make_puff: Make) -> None:
    tokyo = Venue.objects.create(name="Tokyo", slug="tokyo", time_zone="Asia/Tokyo")
    there = Cloud.objects.create(venue=tokyo, name="Kumo", slug="kumo")
    evening = datetime(2026, 7, 1, 18, 0, tzinfo=UTC)
    here_puff, there_puff = make_puff(on_at=evening), make_puff(on_at=evening, cloud=there)
    assert rows(text(client.get("/history/?day=2026-07-01"))) == [here_puff.pk]
    assert rows(text(client.get("/history/?day=2026-07-02"))) == [there_puff.pk]
    assert "Asia/Tokyo, Europe/Berlin" in text(client.get("/history/"))


@pytest.mark.parametrize("path", ["/history/", "/history.csv"])
@pytest.mark.parametrize(
    "query",
    [
        "day=2026-13-45", "day=yesterday", "day=0001-01-01", "day=9999-12-31", "day=1%202%203", "day=%00",
        "cloud=nowhere", "cloud=%00", "cloud=" + "x" * 10_000, "cloud=<script>",
    ],
)  # fmt: skip
def test_a_filter_that_makes_no_sense_is_told_so(path: str, query: str, client: Client, make_puff: Make) -> None:
    make_puff()
    response = client.get(f"{path}?{query}")
    assert response.status_code == 400
    assert re.search(r"There is no such cloud|Write the day as|Choose a day|Null characters", text(response))
    assert not rows(text(response))


def test_the_pages_hold_each_puff_once_although_new_ones_come(
    client: Client, make_puff: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "PAGE", 3)
    at = timezone.now() - timedelta(hours=1)
    made = [make_puff(on_at=at - timedelta(seconds=number // 4)).pk for number in range(10)]
    seen, url = [], "/history/"
    while url:
        page = text(client.get(url))
        seen += rows(page)
        make_puff(on_at=timezone.now())
        older = re.search(r'id="older" rel="next" href="([^"]+)"', page)
        url = older[1].replace("&amp;", "&") if older else ""
    assert sorted(seen) == sorted(made)
    moments = list(Puff.objects.filter(pk__in=seen).newest_first().values_list("pk", flat=True))
    assert seen == moments


def test_a_page_keeps_what_was_asked_for(client: Client, make_puff: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "PAGE", 1)
    make_puff()
    make_puff()
    page = text(client.get("/history/?cloud=cumulus"))
    assert re.search(r'id="older" rel="next" href="/history/\?cloud=cumulus&amp;before=', page)
    assert 'href="/history.csv?cloud=cumulus"' in page


@pytest.mark.parametrize("cursor", ["", "x", "0", "MTIzXzQ1Ng", "[1,2]:sig", "%00", "9" * 5000, "WzEsMV0:AAAA"])
def test_a_made_up_place_is_told_so(cursor: str, client: Client, make_puff: Make) -> None:
    make_puff()
    response = client.get(f"/history/?before={cursor}")
    assert response.status_code == 400
    assert "This page of the history does not exist." in text(response)


def test_a_place_is_read_as_it_was_written() -> None:
    at = datetime(2026, 7, 1, 12, 0, 5, 123456, tzinfo=UTC)
    assert cursors.read(cursors.write(at, 7)) == (at, 7)


def test_many_puffs_take_as_many_queries_as_one(
    client: Client, venue: Venue, make_puff: Make, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(20):
        cloud = Cloud.objects.create(venue=venue, name=f"Fog {number}", slug=f"fog-{number}")
        make_puff(User.objects.create_user(f"Visitor {number}"), cloud=cloud)
    with django_assert_num_queries(3):
        client.get("/history/")
    with django_assert_num_queries(2):
        assert len(table(client)) == 20


def test_the_file_tells_the_same(client: Client, conducted: Venue, bob: User, make_puff: Make) -> None:
    at = datetime(2026, 7, 1, 12, 0, 5, tzinfo=UTC)
    puff = make_puff(bob, on_at=at, seconds=4.72, confirmed=False, simulated=True, reason="a, b")
    assert table(client) == [
        {
            "puff": str(puff.pk),
            "cloud": "Cumulus",
            "time zone": "Europe/Berlin",
            "on": "2026-07-01T14:00:05.000+02:00",
            "off": "2026-07-01T14:00:09.720+02:00",
            "who": "Bob",
            "why": "a visitor",
            "did": "inflates",
            "planned seconds": "5.0",
            "real seconds": "4.72",
            "outcome": "done",
            "reason": "a, b",
            "times confirmed": "no",
            "simulated": "yes",
            "rehearsed at speed": "",
            "told": "",
        }
    ]


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)"])
def test_a_name_never_becomes_a_formula(name: str, client: Client, make_puff: Make) -> None:
    make_puff(User.objects.create_user(name))
    assert table(client)[0]["who"] == f"'{name}"


def test_the_file_holds_each_puff_once_and_is_sent_in_parts(
    client: Client, make_puff: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "CHUNK", 3)
    made = [str(make_puff().pk) for _ in range(7)]
    response: Any = client.get("/history.csv")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    parts = list(response.streaming_content)
    assert len(parts) == 1 + 3
    assert [line["puff"] for line in csv.DictReader(io.StringIO(b"".join(parts).decode()))] == made


@pytest.mark.django_db(transaction=True)
def test_an_asgi_server_sends_the_file_in_parts_too(make_puff: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "CHUNK", 3)
    for _ in range(7):
        make_puff()

    async def fetch() -> list[bytes]:
        try:
            response: Any = await AsyncClient().get("/history.csv")
            assert response.is_async
            return [part async for part in response.streaming_content]
        finally:
            await sync_to_async(connections.close_all)()  # of the thread that answered

    assert len(asyncio.run(fetch())) == 1 + 3


def test_one_puff_is_told_in_full(client: Client, conducted: Venue, bob: User, make_puff: Make) -> None:
    puff = make_puff(
        bob, on_at=datetime(2026, 1, 1, 12, 0, 5, tzinfo=UTC), outcome="lost", reason="Its conductor died."
    )
    page = words(text(client.get(f"/history/{puff.pk}/")))
    assert "On Thu 1 Jan 2026, 13:00:05 CET" in page
    assert "Off Thu 1 Jan 2026, 13:00:10 CET" in page
    assert "Outcome lost: Its conductor died." in page
    assert "The plug itself confirmed these times." in page


def test_a_puff_whose_times_are_reckoned_says_so(client: Client, make_puff: Make) -> None:
    page = text(client.get(f"/history/{make_puff(confirmed=False).pk}/"))
    assert "could not confirm these times" in page


@pytest.mark.parametrize("pk", ["0", "999", "9" * 40])
def test_a_puff_that_never_was_is_not_found(pk: str, client: Client, db: None) -> None:
    response = client.get(f"/history/{pk}/")
    assert response.status_code == 404
    assert "There is no such puff." in text(response)
