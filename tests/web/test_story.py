"""The page of a story: facts to scroll through, and a button for each."""

import csv
import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from time_machine import TimeMachineFixture

from clouds.models import Cloud, Fact, Plug, Run, Story, User, Venue
from tests.web.conftest import Make, text

URL = "/clouds/cumulus/story/"
PRESS = "/clouds/cumulus/press/"


@pytest.fixture(autouse=True)
def _conducted(conducted: Venue) -> None:
    pass


@pytest.fixture
def book(story: Story) -> Fact:
    """The fact in the middle."""
    return story.facts.get(position=1)


def card(page: str, fact: Fact) -> str:
    """What the page has of a fact."""
    found = re.search(rf'<li id="fact-{fact.pk}".*?</li>', page, re.DOTALL)
    assert found
    return found[0]


def test_each_fact_has_its_amount_its_sentence_its_source_and_the_length_of_its_puff(
    client: Client, story: Story, book: Fact
) -> None:
    page = text(client.get(URL))
    assert re.findall(r'class="number">([^<]*)</span> ([^<]*)<', page) == [
        ("5", "g CO₂e"), ("5", "kg CO₂e"), ("5", "t CO₂e"),
    ]  # fmt: skip
    assert re.findall(r"Puff for ([\d.]+ s)", page) == ["1 s", "3 s", "5 s"]
    assert "A book." in card(page, book)
    assert "A scale, p. 7" in card(page, book)
    assert "From little to much." in page


def test_a_source_is_a_link_where_there_is_one(client: Client, story: Story, book: Fact) -> None:
    page = text(client.get(URL))
    word = card(page, story.facts.get(position=0))
    assert '<a href="https://example.org/weights?of=words&amp;in=g" rel="noopener external">A scale, p. 7</a>' in word
    assert "<a" not in card(page, book)


def test_the_cloud_links_to_its_story_if_it_has_one(client: Client, story: Story) -> None:
    assert f'href="{URL}"' in text(client.get("/clouds/cumulus/"))
    Cloud.objects.update(story=None)
    assert f'href="{URL}"' not in text(client.get("/clouds/cumulus/"))


def test_a_press_for_a_fact_leads_back_to_the_fact(visitor: Client, story: Story, book: Fact, ada: User) -> None:
    response = visitor.post(PRESS, {"fact": book.pk})
    assert (response.status_code, response["Location"]) == (303, f"{URL}#fact-{book.pk}")
    run = Run.objects.get()
    assert (run.asked_by, run.seconds, run.fact, run.told) == (ada, 3.0, book, "5 kg CO₂e: A book.")


def test_who_has_not_logged_in_is_led_there_and_back_to_the_fact(client: Client, book: Fact) -> None:
    response = client.post(PRESS, {"fact": book.pk})
    assert response["Location"] == f"/accounts/login/?next={URL}%23fact-{book.pk}"
    assert not Run.objects.exists()


def test_who_waits_is_told_their_place(
    visitor: Client, story: Story, book: Fact, ada: User, bob: User, make_run: Make
) -> None:
    make_run(bob)
    visitor.post(PRESS, {"fact": book.pk})
    page = text(visitor.get(URL))
    assert "you were 2nd in line." in card(page, book)
    assert "You are 2nd in line." in page
    assert 'class="became' not in card(page, story.facts.get(position=0))


def test_who_has_puffed_is_told_so(visitor: Client, book: Fact, ada: User, make_run: Make) -> None:
    run = make_run(ada, state="playing", fact=book, seconds=3.0)
    assert "Your puff for this began at" in card(text(visitor.get(URL)), book)
    Run.objects.filter(pk=run.pk).update(state="ended", outcome="done", ended_at=timezone.now())
    page = text(visitor.get(URL))
    assert "You puffed this" in card(page, book)
    assert "You have puffed one of these facts." in page


def test_who_got_less_than_the_fact_is_worth_is_told_how_much(
    visitor: Client, book: Fact, ada: User, make_run: Make
) -> None:
    make_run(ada, state="ended", fact=book, seconds=1.5)
    assert "There was room for 1.5 s." in card(text(visitor.get(URL)), book)


def test_a_puff_that_failed_is_told_with_its_reason(visitor: Client, book: Fact, ada: User, make_run: Make) -> None:
    make_run(ada, state="ended", outcome="failed", reason="It went silent.", fact=book)
    assert re.search(r"You asked for this, .*: failed\. It went silent\.", card(text(visitor.get(URL)), book))


