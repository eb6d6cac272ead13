"""Stories in the admin: made, put in order, refused, and given to clouds."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from clouds.models import Cloud, Story, User, Venue
from tests.web.conftest import text

ADD = "/admin/clouds/story/add/"
pytestmark = pytest.mark.django_db
GOOD = {"amount": "5", "unit": "g", "text": "A fact.", "source": "A book.", "link": ""}


def form(*facts: dict[str, object], **fields: object) -> dict[str, Any]:
    """What the browser sends for a story of these facts, each good but for what is given, with an empty line after."""
    said: dict[str, Any] = {"name": "Weights", "description": "", "shortest_at": "", "longest_at": ""} | fields
    said |= {"facts-TOTAL_FORMS": len(facts) + 1, "facts-INITIAL_FORMS": 0}
    empty = {"amount": "", "unit": "g", "text": "", "source": "", "link": ""}
    for place, fact in enumerate([*(GOOD | fact for fact in facts), empty]):
        said |= {f"facts-{place}-{name}": value for name, value in ({"position": place} | fact).items()}
    return said


def test_a_story_is_made_of_its_facts_in_order_and_given_to_clouds(desk: Client, cloud: Cloud) -> None:
    said = form({"text": "Second.", "position": 1}, {"text": "First.", "position": 0}, told_by=[cloud.pk])
    assert desk.post(ADD, said).status_code == 302
    story = Story.objects.get(name="Weights")
    assert [fact.text for fact in story.facts.all()] == ["First.", "Second."]
    assert list(story.clouds.all()) == [cloud]


@pytest.mark.parametrize(
    ("fact", "field", "sentence"),
    [
        ({"amount": "-1"}, "amount", "Give an amount of at least 0, and at most 1,000,000,000,000."),
        ({"amount": "1e13"}, "amount", "Give an amount of at least 0, and at most 1,000,000,000,000."),
        ({"amount": "NaN"}, "amount", "Enter a number."),
        ({"amount": "inf"}, "amount", "Enter a number."),
        ({"amount": "much"}, "amount", "Enter a number."),
        ({"amount": ""}, "amount", "This field is required."),
        ({"unit": "stones"}, "unit", "stones is not one of the available choices."),
        ({"text": ""}, "text", "This field is required."),
        ({"text": "x" * 301}, "text", "at most 300 characters"),
        ({"source": ""}, "source", "This field is required."),
        ({"link": "a book"}, "link", "Give a whole link, which begins with https:// or http://, or none."),
        ({"link": "example.org"}, "link", "Give a whole link"),
        ({"link": "//example.org/"}, "link", "Give a whole link"),
        ({"link": "javascript:alert(1)"}, "link", "Give a whole link"),
        ({"link": "JaVaScRiPt://example.org/%0aalert(1)"}, "link", "Give a whole link"),
        ({"link": "data:text/html,x"}, "link", "Give a whole link"),
        ({"link": "ftp://example.org/"}, "link", "Give a whole link"),
        ({"unit": "kWh"}, "unit", "The facts of a story are of one kind: all carbon, all electricity or all water."),
    ],
)
def test_a_fact_that_makes_no_sense_is_refused_at_its_field_and_nothing_is_saved(
    fact: dict[str, object], field: str, sentence: str, desk: Client
) -> None:
    before = Story.objects.count()
    response = desk.post(ADD, form({}, fact))
    assert response.status_code == 200
    cell = re.search(rf'<td class="field-{field}">(?:(?!</td>).)*?errorlist.*?</td>', text(response), re.DOTALL)
    assert cell
    assert sentence in cell[0]
    assert Story.objects.count() == before


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (form(), "Give at least one fact."),
        (form({}, name=""), "This field is required."),
        (form({}, shortest_at="0"), "Give an amount above 0, or none."),
        (form({}, longest_at="-5"), "Give an amount above 0, or none."),
        (form({}, longest_at="nan"), "Enter a number."),
        (form({}, shortest_at="5", longest_at="5"), "Give a greater amount than that of the shortest puff."),
        (form({}, told_by=["999999"]), "Select a valid choice."),
    ],
)
def test_a_story_that_makes_no_sense_is_refused_in_a_sentence(
    said: dict[str, Any], sentence: str, desk: Client
) -> None:
    before = Story.objects.count()
    response = desk.post(ADD, said)
    assert response.status_code == 200
    assert sentence in text(response)
    assert Story.objects.count() == before


def test_the_last_fact_is_not_deleted(desk: Client, story: Story) -> None:
    said = form({}, {}, {}) | {"facts-INITIAL_FORMS": 3, "facts-TOTAL_FORMS": 3}
    for place, fact in enumerate(story.facts.all()):
        said |= {f"facts-{place}-id": fact.pk, f"facts-{place}-story": story.pk, f"facts-{place}-DELETE": "on"}
    response = desk.post(f"/admin/clouds/story/{story.pk}/change/", said)
    assert "Give at least one fact." in text(response)
    assert story.facts.count() == 3


def test_a_cloud_that_is_not_ticked_any_more_tells_it_no_more(desk: Client, story: Story, venue: Venue) -> None:
    other = Cloud.objects.create(venue=venue, name="Stratus", slug="stratus")
    said = form({}, {}, {}, told_by=[other.pk]) | {"facts-TOTAL_FORMS": 3, "facts-INITIAL_FORMS": 3}
    for place, fact in enumerate(story.facts.all()):
        said |= {f"facts-{place}-id": fact.pk, f"facts-{place}-story": story.pk}
    assert desk.post(f"/admin/clouds/story/{story.pk}/change/", said).status_code == 302
    assert list(story.clouds.all()) == [other]


def test_every_input_of_a_fact_is_labelled_and_has_a_place(desk: Client, story: Story) -> None:
    page = text(desk.get(f"/admin/clouds/story/{story.pk}/change/"))
    assert "clouds/order.js" in page
    inputs = re.findall(r'<(?:input|select|textarea)[^>]*name="facts-\d+-(?!id|story)\w+"[^>]*>', page)
    assert len(inputs) == 6 * (3 + 2) + 3
    assert all('aria-label="' in each for each in inputs)


def test_a_story_is_chosen_on_the_page_of_a_cloud(desk: Client, story: Story, cloud: Cloud) -> None:
    page = text(desk.get(f"/admin/clouds/cloud/{cloud.pk}/change/"))
    assert f'<option value="{story.pk}" selected>What weighs what</option>' in page


@pytest.fixture
def member(db: None) -> User:
    """Somebody who may open the admin."""
    return User.objects.create_user("Mia", "a long pass phrase", is_staff=True)


@pytest.mark.parametrize(("group", "may"), [("curators", True), ("operators", False)])
def test_curators_make_stories_and_operators_see_them(
    group: str, may: bool, groups: None, member: User, client: Client, story: Story, cloud: Cloud
) -> None:
    member.groups.add(Group.objects.get(name=group))
    client.force_login(member)
    page = text(client.get(f"/admin/clouds/story/{story.pk}/change/"))
    assert "A library." in page
    assert "Cumulus" in page
    response = client.post(ADD, form({}, told_by=[cloud.pk]))
    assert response.status_code == (302 if may else 403)
    assert Story.objects.filter(name="Weights").exists() == may
