"""The curators' buttons: what they do, what they refuse, and who may press them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from clouds.models import BalloonNote, Cloud, Plug, Run, User, Venue
from tests.web.conftest import Make, text

EVERY = [
    "clouds/venue/{venue}/stop", "clouds/venue/{venue}/release", "clouds/venue/{venue}/hold",
    "clouds/venue/{venue}/end_hold", "clouds/plug/{plug}/wish", "clouds/cloud/{cloud}/puff",
    "clouds/cloud/{cloud}/note", "clouds/run/{run}/end", "clouds/run/{run}/pause",
    "clouds/run/{run}/resume", "clouds/run/{run}/skip",
]  # fmt: skip
FORMS = {"minutes": "5", "wish": "off", "seconds": "5", "kind": "vented"}


def state_of_everything() -> list[Any]:
    return [list(model.objects.values()) for model in (Venue, Cloud, Plug, Run, BalloonNote)]


@pytest.fixture
def urls(conducted: Venue, cloud: Cloud, make_run: Make) -> list[str]:
    pks = {"venue": conducted.pk, "plug": cloud.plugs.get().pk, "cloud": cloud.pk, "run": make_run().pk}
    return [f"/admin/{url.format(**pks)}/" for url in EVERY]


def test_a_button_is_for_those_who_may_change_what_it_is_about(urls: list[str], ada: User) -> None:
    User.objects.filter(pk=ada.pk).update(is_staff=True)
    ada.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    helper = Client()
    helper.force_login(ada)
    before = state_of_everything()
    assert [helper.post(url, FORMS).status_code for url in urls] == [403] * len(urls)
    assert state_of_everything() == before


def test_a_visitor_is_asked_to_log_in_as_somebody_else(urls: list[str], visitor: Client) -> None:
    before = state_of_everything()
    assert all("/admin/login/" in visitor.post(url, FORMS)["Location"] for url in urls)
    assert state_of_everything() == before


def test_a_button_takes_a_token(urls: list[str], curator: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(curator)
    before = state_of_everything()
    assert [client.post(url, FORMS).status_code for url in urls] == [403] * len(urls)
    assert state_of_everything() == before


def test_a_button_takes_a_post(urls: list[str], desk: Client) -> None:
    before = state_of_everything()
    for url in urls:
        response = desk.get(url)
        if url.endswith("/hold/"):
            assert response.status_code == 200
        else:
            assert (response.status_code, response["Allow"]) == (405, "POST")
            assert "by pressing its button" in text(response)
    assert state_of_everything() == before


def test_a_button_about_what_is_gone_says_so(urls: list[str], desk: Client) -> None:
    gone = [url.replace(url.split("/")[4], "987654", 1) for url in urls]
    assert [desk.post(url, FORMS).status_code for url in gone] == [404] * len(gone)


def test_stop_is_one_press_and_leads_back(desk: Client, conducted: Venue, make_run: Make) -> None:
    run = make_run()
    url = f"/admin/clouds/venue/{conducted.pk}/stop/"
    response = desk.post(url, {"next": "/admin/clouds/plug/"}, follow=True)
    assert response.redirect_chain == [("/admin/clouds/plug/", 302)]
    assert "Everything at The gallery is stopped, until you release it." in text(response)
    assert "Release</button>" in text(response)
    conducted.refresh_from_db()
    run.refresh_from_db()
    assert (conducted.stopped_by, run.outcome) == ("Curator", "stopped")


def test_a_button_never_leads_to_another_site(desk: Client, conducted: Venue) -> None:
    response = desk.post(f"/admin/clouds/venue/{conducted.pk}/stop/", {"next": "https://evil.example/"})
    assert response["Location"] == f"/admin/clouds/venue/{conducted.pk}/change/"


def test_release_ends_a_stop(desk: Client, conducted: Venue) -> None:
    Venue.objects.update(stopped_at=timezone.now(), stopped_by="Curator")
    desk.post(f"/admin/clouds/venue/{conducted.pk}/release/")
    conducted.refresh_from_db()
    assert conducted.stopped_at is None
    assert "Release</button>" not in text(desk.get("/admin/"))


def hold(desk: Client, venue: Venue, **form: str) -> Any:
    return desk.post(f"/admin/clouds/venue/{venue.pk}/hold/", form)


def test_a_hold_is_for_so_many_minutes(desk: Client, conducted: Venue) -> None:
    with time_machine.travel(datetime(2026, 7, 1, 12, tzinfo=UTC), tick=False):
        assert hold(desk, conducted, minutes="30", because="A concert").status_code == 302
        conducted.refresh_from_db()
        assert conducted.held_until == datetime(2026, 7, 1, 12, 30, tzinfo=UTC)
        assert conducted.held_because == "A concert"


def test_a_hold_is_until_a_time_at_the_venue(desk: Client, conducted: Venue) -> None:
    with time_machine.travel(datetime(2026, 7, 1, 12, tzinfo=UTC), tick=False):
        assert hold(desk, conducted, until="2026-07-01T18:00").status_code == 302
    conducted.refresh_from_db()
    assert conducted.held_until == datetime(2026, 7, 1, 16, 0, tzinfo=UTC)


def test_a_hold_can_be_ended(desk: Client, conducted: Venue) -> None:
    hold(desk, conducted, minutes="30")
    assert "End hold</button>" in text(desk.get("/admin/"))
    desk.post(f"/admin/clouds/venue/{conducted.pk}/end_hold/")
    conducted.refresh_from_db()
    assert not conducted.is_held(timezone.now())
    assert "End hold</button>" not in text(desk.get("/admin/"))


@pytest.mark.parametrize(
    "form",
    [
        {}, {"minutes": "0"}, {"minutes": "-5"}, {"minutes": "nan"}, {"minutes": "five"}, {"minutes": "9" * 30},
        {"minutes": "5", "until": "2999-01-01T10:00"}, {"until": "2020-01-01T10:00"}, {"until": "soon"},
        {"until": "0001-01-01T00:00"}, {"until": "9999-12-31T23:59"}, {"until": "2027-03-28T02:30"},
        {"minutes": "5", "because": "x" * 10_000},
    ],
)  # fmt: skip
def test_a_hold_that_makes_no_sense_is_told_so(form: dict[str, str], desk: Client, conducted: Venue) -> None:
    response = hold(desk, conducted, **form)
    assert response.status_code == 400
    assert 'class="errorlist' in text(response)
    conducted.refresh_from_db()
    assert conducted.held_until is None


def test_a_plug_can_be_tested_and_switched_off(desk: Client, cloud: Cloud) -> None:
    plug = cloud.plugs.get()
    for what in ("test", "off"):
        assert desk.post(f"/admin/clouds/plug/{plug.pk}/wish/", {"wish": what}).status_code == 302
        plug.refresh_from_db()
        assert (plug.wish, plug.wished_by) == (what, "Curator")
    assert "Asked; waiting for the answer." in text(desk.get(f"/admin/clouds/plug/{plug.pk}/change/"))


@pytest.mark.parametrize("what", ["", "on", "explode", "x" * 10_000])
def test_a_plug_does_nothing_else(what: str, desk: Client, cloud: Cloud) -> None:
    plug = cloud.plugs.get()
    response = desk.post(f"/admin/clouds/plug/{plug.pk}/wish/", {"wish": what})
    assert response.status_code == 400
    assert "A plug can be tested or switched off." in text(response)
    plug.refresh_from_db()
    assert plug.wish == ""


@pytest.mark.parametrize(("action", "wish"), [("test_them", "test"), ("switch_them_off", "off")])
def test_several_plugs_can_be_ticked(action: str, wish: str, desk: Client, cloud: Cloud) -> None:
    plug = cloud.plugs.get()
    desk.post("/admin/clouds/plug/", {"action": action, "_selected_action": plug.pk})
    plug.refresh_from_db()
    assert plug.wish == wish


def test_a_curator_can_have_a_cloud_puff_now(desk: Client, cloud: Cloud, curator: User) -> None:
    response = desk.post(f"/admin/clouds/cloud/{cloud.pk}/puff/", {"seconds": "7.5"})
    assert response.status_code == 302
    run = Run.objects.get()
    assert (run.source, run.seconds, run.asked_by) == ("curator", 7.5, curator)


@pytest.mark.parametrize("seconds", ["", "0", "-1", "nan", "inf", "-inf", "1e999", "1e308", "60.1", "five", "9" * 5000])
def test_seconds_that_make_no_sense_are_told_so(seconds: str, desk: Client, cloud: Cloud) -> None:
    response = desk.post(f"/admin/clouds/cloud/{cloud.pk}/puff/", {"seconds": seconds})
    assert response.status_code == 400
    assert "Give a number of seconds" in text(response)
    assert not Run.objects.exists()


def test_a_puff_that_does_not_fit_is_told_so(desk: Client, cloud: Cloud) -> None:
    Cloud.objects.update(fill_then=0.99, fill_then_at=timezone.now())
    response = desk.post(f"/admin/clouds/cloud/{cloud.pk}/puff/", {"seconds": "5"})
    assert response.status_code == 409
    assert "This could make Cumulus too full, 0.6 s after it begins." in text(response)
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    ("form", "fill"),
    [({"kind": "set", "percent": "60"}, 0.6), ({"kind": "vented"}, 0.0), ({"kind": "new", "percent": "60"}, 0.0)],
)
def test_what_a_curator_sees_is_noted(form: dict[str, str], fill: float, desk: Client, cloud: Cloud) -> None:
    Cloud.objects.update(fill_then=0.9, fill_then_at=timezone.now())
    assert desk.post(f"/admin/clouds/cloud/{cloud.pk}/note/", form).status_code == 302
    cloud.refresh_from_db()
    assert cloud.fill_then == fill
    assert BalloonNote.objects.get().kind == form["kind"]


@pytest.mark.parametrize(
    "form",
    [{}, {"kind": "burst"}, {"kind": "set"}]
    + [{"kind": "set", "percent": percent} for percent in ("101", "-1", "nan", "inf", "1e999", "full", "9" * 5000)],
)
def test_a_note_that_makes_no_sense_is_told_so(form: dict[str, str], desk: Client, cloud: Cloud) -> None:
    response = desk.post(f"/admin/clouds/cloud/{cloud.pk}/note/", form)
    assert response.status_code == 400
    assert 'class="errorlist' in text(response)
    assert not BalloonNote.objects.exists()


def test_a_run_can_be_ended_once(desk: Client, make_run: Make) -> None:
    run = make_run()
    assert "End this run" in text(desk.get(f"/admin/clouds/run/{run.pk}/change/"))
    assert desk.post(f"/admin/clouds/run/{run.pk}/end/").status_code == 302
    run.refresh_from_db()
    assert run.reason == "Ended by Curator."
    assert "End this run" not in text(desk.get(f"/admin/clouds/run/{run.pk}/change/"))
    response = desk.post(f"/admin/clouds/run/{run.pk}/end/")
    assert response.status_code == 409
    assert "This is over already." in text(response)


def test_several_runs_can_be_ticked(desk: Client, ada: User, make_run: Make) -> None:
    runs = [make_run(), make_run(ada), make_run(None, "ended")]
    form = {"action": "end_them", "_selected_action": [run.pk for run in runs]}
    assert "Asked 2 to end." in text(desk.post("/admin/clouds/run/", form, follow=True))
    assert not Run.objects.live().exists()


def test_a_helper_who_may_only_look_cannot_tick_to_end(ada: User, make_run: Make) -> None:
    User.objects.filter(pk=ada.pk).update(is_staff=True)
    ada.user_permissions.set(Permission.objects.filter(codename="view_run"))
    helper, run = Client(), make_run()
    helper.force_login(ada)
    helper.post("/admin/clouds/run/", {"action": "end_them", "_selected_action": run.pk})
    assert Run.objects.live().count() == 1


def test_a_hold_cannot_end_before_it_begins(desk: Client, conducted: Venue) -> None:
    response = hold(desk, conducted, until=(timezone.now() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M"))
    assert "A hold ends at a time that is still to come." in text(response)
