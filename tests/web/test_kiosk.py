"""A kiosk: how a device becomes one, a turn there from the touch to the thanks, and what it never does."""

import re
from datetime import timedelta
from typing import Any

import pytest
import segno
import time_machine
from django.test import Client
from django.utils import timezone

from clouds import actions, kiosks
from clouds.models import Act, BlockedWord, Cloud, GuestPass, Kiosk, Plug, Puff, Run, User, Venue
from tests.web.conftest import text

HOME, TURN = "/kiosk/cumulus/", "/kiosk/cumulus/turn/"
HERE, LEAVE = "/kiosk/cumulus/here/", "/kiosk/cumulus/leave/"


def make(cloud: Cloud, label: str = "Tablet") -> Client:
    """A device that is a kiosk of the cloud."""
    kiosk = Kiosk(cloud=cloud, label=label)
    client = Client()
    client.cookies[kiosks.COOKIE] = kiosk.new_secret()
    kiosk.save()
    return client


@pytest.fixture
def tablet(cloud: Cloud, conducted: Venue) -> Client:
    """A tablet by the cloud."""
    return make(cloud)


def press(tablet: Client, name: str = "Grace") -> Any:
    return tablet.post(TURN, {"name": name})


def begin(run: Run) -> Puff:
    """What the conductor writes when a run begins."""
    now = timezone.now()
    Run.objects.filter(pk=run.pk).update(state="playing", started_at=now)
    return Puff.objects.create(
        cloud=run.cloud, run=run, step=0, pump="inflate", source="visitor", asked_by=run.asked_by,
        planned_seconds=5.0, on_at=now,
    )  # fmt: skip


def end(puff: Puff, outcome: str = "done", reason: str = "") -> None:
    """And when it ends."""
    now = timezone.now()
    Puff.objects.filter(pk=puff.pk).update(off_at=now, outcome=outcome, reason=reason)
    Run.objects.filter(pk=puff.run_id).update(state="ended", outcome=outcome, reason=reason, ended_at=now)


def turn_on(page: str) -> str:
    """What the page says of a turn; "" when it waits for the next one."""
    found = re.search(r'id="turn"[^>]*>([^<]*)<', page)
    return found[1] if found else ""


# How a device becomes one, and stops being one


def test_a_curator_makes_a_device_the_kiosk_and_is_logged_out_on_it(desk: Client, cloud: Cloud, curator: User) -> None:
    assert f"/admin/clouds/kiosk/add/?cloud={cloud.pk}" in text(desk.get(f"/admin/clouds/cloud/{cloud.pk}/change/"))
    assert "You are logged out on it" in text(desk.get(f"/admin/clouds/kiosk/add/?cloud={cloud.pk}"))
    assert not Kiosk.objects.exists()
    response = desk.post("/admin/clouds/kiosk/add/", {"cloud": cloud.pk, "label": "Tablet", "guest_pass": ""})
    assert (response.status_code, response["Location"]) == (302, HOME)
    assert desk.get("/admin/").status_code == 302
    assert desk.get(HOME).status_code == 200
    made = Kiosk.objects.get()
    assert made.made_by == curator
    assert [(act.kind, act.about) for act in Act.objects.all()] == [("kiosk", f"made: Cumulus: Tablet ({made.pk})")]


def test_its_secret_is_for_its_own_pages_only_and_nobody_gets_in_by_what_is_kept(tablet: Client) -> None:
    cookie = tablet.get(HOME).cookies[kiosks.COOKIE]
    assert cookie["path"] == "/kiosk/"
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["max-age"] == 400 * 24 * 3600
    stolen = Client()
    stolen.cookies[kiosks.COOKIE] = Kiosk.objects.get().key
    assert stolen.get(HOME).status_code == 403


@pytest.mark.parametrize("ways", [{}, {kiosks.COOKIE: ""}, {kiosks.COOKIE: "made up"}])
def test_a_device_that_is_none_sees_and_presses_nothing(cloud: Cloud, conducted: Venue, ways: dict[str, str]) -> None:
    stranger = Client()
    for name, value in ways.items():
        stranger.cookies[name] = value
    for response in (
        stranger.get(HOME), stranger.get(TURN), press(stranger), stranger.post(HERE), stranger.post(LEAVE),
    ):  # fmt: skip
        assert response.status_code == 403
        assert "This device is no kiosk." in text(response)
    assert not Run.objects.exists()
    assert not User.objects.exists()


