"""A guest pass: what it shows, whom it lets in, and what it refuses."""

import re
from datetime import timedelta
from typing import Any

import pytest
import segno
from django.test import Client
from django.utils import timezone

from clouds import people, throttle
from clouds.models import Act, BlockedWord, Cloud, GuestPass, Run, Tries, User, Venue
from clouds.throttle import Quota
from tests.web.conftest import Make, text

SESSION_SECONDS = 12 * 60 * 60
SOON, LATELY = timedelta(hours=1), timedelta(hours=-1)


@pytest.fixture
def guest_pass(cloud: Cloud) -> GuestPass:
    """A pass for whoever stands before the cloud."""
    return GuestPass.objects.create(venue=cloud.venue, cloud=cloud)


def come_in(client: Client, guest_pass: GuestPass, name: str = "Grace", **fields: str) -> Any:
    return client.post(guest_pass.path, {"name": name, **fields})


def test_it_shows_the_cloud_one_field_and_one_button(client: Client, guest_pass: GuestPass) -> None:
    response = client.get(guest_pass.path)
    page = text(response)
    assert response.status_code == 200
    assert re.findall(r"<h1>(.*?)</h1>", page) == ["Cumulus"]
    assert re.findall(r'<input type="text" name="(\w+)"', page) == ["name"]
    assert len(re.findall(r"<button", page)) == 1


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_at_it_changes_nothing(client: Client, guest_pass: GuestPass, method: str) -> None:
    for _ in range(3):
        response = getattr(client, method)(guest_pass.path)
        assert response.status_code == 200
    assert "sessionid" not in response.cookies
    assert GuestPass.objects.get().uses == User.objects.count() == Tries.objects.count() == 0


def test_it_is_kept_by_nobody_on_the_way_and_told_to_nobody(client: Client, guest_pass: GuestPass) -> None:
    for response in (client.get(guest_pass.path), come_in(client, guest_pass, ""), client.get("/pass/nothing/")):
        assert response["Cache-Control"] == "no-store"
        assert response["Referrer-Policy"] == "same-origin"
        assert response["X-Robots-Tag"] == "noindex"


def test_a_name_and_one_tap_are_enough_to_stand_before_the_button(
    client: Client, guest_pass: GuestPass, conducted: Venue
) -> None:
    response = come_in(client, guest_pass)
    assert (response.status_code, response["Location"]) == (303, "/clouds/cumulus/")
    page = text(client.get("/clouds/cumulus/"))
    assert "Grace" in page
    assert re.search(r'<button class="big" id="puff"[^>]*>Puff for 5 s', page)
    assert client.post("/clouds/cumulus/press/").status_code == 303
    assert Run.objects.get().asked_by == User.objects.get() == User.objects.get(name="Grace")


def test_a_guest_stays_for_twelve_hours(client: Client, guest_pass: GuestPass) -> None:
    cookie = come_in(client, guest_pass).cookies["sessionid"]
    assert cookie["max-age"] == SESSION_SECONDS
    assert SESSION_SECONDS - 60 < client.session.get_expiry_age() <= SESSION_SECONDS


def test_who_is_in_goes_on_as_themselves(visitor: Client, guest_pass: GuestPass) -> None:
    response = visitor.get(guest_pass.path)
    assert (response.status_code, response["Location"]) == (302, "/clouds/cumulus/")
    assert come_in(visitor, guest_pass).status_code == 303
    assert list(User.objects.values_list("name", flat=True)) == ["Ada"]
    assert GuestPass.objects.get().uses == 0


def test_who_comes_back_with_the_same_phone_is_still_in(client: Client, guest_pass: GuestPass) -> None:
    come_in(client, guest_pass)
    assert client.get(guest_pass.path)["Location"] == "/clouds/cumulus/"
    assert GuestPass.objects.get().uses == 1


