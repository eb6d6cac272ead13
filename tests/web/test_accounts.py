"""Signing up, logging in and out."""

from typing import Any

import pytest
from django.test import Client

from clouds.models import User
from tests.web.conftest import text

PHRASE = "a long pass phrase"
pytestmark = pytest.mark.django_db


def sign_up(client: Client, **fields: str) -> Any:
    return client.post("/accounts/signup/", {"name": "Zoë", "password": PHRASE, **fields})


def test_a_name_and_a_password_make_an_account_and_log_it_in(client: Client) -> None:
    response = sign_up(client)
    assert (response.status_code, response["Location"]) == (302, "/")
    assert User.objects.get().name == "Zoë"
    assert "Zoë" in text(client.get("/"))


def test_who_signs_up_goes_on_to_where_they_were_going(client: Client) -> None:
    assert sign_up(client, next="/clouds/cumulus/")["Location"] == "/clouds/cumulus/"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil"])
@pytest.mark.parametrize("page", ["/accounts/signup/", "/accounts/login/"])
def test_nobody_is_sent_to_another_site(client: Client, ada: User, elsewhere: str, page: str) -> None:
    form = {"name": "Zoë", "username": "Ada", "password": PHRASE, "next": elsewhere}
    response = client.post(page, form)
    assert (response.status_code, response["Location"]) == (302, "/")
    assert "evil" not in text(client.get(page, {"next": elsewhere}, follow=True))


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "Please choose a name."),
        ("   ", "Please choose a name."),
        ("x" * 41, "at most 40 characters"),
        ("x" * 10_000, "at most 40 characters"),
        ("\U0001f32b" * 10_000, "at most 40 characters"),
        ("ﷺ" * 40, "at most 40 characters"),
        ("a\u202eb", "characters that cannot be shown"),
        ("a\u0000b", "Null characters"),
        ("a\u0007b", "characters that cannot be shown"),
        ("  aDA ", "Somebody has this name already"),
        ("Ａda", "Somebody has this name already"),
    ],
)
def test_a_name_that_will_not_do_is_told_so_and_makes_nothing(
    client: Client, ada: User, name: str, sentence: str
) -> None:
    response = sign_up(client, name=name)
    assert response.status_code == 400
    assert sentence in text(response)
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "'; DROP TABLE x; --", "{{ 7|add:7 }}", "小林 ☁", "a&amp;b"]
)
def test_a_name_with_markup_or_any_script_is_shown_as_it_is(client: Client, name: str) -> None:
    assert sign_up(client, name=name).status_code == 302
    assert User.objects.get().name == name
    page = client.get("/")
    assert "<script>alert" not in text(page)
    assert client.get("/").context["user"].name == name


@pytest.mark.parametrize("password", ["", "short", "password", "12345678901", "x" * 1001])
def test_a_password_that_will_not_do_is_told_so_and_makes_nothing(client: Client, password: str) -> None:
    response = sign_up(client, password=password)
    assert response.status_code == 400
    assert response.context["form"].errors["password"]
    assert not User.objects.exists()


def test_a_password_like_the_name_that_everyone_sees_will_not_do(client: Client) -> None:
    response = sign_up(client, name="Augusta Ada", password="augusta-ada")
    assert response.status_code == 400
    assert "too similar to the name" in text(response)
    assert not User.objects.exists()


def test_the_right_password_logs_in_whatever_the_case_of_the_name(client: Client, ada: User) -> None:
    response = client.post("/accounts/login/", {"username": "aDA", "password": PHRASE, "next": "/history/"})
    assert (response.status_code, response["Location"]) == (302, "/history/")


@pytest.mark.parametrize("name", ["Ada", "Nobody", "x" * 10_000, "", "a\u0000"])
def test_a_wrong_password_is_told_so(client: Client, ada: User, name: str) -> None:
    response = client.post("/accounts/login/", {"username": name, "password": "wrong"})
    assert response.status_code == 400
    assert response.context["form"].errors
    assert "_auth_user_id" not in client.session


def test_an_account_that_may_not_log_in_does_not(client: Client, ada: User) -> None:
    User.objects.update(is_active=False)
    assert client.post("/accounts/login/", {"username": "Ada", "password": PHRASE}).status_code == 400


def test_logging_out_takes_a_post(visitor: Client) -> None:
    response = visitor.get("/accounts/logout/")
    assert (response.status_code, response["Allow"]) == (405, "POST")
    assert "by pressing its button" in text(response)
    assert visitor.post("/accounts/logout/")["Location"] == "/"
    assert "_auth_user_id" not in visitor.session
