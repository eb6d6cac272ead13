"""What a person is told of their turn, and how their pages say that they are still there."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from clouds.models import Cloud, Run, Story, User, Venue
from clouds.queue import Promise
from clouds.views import ticket
from tests.web.conftest import Make, text
from tests.web.test_cloud import hint

URL = "/clouds/cumulus/"
NOON = datetime(2026, 11, 22, 12, 0, 20, tzinfo=UTC)


def ago(seconds: float) -> datetime:
    """So long ago."""
    return timezone.now() - timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("earliest", "latest", "told"),
    [
        (0, 5, "in a moment"),
        (3, 40, "in less than a minute"),
        (30, 100, "in less than 2 minutes"),
        (70, 170, "in about 1 to 3 minutes"),
        (119, 121, "in about 1 to 3 minutes"),
        (600, 1600, "between 13:10 and 13:27"),
    ],
)
def test_a_range_is_told_in_plain_words_and_no_narrower_than_it_is(
    earliest: float, latest: float, told: str, conducted: Venue
) -> None:
    promise = Promise(NOON + timedelta(seconds=earliest), NOON + timedelta(seconds=latest))
    assert ticket.in_words(promise, conducted, NOON) == told


def test_what_is_not_certain_is_said(conducted: Venue) -> None:
    soon = NOON + timedelta(seconds=70)
    assert ticket.in_words(Promise(soon, soon, True), conducted, NOON).endswith(", unless The gallery closes before")
    assert ticket.in_words(Promise(soon, None), conducted, NOON) == "at 13:01 at the earliest, if there is room by then"


class TestTheCloudsPage:
    """The cloud's page."""

    def test_the_place_follows_the_rule(
        self, visitor: Client, ada: User, bob: User, conducted: Venue, cloud: Cloud, make_run: Make
    ) -> None:
        round_at = ago(20)
        make_run(ada, round_at=round_at, turns=1, due_at=ago(9))
        make_run(bob, round_at=round_at, due_at=ago(5))
        page = text(visitor.get(URL))
        assert "You are 2nd in line." in hint(page)
        assert page.index("<li>Bob</li>") < page.index("<li>Ada (you)</li>")

    def test_a_press_of_somebody_who_has_had_turns_would_be_further_back(
        self, visitor: Client, ada: User, bob: User, conducted: Venue, cloud: Cloud, make_run: Make
    ) -> None:
        make_run(ada, "ended", asked_at=ago(600), started_at=ago(500), ended_at=ago(490))
        make_run(bob, round_at=ago(5), turns=9)
        assert "You will be next." in hint(text(visitor.get(URL)))
        Run.objects.live().update(turns=0)
        assert "You will be 2nd in line." in hint(text(visitor.get(URL)))

    def test_a_press_that_cannot_be_served_is_not_offered_and_it_says_why(
        self, visitor: Client, conducted: Venue, cloud: Cloud, make_run: Make
    ) -> None:
        Cloud.objects.update(fill_seconds=30, queue_limit=100)
        for _ in range(12):
            make_run(None)
        page = text(visitor.get(URL))
        assert hint(page) == "Cumulus will be as full as is safe before it could be your turn."
        assert 'aria-describedby="hint" disabled' in page

    def test_on_a_cloud_for_which_nobody_waits_no_time_is_told(
        self, visitor: Client, conducted: Venue, cloud: Cloud
    ) -> None:
        assert hint(text(visitor.get(URL))) == ""

    def test_who_waits_can_leave_the_queue(
        self, visitor: Client, ada: User, conducted: Venue, cloud: Cloud, make_run: Make
    ) -> None:
        run = make_run(ada)
        page = text(visitor.get(URL))
        assert f'action="/runs/{run.pk}/end/" data-here="/runs/{run.pk}/here/"' in page
        assert "Leave the queue" in page

    @pytest.mark.parametrize(
        ("fields", "told"),
        [
            (
                {"outcome": "expired", "reason": "You seemed to have gone.", "started_at": None},
                "Your last turn did not come. You seemed to have gone. It cost you no turn.",
            ),
            (
                {"outcome": "stopped", "reason": "Everything was stopped by Eve.", "started_at": None},
                "Your last turn did not come. Everything was stopped by Eve. It cost you no turn.",
            ),
            (
                {"outcome": "failed", "reason": "The plug did not answer."},
                "Your last puff did not go well. The plug did not answer. It cost you no turn.",
            ),
        ],
    )
    def test_who_comes_back_sees_why_their_turn_did_not_come(
        self,
        fields: dict[str, object],
        told: str,
        visitor: Client,
        ada: User,
        conducted: Venue,
        cloud: Cloud,
        make_run: Make,
    ) -> None:
        make_run(state="playing")
        make_run(ada, "ended", **fields)
        assert told in " ".join(text(visitor.get(URL)).split())

    @pytest.mark.parametrize(
        "fields",
        [
            {"outcome": "done"},
            {"outcome": "stopped", "reason": "Ended by Ada.", "started_at": None},
            {"outcome": "expired", "started_at": None, "ended_at": NOON - timedelta(days=1)},
        ],
        ids=["had it", "left", "long ago"],
    )
    def test_and_nothing_where_there_is_nothing_to_say(
        self, fields: dict[str, object], visitor: Client, ada: User, conducted: Venue, cloud: Cloud, make_run: Make
    ) -> None:
        make_run(ada, "ended", **fields)
        assert 'id="ended"' not in text(visitor.get(URL))

    def test_a_long_queue_costs_no_more_questions(
        self,
        visitor: Client,
        ada: User,
        conducted: Venue,
        cloud: Cloud,
        make_run: Make,
        django_assert_max_num_queries: DjangoAssertNumQueries,
    ) -> None:
        Cloud.objects.update(queue_limit=300, fill_seconds=50_000)
        for _ in range(200):
            make_run(None)
        make_run(ada)
        with django_assert_max_num_queries(18):
            page = text(visitor.get(URL))
        assert "You are 201st in line." in page