def test_a_name_that_somebody_has_gets_a_number_and_the_guest_is_told(
    client: Client, guest_pass: GuestPass, ada: User
) -> None:
    come_in(client, guest_pass, "Ada")
    assert User.objects.filter(name="Ada 2").exists()
    assert "Somebody is called Ada already, so you are Ada 2." in text(client.get("/clouds/cumulus/"))
    assert client.post("/accounts/notice/", {"next": "/history/"})["Location"] == "/history/"
    assert 'id="notice"' not in text(client.get("/clouds/cumulus/"))


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "/\\evil", ""])
def test_who_has_read_a_notice_is_sent_nowhere_else(visitor: Client, elsewhere: str) -> None:
    assert visitor.post("/accounts/notice/", {"next": elsewhere})["Location"] == "/accounts/me/"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "Please choose a name."),
        ("x" * 41, "at most 40 characters"),
        ("Grаce", "mixes alphabets"),
        ("Gra\u202ece", "cannot be shown"),
        ("🎈", "a letter in it"),
        ("Curator", "taken for the gallery’s own"),
        ("r0tt3r", "not wanted here"),
        ("x" * 200_000, "at most 40 characters"),
    ],
)
def test_a_name_that_will_not_do_is_told_so_kept_as_typed_and_uses_nothing_up(
    client: Client, guest_pass: GuestPass, name: str, sentence: str
) -> None:
    BlockedWord.objects.create(word="rotter")
    response = come_in(client, guest_pass, name)
    assert response.status_code == 400
    assert sentence.replace("’", "&#x27;") in text(response)
    assert f'value="{name}"' in text(response) or not name
    assert GuestPass.objects.get().uses == User.objects.count() == 0


def test_markup_in_a_name_is_harmless(client: Client, guest_pass: GuestPass) -> None:
    come_in(client, guest_pass, "<b onclick=x>Grace</b>")
    page = text(client.get("/clouds/cumulus/"))
    assert "&lt;b onclick=x&gt;Grace&lt;/b&gt;" in page
    assert "<b onclick" not in page


@pytest.mark.parametrize(
    ("fields", "status", "sentence"),
    [
        ({"valid_until": LATELY}, 410, "no longer valid"),
        ({"valid_from": SOON}, 403, "not valid yet"),
        ({"revoked_at": LATELY}, 410, "withdrawn"),
        ({"most_uses": 1, "uses": 1}, 410, "used up"),
    ],
)
def test_a_pass_that_will_not_do_says_why_and_changes_nothing(
    client: Client, guest_pass: GuestPass, fields: dict[str, Any], status: int, sentence: str
) -> None:
    now = timezone.now()
    GuestPass.objects.update(
        **{name: now + value if isinstance(value, timedelta) else value for name, value in fields.items()}
    )
    for response in (client.get(guest_pass.path), come_in(client, guest_pass)):
        assert response.status_code == status
        assert sentence in text(response)
    assert GuestPass.objects.get().uses == fields.get("uses", 0)
    assert not User.objects.exists()


def test_one_that_is_not_valid_yet_says_when_it_will_be_where_it_hangs(
    client: Client, guest_pass: GuestPass, conducted: Venue
) -> None:
    GuestPass.objects.update(valid_from=timezone.now() + SOON)
    assert re.search(r'id="until">It lets you in from <time.*CES?T</time> on.', text(client.get(guest_pass.path)))


@pytest.mark.parametrize(
    "change", [lambda path: path[:-2] + "/", lambda path: path.replace("/pass/", "/pass/1"), str.upper]
)
def test_a_pass_that_was_tampered_with_is_none(client: Client, guest_pass: GuestPass, change: Any) -> None:
    path = "/pass/" + change(guest_pass.path).lower().removeprefix("/pass/")
    if change is str.upper:
        assert client.get("/pass/" + guest_pass.path.removeprefix("/pass/").upper()).status_code == 200
        return
    for response in (client.get(path), client.post(path, {"name": "Grace"})):
        assert response.status_code == 404
        assert "There is no such pass." in text(response)
    assert not User.objects.exists()


def test_a_form_that_is_sent_twice_lets_one_guest_in(client: Client, guest_pass: GuestPass) -> None:
    GuestPass.objects.update(most_uses=1)
    form = re.search(r'name="form" value="([^"]+)"', text(client.get(guest_pass.path)))
    assert form
    other = Client()
    assert come_in(client, guest_pass, form=form[1]).status_code == 303
    assert come_in(other, guest_pass, form=form[1]).status_code == 303
    assert other.session["_auth_user_id"] == client.session["_auth_user_id"]


