"""Wrong passwords, again and again: told when to wait, and nobody else is kept out."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import hashers
from django.test import Client
from time_machine import TimeMachineFixture

from clouds import addresses, throttle
from clouds.models import User
from clouds.throttle import Quota
from tests.web.conftest import text

PHRASE = "a long pass phrase"
DOORS = ["/accounts/login/", "/admin/login/"]
pytestmark = pytest.mark.django_db


def log_in(name: str, password: str, door: str = DOORS[0], **headers: str) -> Any:
    return Client(headers=headers).post(door, {"username": name, "password": password})


@pytest.mark.parametrize("door", DOORS)
def test_after_five_wrong_passwords_one_is_told_to_wait_and_for_how_long(
    door: str, curator: User, time_machine: TimeMachineFixture
) -> None:
    time_machine.move_to("2026-11-22T12:00:00Z", tick=False)
    wrong = {DOORS[0]: 400, DOORS[1]: 200}[door]
    assert [log_in("Curator", "wrong", door).status_code for _ in range(6)] == [wrong] * 5 + [429]
    response = log_in("Curator", PHRASE, door)
    assert response.status_code == 429
    assert response["Retry-After"] == "2"
    assert "There were too many wrong passwords for this name. Try again in 2 seconds." in text(response)
    time_machine.shift(2)
    assert log_in("Curator", PHRASE, door).status_code == 302


@pytest.mark.parametrize("door", DOORS)
def test_the_two_doors_count_together(door: str, curator: User) -> None:
    for number in range(5):
        log_in("Curator", "wrong", DOORS[number % 2])
    assert log_in("Curator", PHRASE, door).status_code == 429


def test_another_name_from_the_same_address_gets_in(ada: User, bob: User) -> None:
    for _ in range(10):
        log_in("Ada", "wrong")
    assert log_in("Ada", PHRASE).status_code == 429
    assert log_in("Bob", "another long phrase").status_code == 302


def test_the_same_name_from_elsewhere_gets_in(ada: User) -> None:
    for _ in range(10):
        log_in("Ada", "wrong", **{"x-forwarded-for": "203.0.113.9"})
    assert log_in("Ada", PHRASE, **{"x-forwarded-for": "203.0.113.9"}).status_code == 429
    assert log_in("Ada", PHRASE, **{"x-forwarded-for": "198.51.100.7"}).status_code == 302


def test_whether_there_is_such_a_name_makes_no_difference(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    guest = User.objects.create_user("Grace")
    hashed: list[str] = []
    make = hashers.MD5PasswordHasher.encode
    monkeypatch.setattr(
        hashers.MD5PasswordHasher, "encode", lambda self, *args: [hashed.append("x"), make(self, *args)][1]
    )
    seen = set()
    for name in ("Ada", "Nobody at all", guest.name):
        hashed.clear()
        answers = [log_in(name, "wrong") for _ in range(5)]
        work = len(hashed)
        answers.append(log_in(name, "wrong"))
        seen.add((work, tuple((one.status_code, one.context["form"].non_field_errors()[0]) for one in answers)))
    assert len(seen) == 1


def test_what_is_throttled_costs_no_hashing(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        log_in("Ada", "wrong")
    monkeypatch.setattr(User, "check_password", lambda *_: pytest.fail("It was looked at."))
    assert log_in("Ada", PHRASE).status_code == 429


def test_accounts_have_a_limit_that_no_crowd_meets(monkeypatch: pytest.MonkeyPatch) -> None:
    assert throttle.SIGN_UPS.most >= 300
    monkeypatch.setattr(throttle, "SIGN_UPS", Quota("a test", most=2, within=timedelta(minutes=10)))
    forms = [{"name": f"Person {number}", "password": PHRASE} for number in range(3)]
    answers = [Client().post("/accounts/signup/", form) for form in forms]
    assert [answer.status_code for answer in answers] == [302, 302, 429]
    assert "Try again in 10 minutes." in text(answers[-1])
    assert User.objects.count() == 2


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("127.0.0.1", "203.0.113.9", "203.0.113.9/32"),
        ("::1", "198.51.100.1, 203.0.113.9", "203.0.113.9/32"),
        ("127.0.0.1", "", "127.0.0.1/32"),
        ("192.168.1.7", "203.0.113.9", "192.168.1.7/32"),  # no proxy of ours: it may say what it likes
        ("203.0.113.9", "198.51.100.1", "203.0.113.9/32"),
        ("127.0.0.1", "2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("127.0.0.1", "::ffff:203.0.113.9", "203.0.113.9/32"),
        ("127.0.0.1", "nonsense", "unknown"),
        ("", "", "unknown"),
    ],
)
def test_an_address_is_what_the_proxy_on_this_machine_says_last(peer: str, forwarded: str, address: str) -> None:
    assert addresses.of_visitor({"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": forwarded}) == address


class TestABrowserInWhichSomebodyHasLoggedInBefore:
    """Others can't keep its owner out, and it opens nothing by itself."""

    @pytest.mark.parametrize("door", DOORS)
    def test_it_gets_in_while_others_guess_at_the_same_address_and_from_everywhere(
        self, door: str, curator: User, client: Client
    ) -> None:
        assert client.post(door, {"username": "Curator", "password": PHRASE}).status_code == 302
        client.post("/accounts/logout/")
        for number in range(60):
            log_in("Curator", "wrong")
            log_in("Curator", "wrong", **{"x-forwarded-for": f"203.0.113.{number}"})
        assert log_in("Curator", PHRASE, **{"x-forwarded-for": "198.51.100.7"}).status_code == 429
        assert client.post(door, {"username": "Curator", "password": PHRASE}).status_code == 302

    def test_wrong_passwords_in_it_are_slowed_down_too(self, ada: User, client: Client) -> None:
        client.post(DOORS[0], {"username": "Ada", "password": PHRASE})
        client.post("/accounts/logout/")
        tries = [client.post(DOORS[0], {"username": "Ada", "password": "wrong"}).status_code for _ in range(6)]
        assert tries == [400] * 5 + [429]

    def test_it_helps_nobody_to_guess_the_password_of_another(self, ada: User, bob: User, client: Client) -> None:
        client.post(DOORS[0], {"username": "Ada", "password": PHRASE})
        client.post("/accounts/logout/")
        for _ in range(5):
            log_in("Bob", "wrong")
        assert client.post(DOORS[0], {"username": "Bob", "password": "wrong"}).status_code == 429

    def test_a_cookie_that_was_made_up_counts_for_nothing(self, ada: User, client: Client) -> None:
        client.cookies["known"] = "WzEsICJ4Il0:1abc:made-up"
        tries = [client.post(DOORS[0], {"username": "Ada", "password": "wrong"}).status_code for _ in range(6)]
        assert tries == [400] * 5 + [429]

    def test_that_of_a_new_account_is_known_at_once_and_whoever_is_erased_is_forgotten(self, client: Client) -> None:
        client.post("/accounts/signup/", {"name": "Grace", "password": PHRASE})
        cookie = client.cookies["known"]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
        client.post("/accounts/erase/", {"sure": "on"})
        assert not client.cookies["known"].value