class TestMyPuffs:
    """My puffs."""

    def test_who_waits_reads_there_when_their_turn_comes(
        self, visitor: Client, ada: User, bob: User, conducted: Venue, make_run: Make
    ) -> None:
        make_run(bob)
        make_run(ada)
        page = text(visitor.get("/accounts/puffs/"))
        assert "Cumulus: you are 2nd in line. Your turn comes in less than a minute." in page


class TestSigns:
    """Signs of life."""

    @pytest.mark.parametrize("url", [URL, "/accounts/puffs/"])
    def test_a_look_at_ones_page_is_one(
        self, url: str, visitor: Client, ada: User, bob: User, conducted: Venue, make_run: Make
    ) -> None:
        mine, theirs = make_run(ada, seen_at=ago(30)), make_run(bob, seen_at=ago(30))
        visitor.get(url)
        mine.refresh_from_db()
        theirs.refresh_from_db()
        assert mine.seen_at > ago(5)
        assert theirs.seen_at < ago(25)

    def test_who_reads_the_clouds_story_meanwhile_is_there_too(
        self, visitor: Client, ada: User, conducted: Venue, story: Story, make_run: Make
    ) -> None:
        run = make_run(ada, seen_at=ago(30))
        page = text(visitor.get("/clouds/cumulus/story/"))
        run.refresh_from_db()
        assert run.seen_at > ago(5)
        assert f'data-here="/runs/{run.pk}/here/"' in page
        assert "Your turn comes in a moment." in page

    def test_a_look_of_somebody_else_is_none(self, client: Client, ada: User, conducted: Venue, make_run: Make) -> None:
        run = make_run(ada, seen_at=ago(30))
        client.get(URL)
        run.refresh_from_db()
        assert run.seen_at < ago(25)

    def test_a_page_that_is_open_says_so_by_itself(self, visitor: Client, ada: User, make_run: Make) -> None:
        run = make_run(ada, seen_at=ago(30))
        response = visitor.post(f"/runs/{run.pk}/here/")
        assert (response.status_code, response.content) == (204, b"")
        run.refresh_from_db()
        assert run.seen_at > ago(5)

    @pytest.mark.parametrize("state", ["playing", "ended"])
    def test_of_what_waits_no_more_there_is_nothing_to_say(
        self, state: str, visitor: Client, ada: User, make_run: Make
    ) -> None:
        assert visitor.post(f"/runs/{make_run(ada, state).pk}/here/").status_code == 404

    def test_nobody_says_it_for_somebody_else(self, client: Client, visitor: Client, bob: User, make_run: Make) -> None:
        run = make_run(bob, seen_at=ago(30))
        assert visitor.post(f"/runs/{run.pk}/here/").status_code == 404
        assert client.post(f"/runs/{run.pk}/here/").status_code == 404
        run.refresh_from_db()
        assert run.seen_at < ago(25)

    def test_it_takes_a_post(self, visitor: Client, ada: User, make_run: Make) -> None:
        assert visitor.get(f"/runs/{make_run(ada).pk}/here/").status_code == 405
