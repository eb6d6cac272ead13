"""A person's own affairs: name, password, a link to share, all their data, being forgotten; and curators with names."""

import json
import re
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.test import Client

from clouds import people, refusals
from clouds.models import Act, Cloud, Puff, Run, User, Venue
from tests.web.conftest import Make, text

PHRASE = "a long pass phrase"
NEW = "another long phrase"


@pytest.fixture
def guest(client: Client, db: None) -> User:
    """A guest, who has come in with this client."""
    user = User.objects.create_user("Grace")
    client.force_login(user)
    return user


@pytest.mark.parametrize("path", ["me", "name", "keep", "password", "erase"])
def test_who_has_not_logged_in_is_asked_to(client: Client, db: None, path: str) -> None:
    assert client.get(f"/accounts/{path}/")["Location"] == f"/accounts/login/?next=/accounts/{path}/"


@pytest.mark.parametrize("path", ["share", "unshare", "notice"])
def test_what_changes_something_takes_a_post(visitor: Client, path: str) -> None:
    assert visitor.get(f"/accounts/{path}/").status_code == 405


# From guest to account


def test_a_guest_chooses_a_password_and_keeps_all_that_is_theirs(
    client: Client, guest: User, make_run: Make, make_puff: Make
) -> None:
    make_puff(guest, run=make_run(guest, "ended"), step=0)
    assert "Keep my name" in text(client.get("/accounts/me/"))
    assert client.post("/accounts/keep/", {"password": PHRASE})["Location"] == "/accounts/me/"
    assert "Keep my name" not in text(client.get("/accounts/me/"))
    assert client.session.get_expiry_age() > 24 * 60 * 60
    other = Client()
    assert other.post("/accounts/login/", {"username": "Grace", "password": PHRASE}).status_code == 302
    assert text(other.get("/accounts/puffs/")).count('id="run-') == 1
    assert Puff.objects.get().who == "Grace"


@pytest.mark.parametrize("password", ["", "short", "password", "12345678901", "x" * 1001])
def test_a_guests_password_that_will_not_do_is_told_so(client: Client, guest: User, password: str) -> None:
    assert client.post("/accounts/keep/", {"password": password}).status_code == 400
    guest.refresh_from_db()
    assert guest.is_guest


def test_a_password_like_the_name_that_everyone_sees_will_not_do(client: Client, db: None) -> None:
    guest = User.objects.create_user("Augusta Ada")
    client.force_login(guest)
    assert client.post("/accounts/keep/", {"password": "augusta-ada"}).status_code == 400
    assert client.post("/accounts/keep/", {"password": PHRASE}).status_code == 303
    assert client.post("/accounts/password/", {"old": PHRASE, "new": "augusta-ada"}).status_code == 400
    assert client.post("/accounts/password/", {"old": PHRASE, "new": NEW}).status_code == 303


def test_a_guest_who_would_sign_up_keeps_what_they_have(client: Client, guest: User) -> None:
    assert client.get("/accounts/signup/")["Location"] == "/accounts/keep/"
    assert client.post("/accounts/signup/", {"name": "Zoë", "password": PHRASE})["Location"] == "/accounts/keep/"
    assert User.objects.count() == 1


def test_who_has_a_password_chooses_no_first_one(visitor: Client, ada: User) -> None:
    assert visitor.post("/accounts/keep/", {"password": NEW})["Location"] == "/accounts/me/"
    ada.refresh_from_db()
    assert ada.check_password(PHRASE)


# Name and password


def test_a_new_name_is_that_of_all_ones_puffs(visitor: Client, ada: User, make_puff: Make) -> None:
    puff = make_puff(ada)
    assert visitor.post("/accounts/name/", {"name": " Augusta  King "})["Location"] == "/accounts/me/"
    assert Puff.objects.get(pk=puff.pk).who == "Augusta King"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("B0b", "has this name already"), ("Αdа", "mixes alphabets"), ("Admin", "own"), ("", "choose a name")],
)
def test_a_new_name_that_will_not_do_is_told_so(
    visitor: Client, ada: User, bob: User, name: str, sentence: str
) -> None:
    response = visitor.post("/accounts/name/", {"name": name})
    assert response.status_code == 400
    assert sentence in text(response)
    ada.refresh_from_db()
    assert ada.name == "Ada"


