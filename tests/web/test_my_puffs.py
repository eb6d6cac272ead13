"""What a visitor asked for, and what became of it."""

import re

import pytest
from django.test import Client

from clouds.models import Cloud, User
from clouds.views import accounts
from tests.web.conftest import Make, text


def test_a_visitor_sees_their_own_newest_first_with_what_became_of_them(
    visitor: Client, ada: User, bob: User, make_run: Make
) -> None:
    first = make_run(ada, "ended", outcome="failed", reason="The plug did not answer.")
    make_run(bob, "waiting")
    last = make_run(ada, "waiting")
    page = text(visitor.get("/accounts/puffs/"))
    assert re.findall(r'id="run-(\d+)"', page) == [str(last.pk), str(first.pk)]
    assert "failed: The plug did not answer." in page
    assert page.count("Take back</button>") == 1


def test_the_times_are_those_of_the_venue(visitor: Client, ada: User, make_run: Make, conducted: object) -> None:
    make_run(ada, "ended")
    assert re.search(r"\d\d:\d\d:\d\d CES?T", text(visitor.get("/accounts/puffs/")))


def test_who_has_not_puffed_is_shown_the_way(visitor: Client) -> None:
    assert "You have not puffed yet." in text(visitor.get("/accounts/puffs/"))


def test_who_has_not_logged_in_is_asked_to(client: Client, db: None) -> None:
    assert client.get("/accounts/puffs/")["Location"] == "/accounts/login/?next=/accounts/puffs/"


def test_the_pages_hold_each_run_once(
    visitor: Client, ada: User, make_run: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "PAGE", 2)
    made = [str(make_run(ada, "ended").pk) for _ in range(5)]
    seen, url = [], "/accounts/puffs/"
    while url:
        page = text(visitor.get(url))
        seen += re.findall(r'id="run-(\d+)"', page)
        older = re.search(r'id="older" rel="next" href="([^"]+)"', page)
        url = older[1] if older else ""
    assert seen == made[::-1]


def test_a_made_up_place_is_told_so(visitor: Client) -> None:
    response = visitor.get("/accounts/puffs/?before=WzEsMV0:abc")
    assert response.status_code == 400
    assert "does not exist" in text(response)


def test_a_cloud_that_is_switched_off_is_named_and_not_linked(
    visitor: Client, ada: User, make_run: Make, cloud: Cloud
) -> None:
    make_run(ada, "ended")
    Cloud.objects.update(enabled=False)
    page = text(visitor.get("/accounts/puffs/"))
    assert "Cumulus" in page
    assert "/clouds/cumulus/" not in page
