"""The pages of the history."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from clouds.models import Cloud, Puff, User, Venue
from clouds.views import cursors, history
from tests.web.conftest import Make, text


def rows(page: str) -> list[int]:
    return [int(pk) for pk in re.findall(r'<tr id="puff-(\d+)"', page)]


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def test_a_row_says_what_happened(client: Client, conducted: Venue, bob: User, make_puff: Make) -> None:
    at = datetime(2026, 7, 1, 12, 0, 5, tzinfo=UTC)
    make_puff(bob, on_at=at, seconds=4.72, outcome="failed", reason="It went silent.", confirmed=False, simulated=True)
    page = words(text(client.get("/history/")))
    assert "Cumulus Wed 1 Jul 2026, 14:00:05 – 14:00:09 CEST Bob a visitor pressed 5 s 4.7 s" in page
    assert "failed: It went silent. reckoned simulated" in page
    assert "Times are those of the place where the cloud hangs: Europe/Berlin." in page


def test_a_confirmed_puff_of_a_real_plug_bears_no_marks(client: Client, make_puff: Make) -> None:
    make_puff()
    page = text(client.get("/history/"))
    assert 'class="mark' not in page


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
    page = text(client.get(f"/history/?since={day}&until={day}"))
    assert sorted(rows(page)) == sorted(made[name].pk for name in found)


def test_a_day_with_a_change_of_clocks_has_all_its_hours(client: Client, conducted: Venue, make_puff: Make) -> None:
    for hour in range(26):
        make_puff(on_at=datetime(2026, 10, 24, 21, 30, tzinfo=UTC) + timedelta(hours=hour))
    assert len(rows(text(client.get("/history/?since=2026-10-25&until=2026-10-25")))) == 25


def test_each_venue_has_its_own_day(client: Client, conducted: Venue, make_puff: Make) -> None:
    tokyo = Venue.objects.create(name="Tokyo", slug="tokyo", time_zone="Asia/Tokyo")
    there = Cloud.objects.create(venue=tokyo, name="Kumo", slug="kumo")
    evening = datetime(2026, 7, 1, 18, 0, tzinfo=UTC)
    here_puff, there_puff = make_puff(on_at=evening), make_puff(on_at=evening, cloud=there)
    assert rows(text(client.get("/history/?since=2026-07-01&until=2026-07-01"))) == [here_puff.pk]
    assert rows(text(client.get("/history/?since=2026-07-02&until=2026-07-02"))) == [there_puff.pk]
    assert "Asia/Tokyo, Europe/Berlin" in text(client.get("/history/"))


@pytest.mark.parametrize("path", ["/history/", "/history.csv", "/history.json"])
@pytest.mark.parametrize(
    "query",
    [
        "since=2026-13-45", "until=yesterday", "since=0001-01-01", "until=9999-12-31", "since=1%202%203", "since=%00",
        "since=2026-07-02&until=2026-07-01", "cloud=nowhere", "cloud=%00", "cloud=" + "x" * 10_000, "cloud=<script>",
        "source=magic", "source=%00", "outcome=won", "outcome=" + "x" * 10_000, "kind=imagined",
        "who=Nobody", "who=" + "x" * 10_000, "who=%00", "who=%E2%80%AE",
    ],
)  # fmt: skip
def test_a_filter_that_makes_no_sense_is_told_so(path: str, query: str, client: Client, make_puff: Make) -> None:
    make_puff()
    response = client.get(f"{path}?{query}")
    assert response.status_code == 400
    page = text(response)
    assert re.search(
        r"There is no such (cloud|reason|outcome)|Write the day as|Choose (a day|real)|Null characters|"
        r"The last day is before|Nobody here has this name|Names have at most",
        page.replace("&#x27;", "'"),
    )
    assert not rows(page)


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
    assert 'href="/history.json?cloud=cumulus"' in page


@pytest.mark.parametrize("way", ["before", "after"])
@pytest.mark.parametrize("cursor", ["", "x", "0", "MTIzXzQ1Ng", "[1,2]:sig", "%00", "9" * 5000, "WzEsMV0:AAAA"])
def test_a_made_up_place_is_told_so(cursor: str, way: str, client: Client, make_puff: Make) -> None:
    make_puff()
    response = client.get(f"/history/?{way}={cursor}")
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
    for query in ("", "?outcome=done&kind=real"):
        with django_assert_num_queries(4):
            assert len(rows(text(client.get(f"/history/{query}")))) == 20


def test_one_goes_there_and_back_again(client: Client, make_puff: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "PAGE", 3)
    made = [make_puff().pk for _ in range(8)]

    def follow(page: str, link: str) -> str:
        found = re.search(rf'id="{link}"[^>]* href="([^"]+)"', page)
        assert found, link
        return text(client.get(found[1].replace("&amp;", "&")))

    pages = [text(client.get("/history/"))]
    for _ in range(2):
        pages.append(follow(pages[-1], "older"))
    assert [rows(page) for page in pages] == [made[:3], made[3:6], made[6:]]
    assert 'id="older"' not in pages[-1]
    assert 'id="newer"' not in pages[0]
    back = follow(pages[2], "newer")
    assert rows(back) == made[3:6]
    assert rows(follow(back, "newer")) == made[:3]
    assert rows(follow(back, "newest")) == made[:3]
    assert 'id="newer"' not in follow(back, "newer")
    oldest = follow(pages[0], "oldest")
    assert rows(oldest) == made[5:]
    assert rows(follow(oldest, "newer")) == made[2:5]


def test_a_page_lies_either_before_or_after_a_place(client: Client, make_puff: Make) -> None:
    place = cursors.write(make_puff().on_at, 1)
    assert client.get(f"/history/?before={place}&after={place}").status_code == 400


def test_a_page_beyond_the_end_still_leads_back(client: Client, make_puff: Make) -> None:
    puff = make_puff()
    page = text(client.get(f"/history/?before={cursors.write(puff.on_at, puff.pk)}"))
    assert "Nothing has puffed here." in page
    assert 'id="newest"' in page


def test_the_newest_page_keeps_itself_so_and_no_other_does(
    client: Client, make_puff: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "PAGE", 1)
    make_puff()
    make_puff()
    page = text(client.get("/history/?cloud=cumulus"))
    assert 'id="live" data-url="/history/?cloud=cumulus" data-again="15000"' in page
    assert page.index("</form>", page.index("<main")) < page.index('id="live"')  # what is being chosen stays as it is
    older = re.search(r'id="older" rel="next" href="([^"]+)"', page)
    assert older
    page = text(client.get(older[1].replace("&amp;", "&")))
    assert 'id="live"' not in page
    assert "live.js" not in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("source=show", ["show"]),
        ("source=visitor", ["bob", "now", "failed"]),
        ("outcome=failed", ["failed"]),
        ("outcome=on", ["now"]),
        ("outcome=done", ["bob", "show"]),
        ("who=bob", ["bob"]),
        ("who=%20BOB%20", ["bob"]),
        ("kind=simulated", ["show"]),
        ("kind=real", ["bob", "now", "failed"]),
        ("kind=real&source=visitor&outcome=done", ["bob"]),
        ("who=Bob&outcome=failed", []),
        ("cloud=&since=&until=&source=&outcome=&who=&kind=&page=7&x=%00", ["bob", "show", "now", "failed"]),
    ],
)
def test_one_may_look_at_a_part(query: str, found: list[str], client: Client, bob: User, make_puff: Make) -> None:
    made = {
        "bob": make_puff(bob),
        "show": make_puff(source="show", simulated=True),
        "now": make_puff(seconds=None),
        "failed": make_puff(outcome="failed"),
    }
    assert sorted(rows(text(client.get(f"/history/?{query}")))) == sorted(made[name].pk for name in found)


def test_a_visitor_who_was_erased_cannot_be_looked_for(client: Client, bob: User, make_puff: Make) -> None:
    make_puff(bob)
    bob.delete()
    response = client.get("/history/?who=Bob")
    assert response.status_code == 400
    assert "Nobody here has this name." in text(response)


def test_a_show_is_told_by_its_name(client: Client, make_puff: Make, make_run: Make) -> None:
    make_puff(source="show", run=make_run(state="ended", source="show", title="Evening <3"), step=0)
    assert "part of a show, “Evening &lt;3”" in text(client.get("/history/"))