def test_a_name_is_not_changed_again_and_again(visitor: Client, ada: User) -> None:
    statuses = [visitor.post("/accounts/name/", {"name": f"Ada the {number}th"}).status_code for number in range(6)]
    assert statuses == [303] * 5 + [429]
    ada.refresh_from_db()
    assert ada.name == "Ada the 4th"


def test_one_may_write_ones_own_name_otherwise(visitor: Client, ada: User) -> None:
    visitor.post("/accounts/name/", {"name": "ADA"})
    ada.refresh_from_db()
    assert ada.name == "ADA"


def test_another_password_wants_the_old_one_and_logs_other_phones_out(visitor: Client, ada: User) -> None:
    other = Client()
    other.force_login(ada)
    assert visitor.post("/accounts/password/", {"old": "wrong", "new": NEW}).status_code == 400
    assert visitor.post("/accounts/password/", {"old": PHRASE, "new": NEW})["Location"] == "/accounts/me/"
    assert visitor.get("/accounts/me/").status_code == 200
    assert other.get("/accounts/me/").status_code == 302
    ada.refresh_from_db()
    assert ada.check_password(NEW)


def test_an_old_password_cannot_be_guessed_at(visitor: Client, ada: User) -> None:
    statuses = [visitor.post("/accounts/password/", {"old": "wrong", "new": NEW}).status_code for _ in range(6)]
    assert statuses == [400] * 5 + [429]
    assert visitor.post("/accounts/password/", {"old": PHRASE, "new": NEW}).status_code == 429
    ada.refresh_from_db()
    assert ada.check_password(PHRASE)


# Sharing


def test_a_link_shows_ones_puffs_to_whoever_has_it_until_it_is_taken_back(
    visitor: Client, client: Client, ada: User, bob: User, make_puff: Make, conducted: Venue
) -> None:
    make_puff(ada)
    make_puff(bob)
    visitor.post("/accounts/share/")
    found = re.search(r'id="shared" href="(/shared/[\w-]{32}/)"', text(visitor.get("/accounts/me/")))
    assert found
    page = client.get(found[1])
    assert text(page).count("Cumulus") == 1
    assert re.search(r"\d\d:\d\d:\d\d CES?T", text(page))
    assert page["X-Robots-Tag"] == "noindex"
    visitor.post("/accounts/share/")
    assert client.get(found[1]).status_code == 404
    visitor.post("/accounts/unshare/")
    ada.refresh_from_db()
    assert ada.share is None


def test_a_link_that_was_made_up_is_told_so(client: Client, ada: User) -> None:
    for share in ("None", "x", "-", "a" * 500):
        assert client.get(f"/shared/{share}/").status_code == 404