def test_what_others_puffed_is_not_marked(visitor: Client, book: Fact, bob: User, make_run: Make) -> None:
    make_run(bob, state="ended", fact=book)
    assert 'class="became' not in text(visitor.get(URL))


def test_a_refusal_is_told_beside_the_fact_with_a_proper_status(
    visitor: Client, story: Story, book: Fact, ada: User, make_puff: Make
) -> None:
    make_puff(ada, on_at=timezone.now() - timedelta(seconds=6))
    response = visitor.post(PRESS, {"fact": book.pk})
    assert response.status_code == 429
    assert 1 <= int(response["Retry-After"]) <= 30
    page = text(response)
    assert "You have just had a puff." in card(page, book)
    assert "Try again" in card(page, book)
    assert page.count('role="alert"') == 1
    assert f'data-url="{URL}?live"' in page
    assert not Run.objects.exists()


@pytest.mark.parametrize("made_up", ["0", "-1", "", "x", "1 OR 1=1", "9" * 30, "9" * 18, "²", "1.0", "\x00"])
def test_a_fact_that_is_made_up_is_not_found(made_up: str, visitor: Client, story: Story) -> None:
    response = visitor.post(PRESS, {"fact": made_up})
    assert response.status_code == 404
    assert "This is not a part of its story, or not any more." in text(response)
    assert not Run.objects.exists()


def test_a_fact_of_a_story_that_another_cloud_tells_is_not_found(visitor: Client, venue: Venue, book: Fact) -> None:
    Plug.objects.create(
        venue=venue,
        cloud=Cloud.objects.create(venue=venue, name="Stratus", slug="stratus"),
        host="127.0.0.1",
        port=9998,
    )
    assert visitor.post("/clouds/stratus/press/", {"fact": book.pk}).status_code == 404
    assert not Run.objects.exists()


def test_a_story_that_changes_at_the_same_moment_is_told_so(
    visitor: Client, book: Fact, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clouds.views.story.chosen", lambda *_: book)
    Cloud.objects.update(story=None)
    response = visitor.post(PRESS, {"fact": book.pk})
    assert response.status_code == 404
    assert "Cumulus does not tell this any more." in text(response)


@pytest.mark.parametrize("change", [{"story": None}, {"enabled": False}, {"slug": "gone"}])
def test_a_cloud_without_a_story_has_no_such_page(change: dict[str, Any], client: Client, story: Story) -> None:
    Cloud.objects.update(**change)
    for url in (URL, f"{URL}?live"):
        response = client.get(url)
        assert response.status_code == 404
        assert "Cumulus tells no story just now." in text(response) or "There is no such cloud" in text(response)


def test_a_story_without_facts_has_no_such_page(client: Client, story: Story) -> None:
    Fact.objects.all().delete()
    assert client.get(URL).status_code == 404


def test_what_changes_by_itself_is_fetched_without_the_facts(
    client: Client, story: Story, book: Fact, django_assert_max_num_queries: Any, time_machine: TimeMachineFixture
) -> None:
    time_machine.move_to(timezone.now(), tick=False)
    with django_assert_max_num_queries(12):
        piece = text(client.get(f"{URL}?live"))
    assert piece.strip().startswith('<div id="live"')
    assert "<li" not in piece
    assert piece.strip() in text(client.get(URL))


def test_a_story_of_many_facts_takes_no_more_questions(
    visitor: Client, story: Story, ada: User, make_run: Make, django_assert_max_num_queries: Any
) -> None:
    for place in range(3, 90):
        fact = story.facts.create(position=place, amount=place, text=f"Fact {place}.", source="A book.")
        make_run(ada, state="ended", fact=fact)
    with django_assert_max_num_queries(18):
        assert "Fact 89." in text(visitor.get(URL))


def test_the_history_shows_what_was_told(
    client: Client, book: Fact, ada: User, make_run: Make, make_puff: Make
) -> None:
    run = make_run(ada, state="ended", fact=book, told="5 kg CO₂e: A <book>.")
    puff = make_puff(ada, run=run)
    plain = make_puff(ada)
    for url in ("/history/", f"/history/{puff.pk}/"):
        assert "5 kg CO₂e: A &lt;book&gt;." in text(client.get(url))
    assert "What it told" not in text(client.get(f"/history/{plain.pk}/"))
    response: Any = client.get("/history.csv")
    rows = {row["puff"]: row for row in csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode()))}
    assert [rows[str(each.pk)]["told"] for each in (puff, plain)] == ["5 kg CO₂e: A <book>.", ""]