def test_who_has_logged_in_is_no_kiosk(visitor: Client, cloud: Cloud, conducted: Venue) -> None:
    assert press(visitor).status_code == 403
    assert not Run.objects.exists()


def test_a_kiosk_of_another_cloud_says_whose_it_is(tablet: Client, venue: Venue) -> None:
    nimbus = Cloud.objects.create(venue=venue, name="Nimbus", slug="nimbus")
    Plug.objects.create(venue=venue, cloud=nimbus, name="Plug", host="127.0.0.1", port=9998, relay="off")
    for response in (tablet.get("/kiosk/nimbus/"), tablet.post("/kiosk/nimbus/turn/", {"name": "Grace"})):
        assert response.status_code == 403
        assert "This device is the kiosk of Cumulus." in text(response)
    assert not Run.objects.exists()


def test_a_curator_sees_and_revokes_it_by_its_button_only(desk: Client, tablet: Client) -> None:
    kiosk = Kiosk.objects.get()
    revoke = f"/admin/clouds/kiosk/{kiosk.pk}/revoke/"
    assert "Nothing is heard of it" in text(desk.get("/admin/clouds/kiosk/"))
    tablet.get(HOME)
    assert "It is there." in text(desk.get("/admin/clouds/kiosk/"))
    press(tablet)
    assert desk.get(revoke).status_code == 405
    assert desk.post(revoke).status_code == 302
    assert Run.objects.get().state == "ended"
    assert desk.post(revoke).status_code == 409
    for response in (tablet.get(HOME), press(tablet)):
        assert response.status_code == 403
        assert "no kiosk any more" in text(response)
    assert Act.objects.filter(kind="kiosk").count() == 1


@pytest.mark.parametrize("path", ["/admin/clouds/kiosk/add/", "/admin/clouds/kiosk/{}/revoke/"])
def test_a_visitor_neither_makes_nor_revokes_one(visitor: Client, tablet: Client, path: str) -> None:
    path = path.format(Kiosk.objects.get().pk)
    assert visitor.post(path, {"cloud": Cloud.objects.get().pk, "label": "Mine"}).status_code in (302, 403)
    assert Kiosk.objects.get().revoked_at is None


def test_a_pass_of_another_place_is_told_so(desk: Client, cloud: Cloud) -> None:
    hall = Venue.objects.create(name="The hall", slug="hall")
    other = GuestPass.objects.create(venue=hall, kind="person", person="Grace")
    form = {"cloud": cloud.pk, "label": "Tablet", "guest_pass": other.pk}
    assert "This pass is for another venue." in text(desk.post("/admin/clouds/kiosk/add/", form))
    assert not Kiosk.objects.exists()


# What it shows


def test_it_attracts_and_no_link_leads_away(tablet: Client) -> None:
    page = text(tablet.get(HOME))
    assert re.search(r'<button class="big" id="puff"[^>]*>Puff it</button>', page)
    press(tablet)
    pages = [page, text(tablet.get(TURN)), text(tablet.get(HOME)), text(Client().get(HOME))]
    for page in pages:
        assert "<a " not in page
        assert "<nav" not in page
        assert set(re.findall(r'action="([^"]*)"', page)) <= {HOME, TURN, HERE, LEAVE}


def test_its_code_leads_to_the_cloud_or_by_its_pass_and_nowhere_where_no_phone_gets(
    tablet: Client, cloud: Cloud, settings: Any
) -> None:
    assert 'class="code"' not in text(tablet.get(HOME))
    settings.SITE_URL = "https://cloud.example.org"

    def shown(path: str) -> bool:
        code = segno.make(f"https://cloud.example.org{path}", error="m", micro=False).svg_inline()
        return re.findall(r'<path[^>]* d="([^"]+)"', code)[0] in text(tablet.get(HOME))

    assert shown("/clouds/cumulus/")
    guest_pass = GuestPass.objects.create(venue=cloud.venue, cloud=cloud)
    Kiosk.objects.update(guest_pass=guest_pass)
    assert shown(guest_pass.path)
    GuestPass.objects.update(revoked_at=timezone.now())
    assert shown("/clouds/cumulus/")


def test_where_nobody_may_press_the_button_says_why(tablet: Client) -> None:
    Venue.objects.update(stopped_at=timezone.now())
    assert re.search(r'id="puff"[^>]* disabled>Stopped for now<', text(tablet.get(HOME)))
    assert press(tablet).status_code == 503
    assert not User.objects.exists()