def test_the_shared_pages_hold_each_puff_once(
    client: Client, ada: User, make_puff: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clouds.views.me.PAGE", 2)
    made = [str(make_puff(ada).pk) for _ in range(5)]
    User.objects.update(share="link")
    seen, url = [], "/shared/link/"
    while url:
        page = text(client.get(url))
        seen += re.findall(r'href="/history/(\d+)/"', page)
        older = re.search(r'id="older" rel="next" href="([^"]+)"', page)
        url = f"/shared/link/{older[1]}" if older else ""
    assert seen == made
    assert client.get("/shared/link/?before=WzEsMV0:abc").status_code == 400


# All their data


def test_one_gets_all_that_is_known_of_one_and_of_nobody_else(
    visitor: Client, ada: User, bob: User, make_run: Make, make_puff: Make
) -> None:
    make_puff(ada, run=make_run(ada, "ended", told="4 g CO₂e: an e-mail"), step=0)
    make_puff(bob)
    people.share(ada)
    ada.refresh_from_db()
    response = visitor.get("/accounts/me.json")
    assert response["Content-Disposition"] == 'attachment; filename="my-puffs.json"'
    assert response["Cache-Control"] == "no-store"
    data = json.loads(text(response))
    assert data["name"] == "Ada"
    assert [len(data["requests"]), len(data["puffs"])] == [1, 1]
    assert data["shared_at"] == f"/shared/{ada.share}/"
    assert data["requests"][0]["told"] == "4 g CO₂e: an e-mail"
    assert data["requests"][0]["cloud"] == data["puffs"][0]["cloud"] == "Cumulus"
    assert {"joined", "on", "off", "outcome"} <= {*data, *data["puffs"][0]}


# Being forgotten


def test_who_is_erased_leaves_their_puffs_as_a_visitors_and_their_name_free(
    visitor: Client, ada: User, make_run: Make, make_puff: Make
) -> None:
    other = Client()
    other.force_login(ada)
    puff = make_puff(ada, run=make_run(ada, "ended", reason="Ended by Ada."), step=0)
    waiting = make_run(ada, "waiting")
    assert visitor.post("/accounts/erase/", {"sure": "on"})["Location"] == "/accounts/erased/"
    assert not User.objects.filter(pk=ada.pk).exists()
    assert Puff.objects.get(pk=puff.pk).who == "a visitor"
    waiting.refresh_from_db()
    assert (waiting.state, waiting.outcome) == ("ended", "stopped")
    assert "Ada" not in str(list(Run.objects.values_list())) + str(list(Puff.objects.values_list()))
    assert other.get("/accounts/me/").status_code == 302
    assert not Session.objects.exists()
    assert "forgotten" in text(visitor.get("/accounts/erased/"))
    assert User.objects.create_user("Ada")


def test_nobody_is_erased_who_has_not_said_so_twice(visitor: Client, ada: User, make_run: Make) -> None:
    make_run(ada, "waiting")
    assert visitor.get("/accounts/erase/").status_code == 200
    response = visitor.post("/accounts/erase/")
    assert response.status_code == 400
    assert "Nothing was changed." in text(response)
    assert Run.objects.live().count() == User.objects.count() == 1


def test_who_puffs_just_now_is_erased_when_that_is_written_down(visitor: Client, ada: User, make_run: Make) -> None:
    run = make_run(ada, "playing")
    response = visitor.post("/accounts/erase/", {"sure": "on"})
    assert response.status_code == 409
    assert "Your last puff is being switched off." in text(response)
    assert User.objects.filter(pk=ada.pk).exists()
    run.refresh_from_db()
    assert run.end_asked_by == "Ada"
    Run.objects.filter(pk=run.pk).update(state="ended", outcome="stopped", ended_at=run.started_at)
    assert visitor.post("/accounts/erase/", {"sure": "on"}).status_code == 303


def test_the_last_who_may_do_everything_stays(desk: Client, curator: User) -> None:
    response = desk.post("/accounts/erase/", {"sure": "on"})
    assert response.status_code == 409
    assert "Nobody else may do everything here." in text(response)
    User.objects.create_superuser("Another", PHRASE)
    assert desk.post("/accounts/erase/", {"sure": "on"}).status_code == 303


def test_the_acts_of_a_curator_stay_when_they_go(desk: Client, curator: User, ada: User) -> None:
    people.moderate(ada, "", by=curator)
    assert "stays in its record, under your name." in text(desk.get("/accounts/erase/"))
    User.objects.create_superuser("Another", PHRASE)
    people.erase(curator)
    assert [(act.name, act.done_by) for act in Act.objects.all()] == [("Curator", None)]


@pytest.mark.usefixtures("groups")
def test_the_admins_delete_forgets_somebody_in_the_same_way(
    desk: Client, ada: User, bob: User, make_run: Make, make_puff: Make
) -> None:
    puff = make_puff(ada, run=make_run(ada, "ended"), step=0)
    make_run(bob, "playing")
    desk.post(f"/admin/clouds/user/{ada.pk}/delete/", {"post": "yes"}, follow=True)
    assert Puff.objects.get(pk=puff.pk).who == "a visitor"
    page = text(desk.post(f"/admin/clouds/user/{bob.pk}/delete/", {"post": "yes"}, follow=True))
    assert "What Bob asked for plays. End it first." in page
    assert "successfully" not in page
    assert User.objects.filter(pk=bob.pk).exists()
    everybody = list(User.objects.values_list("pk", flat=True))
    form = {"action": "delete_selected", "_selected_action": everybody, "post": "yes"}
    page = text(desk.post("/admin/clouds/user/", form, follow=True))
    assert "Nobody else may do everything here." in page
    assert User.objects.count() == len(everybody)


# Names that curators replace


def helper(*groups: str) -> Client:
    user = User.objects.create_user(f"Helper of {' '.join(groups)}", PHRASE, is_staff=True)
    user.groups.set(Group.objects.filter(name__in=groups))
    client = Client()
    client.force_login(user)
    return client


def moderate(client: Client, user: User, **form: str) -> Any:
    return client.post(f"/admin/clouds/user/{user.pk}/moderate/", form)


@pytest.mark.usefixtures("groups")
def test_a_curator_replaces_a_name_its_puffs_stay_and_the_person_is_told(
    visitor: Client, ada: User, make_run: Make, make_puff: Make
) -> None:
    puff = make_puff(ada, run=make_run(ada, "ended", reason="Ended by Ada."), step=0)
    desk = helper("curators")
    assert "Replace this name" in text(desk.get(f"/admin/clouds/user/{ada.pk}/change/"))
    assert desk.get(f"/admin/clouds/user/{ada.pk}/moderate/").status_code == 200
    assert moderate(desk, ada).status_code == 302
    assert Puff.objects.get(pk=puff.pk).who == "Guest"
    assert "Ada" not in str(list(Run.objects.values_list())) + str(list(Act.objects.values_list()))
    assert "The curators have replaced your name: you are Guest now." in text(visitor.get("/"))
    assert Act.objects.get().about == f"person {ada.pk} is now Guest"
    visitor.post("/accounts/name/", {"name": "Augusta"})
    assert "have replaced your name" not in text(visitor.get("/"))


@pytest.mark.usefixtures("groups")
def test_a_curator_chooses_the_name_or_leaves_it_to_the_site(ada: User, bob: User, db: None) -> None:
    desk = helper("curators")
    moderate(desk, ada, name="Bob")
    moderate(desk, bob)
    assert set(User.objects.filter(is_staff=False).values_list("name", flat=True)) == {"Bob 2", "Guest"}
    assert moderate(desk, ada, name="Αdа").status_code == 400


@pytest.mark.usefixtures("groups")
def test_a_curators_name_is_not_a_curators_to_replace(curator: User, ada: User) -> None:
    assert moderate(helper("curators"), curator).status_code == 403
    assert moderate(helper(), ada).status_code == 403


@pytest.mark.usefixtures("groups")
def test_a_curator_sees_nothing_of_passwords(ada: User) -> None:
    page = text(helper("curators").get(f"/admin/clouds/user/{ada.pk}/change/"))
    assert "Ada" in page
    assert "algorithm" not in page
    assert "hash" not in page


@pytest.mark.usefixtures("groups")
def test_curators_see_to_passes_and_words(cloud: Cloud) -> None:
    desk = helper("curators")
    for path in ("guestpass/", "guestpass/add/", "blockedword/", "blockedword/add/", "user/"):
        assert desk.get(f"/admin/clouds/{path}").status_code == 200
    assert desk.get("/admin/clouds/user/add/").status_code == 403
    desk.post("/admin/clouds/blockedword/add/", {"word": "rotter", "inside": "on"})
    assert Client().post("/accounts/signup/", {"name": "R0tter", "password": PHRASE}).status_code == 400


def test_erasing_says_so_when_it_must_wait(ada: User, make_run: Make) -> None:
    make_run(ada, "playing")
    with pytest.raises(refusals.StillPuffing):
        people.erase(ada)
