"""What holds for every page: the content policy, methods, and errors that are told in a sentence."""

import re
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from clouds.models import Cloud, Story, User
from clouds.views import history
from tests.web.conftest import Make, text

PAGES = [
    "/", "/clouds/cumulus/", "/clouds/cumulus/story/", "/wall/", "/offline/", "/history/",
    "/accounts/signup/", "/accounts/login/", "/accounts/puffs/", "/nowhere/",
]  # fmt: skip
ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.parametrize("url", [*PAGES, "/healthz", "/history.csv", "/admin/login/"])
def test_every_answer_comes_with_the_content_policy(url: str, visitor: Client, story: Story) -> None:
    policy = visitor.get(url)["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("url", PAGES)
def test_no_page_needs_what_the_policy_forbids(
    url: str, visitor: Client, story: Story, ada: User, make_run: Make, make_puff: Make
) -> None:
    make_run(ada)
    make_puff(ada)
    page = text(visitor.get(url))
    # A link that leads elsewhere says so, and nothing is fetched from there.
    page = re.sub(r'<a href="https?://[^"]+" rel="noopener external">', "", page)
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|<script(?![^>]*\ssrc=)|javascript:", page)
    assert not re.search(r'(?:src|href|action)="(?:https?:)?//', page)


@pytest.mark.parametrize("url", PAGES)
def test_every_field_has_a_label_and_every_page_a_heading(
    url: str, visitor: Client, client: Client, story: Story
) -> None:
    page = text((client if "accounts" in url else visitor).get(url, follow=True))
    for field in re.findall(r"<(?:input|select)[^>]*>", page):
        if 'type="hidden"' not in field:
            found = re.search(r'\sid="([^"]+)"', field)
            assert found
            assert f'<label for="{found[1]}">' in page
    assert len(re.findall(r"<h1[ >]", page)) == 1
    assert "<title>" in page


@pytest.mark.parametrize(
    "url",
    ["/", "/clouds/cumulus/", "/clouds/cumulus/story/", "/history/", "/history.csv", "/accounts/puffs/", "/healthz"],
)
def test_a_page_that_is_for_reading_takes_no_post(url: str, visitor: Client, cloud: Cloud) -> None:
    response = visitor.post(url)
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")
    assert "Nothing happened" in text(response)


def test_an_address_that_is_none_is_told_so(client: Client, db: None) -> None:
    response = client.get("/nowhere/")
    assert response.status_code == 404
    assert "There is nothing at this address." in text(response)


def test_what_breaks_is_told_so_without_the_database(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr(history.HistoryForm, "is_valid", fail)
    client.raise_request_exception = False
    response = client.get("/history/")
    assert response.status_code == 500
    assert "Something broke on our side." in text(response)
    assert "a secret" not in text(response)


def test_a_form_of_a_megabyte_is_told_so(ada: User, cloud: Cloud) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(ada)
    client.get("/clouds/cumulus/")
    form = "x=" + "x" * 1_000_000
    response = client.post("/clouds/cumulus/press/", form, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 400
    assert "could not make sense" in text(response)


def test_a_host_that_is_not_ours_is_told_so(client: Client) -> None:
    response = client.get("/", headers={"host": "evil.example"})
    assert response.status_code == 400
    assert "could not make sense" in text(response)


def test_the_curators_door_is_shown_to_curators_only(visitor: Client, desk: Client, cloud: Cloud) -> None:
    assert reverse("admin:index") not in text(visitor.get("/"))
    assert reverse("admin:index") in text(desk.get("/"))


def test_who_prefers_less_motion_gets_less() -> None:
    style = (ROOT / "clouds/static/clouds/sky.css").read_text()
    calm = style[style.index("@media (prefers-reduced-motion: reduce)") :]
    moving = set(re.findall(r"^(\.[^{]*) \{[^}]*(?:transition|animation):", style[: -len(calm)], re.MULTILINE))
    assert moving
    assert all(selector in calm for selector in moving)