def test_a_pass_leads_to_its_cloud_or_the_only_one_else_to_the_sky(
    client: Client, guest_pass: GuestPass, venue: Venue
) -> None:
    event = GuestPass.objects.create(
        venue=venue, kind="event", label="Opening night", valid_until=timezone.now() + SOON
    )
    assert "Opening night." in text(client.get(event.path))
    assert come_in(Client(), event, "A")["Location"] == "/clouds/cumulus/"
    Cloud.objects.create(venue=venue, name="Nimbus", slug="nimbus")
    assert come_in(Client(), event, "B")["Location"] == "/"
    assert come_in(Client(), guest_pass, "C")["Location"] == "/clouds/cumulus/"
    Cloud.objects.filter(name="Cumulus").update(enabled=False)
    assert come_in(Client(), guest_pass, "D")["Location"] == "/"


def test_a_persons_pass_has_their_name_filled_in(client: Client, venue: Venue) -> None:
    person = GuestPass.objects.create(venue=venue, kind="person", person="Grace", most_uses=1)
    assert 'name="name" value="Grace"' in text(client.get(person.path))


def test_three_hundred_visitors_from_one_address_are_let_in(guest_pass: GuestPass) -> None:
    assert all(come_in(Client(), guest_pass, f"Person {number}").status_code == 303 for number in range(300))
    assert GuestPass.objects.get().uses == 300


def test_more_than_any_crowd_is_told_to_wait(
    client: Client, guest_pass: GuestPass, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "JOINS_BY_ADDRESS", Quota("a test", most=2, within=timedelta(minutes=10)))
    assert [come_in(Client(), guest_pass, f"Person {number}").status_code for number in range(4)] == [
        303,
        303,
        429,
        429,
    ]
    response = come_in(client, guest_pass)
    assert "Try again in 10 minutes." in text(response)
    assert 590 <= int(response["Retry-After"]) <= 600
    assert 'value="Grace"' in text(response)
    elsewhere = client.post(guest_pass.path, {"name": "Grace"}, headers={"x-forwarded-for": "203.0.113.9"})
    assert elsewhere.status_code == 303


def test_the_form_wants_its_token(guest_pass: GuestPass) -> None:
    assert Client(enforce_csrf_checks=True).post(guest_pass.path, {"name": "Grace"}).status_code == 403
    assert not User.objects.exists()


# The curators' side


def test_a_curator_makes_a_pass_and_that_is_written_down(desk: Client, cloud: Cloud, curator: User) -> None:
    form = {"kind": "cloud", "venue": cloud.venue_id, "cloud": cloud.pk, "label": "", "person": ""}
    assert desk.post("/admin/clouds/guestpass/add/", form).status_code == 302
    made = GuestPass.objects.get()
    assert made.made_by == curator
    page = text(desk.get(f"/admin/clouds/guestpass/{made.pk}/change/"))
    assert made.path in page
    assert "It lets people in." in page
    assert Act.objects.get().about == f"made: Cumulus ({made.pk})"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"kind": "cloud", "cloud": ""}, "A pass for a cloud has a cloud"),
        ({"kind": "event", "label": "Opening"}, "one for an event a label and an end"),
        ({"kind": "person"}, "one for a person a name"),
        ({"most_uses": "0"}, "greater than or equal to 1"),
        ({"kind": "person", "person": "Grаce"}, "mixes alphabets"),
        (
            {
                "valid_from_0": "2026-01-02",
                "valid_from_1": "10:00",
                "valid_until_0": "2026-01-01",
                "valid_until_1": "10:00",
            },
            "A pass ends after it begins.",
        ),
    ],
)
def test_a_pass_that_makes_no_sense_is_told_so(
    desk: Client, cloud: Cloud, fields: dict[str, str], sentence: str
) -> None:
    form = {"kind": "cloud", "venue": cloud.venue_id, "cloud": cloud.pk, **fields}
    assert sentence in text(desk.post("/admin/clouds/guestpass/add/", form))
    assert not GuestPass.objects.exists()


def test_a_cloud_of_another_venue_is_told_so(desk: Client, cloud: Cloud) -> None:
    hall = Venue.objects.create(name="The hall", slug="hall")
    form = {"kind": "cloud", "venue": hall.pk, "cloud": cloud.pk}
    assert "hangs at another venue" in text(desk.post("/admin/clouds/guestpass/add/", form))


