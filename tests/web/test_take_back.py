"""A visitor takes back what they asked for."""

import pytest
from django.test import Client

from clouds import refusals
from clouds.models import Run, User
from tests.web.conftest import Make, text


def test_who_waits_may_give_their_place_away(visitor: Client, ada: User, make_run: Make) -> None:
    run = make_run(ada)
    response = visitor.post(f"/runs/{run.pk}/end/")
    assert (response.status_code, response["Location"]) == (303, "/clouds/cumulus/")
    run.refresh_from_db()
    assert (run.state, run.outcome, run.reason) == ("ended", "stopped", "Ended by Ada.")


def test_whose_puff_plays_may_have_it_ended(visitor: Client, ada: User, make_run: Make) -> None:
    run = make_run(ada, "playing")
    assert visitor.post(f"/runs/{run.pk}/end/").status_code == 303
    run.refresh_from_db()
    assert (run.state, run.end_asked_by) == ("playing", "Ada")


@pytest.mark.parametrize(
    ("state", "fields"), [("waiting", {"asked_by": None}), ("ended", {}), ("waiting", {"source": "curator"})]
)
def test_what_is_over_or_not_theirs_is_not_found(
    state: str, fields: dict[str, object], visitor: Client, ada: User, make_run: Make
) -> None:
    run = make_run(ada, state, **fields)
    response = visitor.post(f"/runs/{run.pk}/end/")
    assert response.status_code == 404
    assert "There is no puff of yours here" in text(response)
    run.refresh_from_db()
    assert (run.state, run.end_asked_by) == (state, "")


@pytest.mark.parametrize("pk", ["0", "999999", "9" * 40])
def test_a_run_that_never_was_is_not_found(pk: str, visitor: Client) -> None:
    assert visitor.post(f"/runs/{pk}/end/").status_code == 404


def test_what_ends_in_the_same_moment_is_told_so(
    visitor: Client, ada: User, make_run: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_late(*args: object, **kwargs: object) -> None:
        raise refusals.TooLate("This is over already.")

    monkeypatch.setattr("clouds.actions.end", too_late)
    response = visitor.post(f"/runs/{make_run(ada).pk}/end/")
    assert response.status_code == 409
    assert "This is over already." in text(response)


def test_it_takes_a_post_and_a_login(client: Client, visitor: Client, ada: User, make_run: Make) -> None:
    run = make_run(ada)
    assert visitor.get(f"/runs/{run.pk}/end/").status_code == 405
    assert client.post(f"/runs/{run.pk}/end/")["Location"] == "/accounts/login/?next=/accounts/puffs/"
    assert Run.objects.live().count() == 1
