"""Programs in the admin: made, seen, refused, and run now."""

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from clouds import balloon
from clouds.models import Act, Cloud, Plug, Program, Run, Show, Venue
from clouds.timeline import Do, Step
from tests.web.conftest import text

ADD = "/admin/clouds/program/add/"
pytestmark = pytest.mark.django_db


def form(*steps: tuple[str, float], **fields: object) -> dict[str, Any]:
    """What the browser sends for a program of these steps, with two empty lines after them."""
    said: dict[str, Any] = {"name": "Gust", "description": "", "repeats": 1, "scale_percent": 100} | fields
    said |= {"steps-TOTAL_FORMS": len(steps) + 2, "steps-INITIAL_FORMS": 0}
    for place, (do, seconds) in enumerate(steps):
        said |= {f"steps-{place}-position": place, f"steps-{place}-do": do, f"steps-{place}-seconds": seconds}
    for place in (len(steps), len(steps) + 1):
        said |= {f"steps-{place}-position": place, f"steps-{place}-do": "", f"steps-{place}-seconds": ""}
    return said


def gust(**fields: object) -> Program:
    """A program of two puffs."""
    program = Program.objects.create(name="Gust", **fields)
    for place, (do, seconds) in enumerate([("inflate", 5), ("rest", 10), ("inflate", 5)]):
        program.steps.create(position=place, do=do, seconds=seconds)
    return program


def test_a_program_is_made_of_its_steps_in_order(desk: Client, cloud: Cloud) -> None:
    said = form(("inflate", 5), ("rest", 2.5), ("inflate", 3), repeats=2, scale_percent=50)
    said |= {"steps-0-position": 1, "steps-1-position": 0}
    assert desk.post(ADD, said).status_code == 302
    program = Program.objects.get(name="Gust")
    once = (Step(Do.REST, 2.5), Step(Do.INFLATE, 2.5), Step(Do.INFLATE, 1.5))
    assert program.plan() == once * 2


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (form(), "Give at least one step."),
        (form(("rest", 5), ("rest", 5)), "These steps only rest."),
        (form(*[("inflate", 0.1), ("rest", 1)] * 5, repeats=1000), "These are 10000 steps with the repeats."),
        (form(("inflate", 1), ("rest", 48 * 3600)), "At most 48 can be played."),
        (form(("inflate", 0)), "Ensure this value is greater than or equal to 0.1."),
        (form(("inflate", "x")), "Enter a number."),  # type: ignore[arg-type]
        (form(("burst", 5)), "burst is not one of the available choices"),
        (form(("inflate", 61)), "No cloud could play this. Give a number of seconds above 0, and at most 60."),
        (
            form(("inflate", 40), ("rest", 1), ("inflate", 40)),
            "This could make Cumulus too full, 61 s after it begins.",
        ),
        (form(("deflate", 5)), "Cumulus has no plug that deflates."),
    ],
)
def test_a_program_that_cannot_be_played_is_refused_in_a_sentence_and_not_saved(
    said: dict[str, Any], sentence: str, desk: Client, cloud: Cloud
) -> None:
    before = Program.objects.count()
    response = desk.post(ADD, said)
    assert response.status_code == 200
    assert sentence in text(response)
    assert Program.objects.count() == before


def test_steps_that_a_show_could_not_play_any_more_are_refused(desk: Client, venue: Venue, cloud: Cloud) -> None:
    program = gust()
    show = Show.objects.create(
        venue=venue, program=program, name="Rain", first_on="2026-12-01", starts_at="19:00", scale_percent=400
    )
    show.lines.create(cloud=cloud)
    said = form(("inflate", 16)) | {"steps-TOTAL_FORMS": 1}
    said |= {"steps-INITIAL_FORMS": 0}
    response = desk.post(f"/admin/clouds/program/{program.pk}/change/", said)
    assert "The show “Rain” plays this." in text(response)


def test_the_picture_says_when_it_would_overfill(desk: Client, cloud: Cloud) -> None:
    program = gust(repeats=10)
    page = text(desk.get(f"/admin/clouds/program/{program.pk}/change/?on=cumulus"))
    second = balloon.overfills_at(0.0, program.plan(), cloud.hard_cap_seconds, cloud.measures)
    assert second is not None
    assert f"It would overfill Cumulus after {round(second, 1):g} s." in page
    assert "<polyline" in page
    assert page.count("<rect") == 11


def test_a_program_is_run_now_on_clouds_one_after_the_other(desk: Client, venue: Venue, cloud: Cloud) -> None:
    other = Cloud.objects.create(venue=venue, name="Stratus", slug="stratus")
    Plug.objects.create(venue=venue, cloud=other, name="S", host="127.0.0.1", port=9998, simulated=True)
    program = gust()
    response = desk.post(
        f"/admin/clouds/program/{program.pk}/run/", {"clouds": [cloud.pk, other.pk], "stagger_seconds": "7"}
    )
    assert response.status_code == 302
    first, second = Run.objects.oldest_first()
    assert (second.due_at - first.due_at).total_seconds() == 7
    assert (first.title, first.plan, first.replaces) == ("Gust", program.plan(), False)
    assert Act.objects.get().about == "Gust on Cumulus, Stratus"


def test_a_program_for_which_there_is_no_room_is_not_run_on_any(desk: Client, cloud: Cloud) -> None:
    response = desk.post(f"/admin/clouds/program/{gust(repeats=10).pk}/run/", {"clouds": [cloud.pk]})
    assert response.status_code == 409
    assert "This could make Cumulus too full" in text(response)
    assert not Run.objects.exists()


def test_every_starter_can_be_played_from_empty_on_a_small_balloon(venue: Venue) -> None:
    small = balloon.Measures(fill=40.0, half_life=90.0)
    if not Program.objects.exists():  # tests that commit have flushed them
        import_module("clouds.migrations.0005_starters").make(apps, None)
    assert Program.objects.count() == 6
    for program in Program.objects.all():
        assert balloon.overfills_at(0.0, program.plan(), 60.0, small) is None
        assert program.description