def test_a_curator_revokes_a_pass_by_its_button_only(desk: Client, client: Client, guest_pass: GuestPass) -> None:
    revoke = f"/admin/clouds/guestpass/{guest_pass.pk}/revoke/"
    assert desk.get(revoke).status_code == 405
    come_in(client, guest_pass)
    assert desk.post(revoke).status_code == 302
    assert desk.post(revoke).status_code == 409
    assert Client().get(guest_pass.path).status_code == 410
    assert client.post("/clouds/cumulus/press/").status_code == 303
    assert Act.objects.filter(kind="pass").count() == 1


@pytest.mark.parametrize(
    ("layout", "paper", "codes"), [("cards", "a4", 8), ("poster", "letter", 1), ("nonsense", "", 8)]
)
def test_a_sheet_has_codes_names_and_addresses_to_type(
    desk: Client, guest_pass: GuestPass, layout: str, paper: str, codes: int
) -> None:
    response = desk.get("/admin/clouds/guestpass/sheet/", {"pass": guest_pass.pk, "layout": layout, "paper": paper})
    page = text(response)
    assert page.count('class="code"') == page.count(guest_pass.path) == codes
    assert page.count("<h2>Cumulus</h2>") == codes
    assert f"paper-{'letter' if paper == 'letter' else 'a4'}" in page
    assert not re.search(r"\sstyle=|<style|<script", page)


def test_a_code_is_that_of_the_address_where_visitors_find_the_site(
    desk: Client, guest_pass: GuestPass, settings: Any
) -> None:
    address = f"/admin/clouds/guestpass/sheet/?pass={guest_pass.pk}"
    assert 'id="only-here"' in text(desk.get(address))
    settings.SITE_URL = "https://cloud.example.org"
    page = text(desk.get(address))
    code = segno.make(f"https://cloud.example.org{guest_pass.path}", error="m", micro=False)
    assert re.findall(r'<path[^>]* d="([^"]+)"', code.svg_inline())[0] in page
    assert 'id="only-here"' not in page


def test_a_sheet_of_several_passes_has_one_card_of_each(desk: Client, cloud: Cloud) -> None:
    for name in "ABCDEFGHIJ":
        GuestPass.objects.create(venue=cloud.venue, kind="person", person=name, most_uses=1)
    numbers = list(GuestPass.objects.values_list("pk", flat=True))
    data = {"action": "print_them", "_selected_action": numbers}
    page = text(desk.post("/admin/clouds/guestpass/", data, follow=True))
    assert page.count('<article class="card">') == 10
    assert page.count('<section class="page"') == 2


@pytest.mark.parametrize("query", ["", "?pass=", "?pass=x", "?pass=999", "?pass=" + "9" * 100])
def test_a_sheet_of_nothing_is_told_so(desk: Client, venue: Venue, query: str) -> None:
    assert desk.get(f"/admin/clouds/guestpass/sheet/{query}").status_code == 404


def test_a_visitor_prints_nothing(visitor: Client, guest_pass: GuestPass) -> None:
    assert "/admin/login/" in visitor.get(f"/admin/clouds/guestpass/sheet/?pass={guest_pass.pk}")["Location"]


def test_a_guest_who_is_erased_frees_the_name_and_not_the_use(
    client: Client, guest_pass: GuestPass, make_puff: Make
) -> None:
    come_in(client, guest_pass)
    people.erase(User.objects.get())
    assert GuestPass.objects.get().uses == 1
    come_in(Client(), guest_pass)
    assert User.objects.get().name == "Grace"


def test_who_has_an_account_logs_in_and_goes_on_to_where_the_pass_leads(guest_pass: GuestPass, ada: User) -> None:
    client = Client()
    way = re.search(r'href="([^"]+)">I have an account', text(client.get(guest_pass.path)))
    assert way
    response = client.post(way[1], {"username": "Ada", "password": "a long pass phrase"}, follow=True)
    assert response.redirect_chain[-1][0] == "/clouds/cumulus/"
    guest_pass.refresh_from_db()
    assert guest_pass.uses == 0