def test_a_cloud_that_is_switched_off_is_waited_for(tablet: Client) -> None:
    Cloud.objects.update(enabled=False)
    response = tablet.get(HOME)
    assert response.status_code == 404
    assert "Cumulus is switched off for now." in text(response)
    assert f'data-home="{HOME}"' in text(response)


# A turn


def test_a_turn_goes_from_the_name_to_the_thanks_and_ends_by_itself(tablet: Client, cloud: Cloud) -> None:
    assert "Who puffs up Cumulus?" in text(tablet.get(TURN))
    response = press(tablet)
    assert (response.status_code, response["Location"]) == (303, HOME)
    run = Run.objects.get()
    assert (run.source, run.asked_by.name, run.cloud) == ("visitor", "Grace", cloud)
    page = text(tablet.get(HOME))
    assert turn_on(page) == "Grace, your place is kept."
    assert "You are next" in page
    puff = begin(run)
    page = text(tablet.get(HOME))
    assert turn_on(page) == "Grace, this is your puff."
    assert re.search(r'id="puff">Puffing… \d s<', page)
    end(puff)
    page = text(tablet.get(HOME))
    assert turn_on(page) == "Thank you, Grace."
    assert "is in the history." in page
    assert 0 < int(re.findall(r'data-again="(\d+)"', page)[0]) <= 8000
    with time_machine.travel(timezone.now() + kiosks.TOLD_FOR, tick=False):
        page = text(tablet.get(HOME))
    assert turn_on(page) == ""
    assert "Grace" not in page


def test_who_gives_no_name_has_a_number(tablet: Client) -> None:
    for number in (1, 2):
        assert press(tablet, "").status_code == 303
        assert Run.objects.first().asked_by.name == f"Visitor {number} at Cumulus"
        tablet.post(LEAVE)


@pytest.mark.parametrize("name", ["x" * 41, "Gra\u202ece", "Curator", "r0tt3r"])
def test_a_name_that_will_not_do_is_told_so_and_nobody_is_made(tablet: Client, name: str) -> None:
    BlockedWord.objects.create(word="rotter")
    response = press(tablet, name)
    assert response.status_code == 400
    assert 'role="alert" id="id_name_error"' in text(response)
    assert User.objects.count() == Run.objects.count() == 0


def test_a_name_that_somebody_has_gets_a_number_and_they_are_told(tablet: Client, ada: User) -> None:
    press(tablet, "Ada")
    assert "Somebody is called Ada already, so you are Ada 2." in text(tablet.get(HOME))


def test_looking_changes_nothing(tablet: Client) -> None:
    for url, status in ((HOME, 200), (TURN, 200), (TURN + "?name=Grace", 200), (HERE, 405), (LEAVE, 405)):
        assert tablet.get(url).status_code == status
    assert User.objects.count() == Run.objects.count() == 0
    assert Kiosk.objects.get().turns == 0


