"""The button."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from clouds.models import Cloud, Plug, Run, User, Venue
from clouds.views import taps
from tests.web.conftest import Make, text

URL = "/clouds/cumulus/press/"


@pytest.fixture(autouse=True)
def _conducted(conducted: Venue) -> None:
    pass


def test_a_press_asks_for_a_puff_and_leads_back_to_the_cloud(visitor: Client, cloud: Cloud, ada: User) -> None:
    response = visitor.post(URL)
    assert (response.status_code, response["Location"]) == (303, "/clouds/cumulus/")
    run = Run.objects.get()
    assert (run.cloud, run.asked_by, run.seconds, run.state) == (cloud, ada, 5.0, "waiting")


def test_nothing_but_its_questions_to_the_database_stands_between_a_press_and_the_pump(
    visitor: Client, cloud: Cloud, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    # The session, the person, the cloud; then the action's own, savepoints included.
    with django_assert_max_num_queries(12):
        response = visitor.post(URL)
    assert response.status_code == 303
    assert response.templates == []


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options"])
def test_only_a_post_presses(method: str, visitor: Client, cloud: Cloud) -> None:
    response = getattr(visitor, method)(URL)
    assert (response.status_code, response["Allow"]) == (405, "POST")
    assert method == "head" or "by pressing its button" in text(response)
    assert not Run.objects.exists()


def test_a_press_without_a_token_is_told_that_the_page_is_old(ada: User, cloud: Cloud) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(ada)
    response = client.post(URL)
    assert response.status_code == 403
    assert "This page had grown old. Go back, reload, press again." in text(response)
    assert not Run.objects.exists()


def test_a_press_without_a_login_leads_there_and_back_to_the_cloud(client: Client, cloud: Cloud) -> None:
    response = client.post(URL)
    assert (response.status_code, response["Location"]) == (302, "/accounts/login/?next=/clouds/cumulus/")
    assert not Run.objects.exists()


@pytest.mark.parametrize("slug", ["nimbus", "cumulus"])
def test_a_cloud_that_is_not_there_or_switched_off_is_not_found(slug: str, visitor: Client, cloud: Cloud) -> None:
    Cloud.objects.update(enabled=False)
    response = visitor.post(f"/clouds/{slug}/press/")
    assert response.status_code == 404
    assert "There is no such cloud, or it is switched off." in text(response)
    assert not Run.objects.exists()


def test_a_second_press_is_told_that_there_is_one_already(visitor: Client, cloud: Cloud) -> None:
    visitor.post(URL)
    response = visitor.post(URL)
    assert response.status_code == 409
    assert "You have asked Cumulus for a puff already." in text(response)
    assert Run.objects.count() == 1


def test_a_thousand_taps_in_a_second_are_one_run_and_cost_next_to_nothing(
    visitor: Client, cloud: Cloud, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    monkeypatch.setattr(taps, "WITHIN_SECONDS", 600.0)
    statuses = Counter(visitor.post(URL).status_code for _ in range(1000))
    assert statuses == {303: 1, 409: taps.MOST - 1, 429: 1000 - taps.MOST}
    assert Run.objects.count() == 1
    with django_assert_num_queries(0):
        response = visitor.post(URL)
    assert response["Retry-After"] == "2"
    assert "faster than anybody can puff" in text(response)
    other = Client()
    other.force_login(User.objects.create_user("Bob"))
    assert other.post(URL).status_code == 303


def test_whoever_tapped_too_fast_may_tap_again_in_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = taps.Taps()
    assert [counted.are_too_many("Ada") for _ in range(taps.MOST + 1)] == [False] * taps.MOST + [True]
    assert not counted.are_too_many("Bob")
    monkeypatch.setattr(taps, "WITHIN_SECONDS", 0.0)
    assert not counted.are_too_many("Ada")


def test_two_presses_at_the_same_instant_are_one_run_and_one_sentence(
    visitor: Client, cloud: Cloud, ada: User, make_run: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_run(ada)
    monkeypatch.setattr("clouds.actions.pressing._check_their_turn", lambda *args: None)
    response = visitor.post(URL)
    assert response.status_code == 409
    assert "You have asked Cumulus for a puff already." in text(response)
    assert Run.objects.count() == 1


def cool_down(ada: User, make_run: Make, make_puff: Make) -> None:
    make_puff(ada, on_at=timezone.now() - timedelta(seconds=6))


def rest(ada: User, make_run: Make, make_puff: Make) -> None:
    Cloud.objects.update(queue_limit=0, rest_seconds=30)
    make_puff(on_at=timezone.now() - timedelta(seconds=6))


def be_busy(ada: User, make_run: Make, make_puff: Make) -> None:
    Cloud.objects.update(queue_limit=0)
    make_run(state="playing")


def fill_the_queue(ada: User, make_run: Make, make_puff: Make) -> None:
    Cloud.objects.update(queue_limit=1)
    make_run()


def leave_no_room(ada: User, make_run: Make, make_puff: Make) -> None:
    Cloud.objects.update(fill_then=1.0, fill_then_at=timezone.now(), half_life_seconds=600)


def stop(ada: User, make_run: Make, make_puff: Make) -> None:
    Venue.objects.update(stopped_at=timezone.now(), stopped_by="Curator")


def hold(ada: User, make_run: Make, make_puff: Make) -> None:
    Venue.objects.update(held_until=timezone.now() + timedelta(seconds=60), held_because="A concert.")


def close(ada: User, make_run: Make, make_puff: Make) -> None:
    now = timezone.now()
    hours = {"opens_at": (now + timedelta(minutes=1)).time(), "closes_at": (now + timedelta(hours=2)).time()}
    Venue.objects.update(time_zone="UTC", **hours)


def lose_the_plug(ada: User, make_run: Make, make_puff: Make) -> None:
    Plug.objects.update(trouble="It does not answer.")


@pytest.mark.parametrize(
    ("happen", "status", "sentence", "retry_after"),
    [
        (cool_down, 429, "You have just had a puff.", (1, 30)),
        (rest, 429, "Cumulus is resting.", (1, 30)),
        (be_busy, 409, "Cumulus is", (1, 5)),
        (fill_the_queue, 409, "The queue for Cumulus is full.", None),
        (leave_no_room, 409, "Cumulus is as full as is safe.", (1, 600)),
        (stop, 503, "Everything at The gallery is stopped for now.", None),
        (hold, 503, "A concert.", (1, 60)),
        (close, 503, "The gallery is closed.", (1, 61)),
        (lose_the_plug, 503, "The plug of Cumulus does not answer as it should.", None),
    ],
)
def test_a_refusal_shows_the_cloud_with_a_sentence_and_a_proper_status(
    happen: Callable[..., None],
    status: int,
    sentence: str,
    retry_after: tuple[int, int] | None,
    visitor: Client,
    cloud: Cloud,
    ada: User,
    make_run: Make,
    make_puff: Make,
) -> None:
    happen(ada, make_run, make_puff)
    before = Run.objects.count()
    response = visitor.post(URL)
    assert response.status_code == status
    assert sentence in text(response)
    assert 'id="puff"' in text(response)
    assert ("Retry-After" in response) == (retry_after is not None)
    if retry_after:
        low, high = retry_after
        assert low <= int(response["Retry-After"]) <= high
        assert "Try again" in text(response)
    assert Run.objects.count() == before


def test_the_page_after_a_refusal_looks_at_the_cloud_and_not_at_the_press(visitor: Client, cloud: Cloud) -> None:
    visitor.post(URL)
    page = text(visitor.post(URL))
    assert 'data-url="/clouds/cumulus/"' in page
    assert "url=/clouds/cumulus/" in page
