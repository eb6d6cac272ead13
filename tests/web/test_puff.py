"""One puff's page: what was planned, what was confirmed, and the picture of its cloud."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from clouds import balloon
from clouds.balloon import Measures
from clouds.models import BalloonNote, Cloud, Program, Rehearsal, Show, User, Venue
from clouds.timeline import Do
from clouds.views import puff as page_of
from tests.web.conftest import Make, text

AT = datetime(2026, 1, 1, 12, 0, 5, 12_345, tzinfo=UTC)


def words(page: str) -> str:
    """What can be read."""
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def table(page: str) -> list[str]:
    """The lines of the table beside the picture."""
    found = re.search(r'<details class="as-table">.*?<tbody>(.*?)</tbody>', page, re.DOTALL)
    assert found
    return [words(line) for line in found[1].split("</tr>") if words(line)]


def test_one_puff_is_told_in_full(client: Client, conducted: Venue, bob: User, make_puff: Make, make_run: Make) -> None:
    run = make_run(
        bob, state="ended", asked_at=AT - timedelta(seconds=3), started_at=AT.replace(microsecond=0), outcome="stopped"
    )
    puff = make_puff(bob, on_at=AT, seconds=4.7204, outcome="stopped", reason="Ada ended it.", run=run, step=0)
    page = words(text(client.get(f"/history/{puff.pk}/")))
    assert "Thu 1 Jan 2026 . It was ended before its time. Ada ended it." in page
    assert "Planned 13:00:05.000 13:00:10.000 5 s" in page
    assert "Confirmed 13:00:05.012 13:00:09.732 4.720 s" in page
    assert "Times are those of The gallery (Europe/Berlin)." in page
    assert "Who Bob" in page
    assert "Asked for Thu 1 Jan 2026, 13:00:02 CET" in page
    assert "Outcome stopped: Ada ended it." in page
    assert "The plug itself confirmed these times." in page


def test_a_step_of_a_show_was_planned_after_those_before_it(
    client: Client, conducted: Venue, make_puff: Make, make_run: Make
) -> None:
    program = Program.objects.create(name="Two")
    show = Show.objects.create(
        venue=conducted, program=program, name="Evening", first_on=AT.date(), starts_at=AT.time(), rrule=""
    )
    steps = [{"do": "inflate", "seconds": 2.0}, {"do": "rest", "seconds": 7.5}, {"do": "inflate", "seconds": 3.0}]
    run = make_run(
        state="ended", source="show", show=show, title="Evening", steps=steps, started_at=AT, nominal_at=AT,
        outcome="done",
    )  # fmt: skip
    first = make_puff(source="show", run=run, step=0, on_at=AT, seconds=2.0, planned_seconds=2.0)
    second = make_puff(
        source="show", run=run, step=2, on_at=AT + timedelta(seconds=9.6), seconds=3.0, planned_seconds=3.0
    )
    page = text(client.get(f"/history/{second.pk}/"))
    assert "Planned 13:00:14.512 13:00:17.512 3 s" in words(page)
    assert "Show Evening, due at Thu 1 Jan 2026, 13:00:05 CET" in words(page)
    assert "Its run done. Its puffs: 13:00:05 , 13:00:14" in words(page)
    assert f'href="/history/{first.pk}/"' in page


@pytest.mark.parametrize("steps", [[], [{"do": "fly", "seconds": 1}], "x"])
def test_a_plan_that_cannot_be_read_takes_nothing_from_the_rest(
    steps: object, client: Client, make_puff: Make, make_run: Make
) -> None:
    puff = make_puff(run=make_run(state="ended", steps=steps), step=0)
    assert "Planned – – 5 s" in words(text(client.get(f"/history/{puff.pk}/")))


def test_a_puff_whose_times_are_reckoned_says_so(client: Client, make_puff: Make) -> None:
    page = text(client.get(f"/history/{make_puff(confirmed=False).pk}/"))
    assert "could not confirm these times" in page


@pytest.mark.parametrize("pk", ["0", "999", "9" * 40])
def test_a_puff_that_never_was_is_not_found(pk: str, client: Client, db: None) -> None:
    response = client.get(f"/history/{pk}/")
    assert response.status_code == 404
    assert "There is no such puff." in text(response)


def test_a_puff_that_is_on_keeps_its_page_up_to_date(client: Client, make_puff: Make) -> None:
    puff = make_puff(seconds=None, on_at=timezone.now() - timedelta(seconds=2))
    page = text(client.get(f"/history/{puff.pk}/"))
    assert f'id="live" data-url="/history/{puff.pk}/"' in page
    assert "The pump is on now." in page
    assert "on now" in words(page)
    assert 'id="live"' not in text(client.get(f"/history/{make_puff().pk}/"))


def test_the_picture_shows_what_was_around_it_in_the_venues_time(
    client: Client, conducted: Venue, cloud: Cloud, make_puff: Make
) -> None:
    make_puff(on_at=AT - timedelta(hours=2), seconds=6.0)
    make_puff(on_at=AT - timedelta(seconds=60), seconds=12.0)
    puff = make_puff(on_at=AT, seconds=6.0)
    make_puff(on_at=AT + timedelta(minutes=20), seconds=6.0)
    page = text(client.get(f"/history/{puff.pk}/"))
    assert table(page) == [
        "12:55:05 here the picture begins 10 %",
        "12:59:05 the pump goes on 10 %",
        "12:59:17 the pump goes off 30 %",
        "13:00:05 the pump goes on 30 %",
        "13:00:11 the pump goes off 40 %",
        "13:05:11 here it ends 40 %",
    ]
    assert page.count('class="pump inflate') == 2
    assert page.count('class="pump inflate shown"') == 1


def test_what_a_curator_noted_counts(client: Client, cloud: Cloud, conducted: Venue, make_puff: Make) -> None:
    make_puff(on_at=AT - timedelta(hours=2), seconds=30.0)
    BalloonNote.objects.create(cloud=cloud, kind="vented", noted_at=AT - timedelta(hours=1))
    BalloonNote.objects.create(cloud=cloud, kind="set", fill=0.5, noted_at=AT + timedelta(minutes=2))
    puff = make_puff(on_at=AT, seconds=6.0)
    lines = table(text(client.get(f"/history/{puff.pk}/")))
    assert lines[0] == "12:55:05 here the picture begins 0 %"
    assert lines[3:] == ["13:02:05 a curator saw how full it was 50 %", "13:05:11 here it ends 50 %"]


def test_a_leaking_balloon_needs_only_what_it_has_not_forgotten(
    client: Client, cloud: Cloud, make_puff: Make, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    Cloud.objects.update(half_life_seconds=60.0)
    for number in range(100):
        make_puff(on_at=AT - timedelta(minutes=number + 1), seconds=5.0)
    puff = make_puff(on_at=AT, seconds=5.0)
    url = f"/history/{puff.pk}/"
    with django_assert_num_queries(6):
        page = text(client.get(url))
    fill, measures = 0.0, Measures(60.0, 60.0)
    for _ in range(100):
        fill = balloon.after(balloon.after(fill, 5.0, Do.INFLATE, measures), 55.0, Do.REST, measures)
    assert [line for line in table(page) if line.endswith(f"the pump goes on {fill:.0%}".replace("%", " %"))]


def test_a_balloon_that_keeps_its_air_is_not_reckoned_from_years_of_puffs(
    client: Client, make_puff: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_of, "MOST_AROUND", 3)
    puffs = [make_puff(on_at=AT - timedelta(minutes=10 * number), seconds=6.0) for number in range(9)]
    assert table(text(client.get(f"/history/{puffs[0].pk}/")))[0].endswith("20 %")


def test_one_goes_on_to_the_puffs_before_and_after_of_the_same_cloud(
    client: Client, venue: Venue, cloud: Cloud, make_puff: Make
) -> None:
    other = Cloud.objects.create(venue=venue, name="Nimbus", slug="nimbus")
    before, here, after = (make_puff(on_at=AT + timedelta(hours=hour)) for hour in range(3))
    make_puff(cloud=other, on_at=AT + timedelta(minutes=90))
    page = text(client.get(f"/history/{here.pk}/"))
    assert f'id="earlier" href="/history/{before.pk}/"' in page
    assert f'id="later" href="/history/{after.pk}/"' in page
    assert 'id="later"' not in text(client.get(f"/history/{after.pk}/"))


def test_a_clock_that_is_behind_the_puff_breaks_nothing(client: Client, make_puff: Make) -> None:
    for seconds in (None, 5.0):
        puff = make_puff(on_at=timezone.now() + timedelta(hours=3), seconds=seconds)
        assert client.get(f"/history/{puff.pk}/").status_code == 200


def test_a_rehearsal_says_so_and_has_no_picture(
    client: Client, cloud: Cloud, make_puff: Make, make_run: Make, conducted: Venue
) -> None:
    rehearsal = Rehearsal.objects.create(venue=conducted, title="Drizzle", speed=10.0, asked_at=AT)
    steps = [{"do": "rest", "seconds": 5.0}, {"do": "inflate", "seconds": 5.0}]
    run = make_run(state="ended", steps=steps, started_at=AT, rehearsal=rehearsal, simulated=True)
    puff = make_puff(
        on_at=AT + timedelta(seconds=0.5), seconds=0.5, run=run, step=1, rehearsal=rehearsal, simulated=True
    )
    page = text(client.get(f"/history/{puff.pk}/"))
    assert "Planned 13:00:05.512 13:00:06.012 5 s" in words(page)
    assert "rehearsal, 10 times as fast" in page
    assert "gave the balloon no air" in page
    assert "fill-around" not in page
    row = words(text(client.get("/history/?kind=simulated")))
    assert "rehearsal, 10 times as fast" in row


def test_a_rehearsal_gives_the_pictures_of_others_no_air(client: Client, venue: Venue, make_puff: Make) -> None:
    rehearsal = Rehearsal.objects.create(venue=venue, title="Drizzle", asked_at=AT)
    make_puff(on_at=AT - timedelta(minutes=2), seconds=30.0, rehearsal=rehearsal, simulated=True)
    puff = make_puff(on_at=AT, seconds=6.0)
    assert [line.rsplit(" ", 2)[-2] for line in table(text(client.get(f"/history/{puff.pk}/")))] == [
        "0",
        "0",
        "10",
        "10",
    ]