def test_every_form_wants_its_token(tablet: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = tablet.cookies
    for url in (TURN, HERE, LEAVE):
        assert strict.post(url, {"name": "Grace"}).status_code == 403
    assert not Run.objects.exists()


def test_one_turn_at_a_time_however_often_it_is_tapped(tablet: Client) -> None:
    assert press(tablet).status_code == 303
    assert {press(tablet, f"Person {number}").status_code for number in range(50)} == {409}
    Kiosk.objects.update(touched_at=timezone.now() - timedelta(seconds=30))
    assert press(tablet, "Somebody else").status_code == 409
    assert Run.objects.count() == User.objects.count() == 1


def test_between_the_tap_and_its_run_nobody_else_has_a_turn(tablet: Client) -> None:
    Kiosk.objects.update(touched_at=timezone.now())
    assert press(tablet).status_code == 409
    Kiosk.objects.update(touched_at=timezone.now() - timedelta(seconds=6))
    assert press(tablet).status_code == 303


def test_two_kiosks_are_two_places_in_one_line(tablet: Client, cloud: Cloud) -> None:
    other = make(cloud, "Screen")
    assert press(tablet, "Grace").status_code == press(other, "Ada").status_code == 303
    assert "Grace, your place is kept." in text(tablet.get(HOME))
    page = text(other.get(HOME))
    assert "Ada, your place is kept." in page
    assert "You are second in line." in page or "You are 2nd in line." in page
    other.post(LEAVE)
    assert Run.objects.live().get().asked_by.name == "Grace"


def test_the_limit_of_the_queue_holds_and_leaves_nobody_behind(tablet: Client, cloud: Cloud, ada: User) -> None:
    Cloud.objects.update(queue_limit=1)
    actions.press(cloud, by=ada)
    response = press(tablet)
    assert response.status_code == 409
    assert "The queue for Cumulus is full." in text(response)
    assert list(User.objects.all()) == [ada]


def test_the_rest_of_the_cloud_holds_and_says_until_when(tablet: Client, cloud: Cloud) -> None:
    Cloud.objects.update(queue_limit=0, rest_seconds=60.0)
    press(tablet)
    end(begin(Run.objects.get()))
    response = press(tablet)
    assert response.status_code == 429
    assert "Cumulus is resting. Try again from" in text(response)
    assert int(response["Retry-After"]) > 0


def test_a_press_that_is_refused_at_the_last_moment_gives_the_kiosk_back(
    tablet: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(actions, "offer", lambda *args, **kwargs: 5.0)
        Venue.objects.update(stopped_at=timezone.now())
        assert press(tablet).status_code == 503
    assert not User.objects.exists()
    Venue.objects.update(stopped_at=None)
    assert press(tablet).status_code == 303


def test_who_leaves_gives_the_place_back_and_the_next_may_come(tablet: Client) -> None:
    press(tablet)
    assert tablet.post(LEAVE).status_code == 303
    assert Run.objects.get().state == "ended"
    assert turn_on(text(tablet.get(HOME))) == ""
    assert press(tablet, "Ada").status_code == 303
    tablet.post(LEAVE)
    assert tablet.post(LEAVE).status_code == 303


def test_a_puff_can_be_ended_and_is_told_as_such(tablet: Client) -> None:
    press(tablet)
    puff = begin(Run.objects.get())
    tablet.post(LEAVE)
    assert Run.objects.get().end_asked_by == "Grace"
    end(puff, "stopped")
    assert turn_on(text(tablet.get(HOME))) == "Thank you, Grace."


@pytest.mark.parametrize(("started", "sentence"), [(True, "did not go well"), (False, "did not come")])
def test_a_turn_that_went_wrong_says_why(tablet: Client, started: bool, sentence: str) -> None:
    press(tablet)
    if started:
        end(begin(Run.objects.get()), "failed", "The plug did not answer.")
    else:
        Run.objects.all().end(Run.Outcome.EXPIRED, "Everything is stopped.", timezone.now())
    page = text(tablet.get(HOME))
    assert sentence in turn_on(page)
    assert "The plug did not answer." in page or "Everything is stopped." in page
    assert "Thank you" not in page


def test_a_touch_is_a_sign_of_life_and_the_mere_page_is_none(tablet: Client) -> None:
    press(tablet)
    begun = timezone.now()
    with time_machine.travel(begun + timedelta(seconds=50), tick=False) as now:
        tablet.get(HOME)
        assert Run.objects.get().seen_at == begun + timedelta(seconds=50)
        now.shift(40)
        page = text(tablet.get(HOME))
        assert Run.objects.get().seen_at == begun + timedelta(seconds=50)
        assert turn_on(page) == "Are you still there?"
        assert re.search(r'id="here">', page)
        assert tablet.post(HERE).status_code == 303
        assert Run.objects.get().seen_at == begun + timedelta(seconds=90)
        assert turn_on(text(tablet.get(HOME))) == "Grace, your place is kept."


def test_a_guest_who_is_forgotten_leaves_the_kiosk_to_the_next(tablet: Client) -> None:
    press(tablet)
    end(begin(Run.objects.get()))
    User.objects.all().delete()
    assert turn_on(text(tablet.get(HOME))) == ""
    Kiosk.objects.update(touched_at=None)
    assert press(tablet).status_code == 303


def test_that_it_was_seen_is_written_down_once_a_minute(tablet: Client) -> None:
    with time_machine.travel(timezone.now(), tick=False) as now:
        tablet.get(HOME)
        first = Kiosk.objects.get().seen_at
        now.shift(30)
        tablet.get(HOME)
        assert Kiosk.objects.get().seen_at == first
        now.shift(31)
        tablet.get(HOME)
        assert Kiosk.objects.get().seen_at > first
