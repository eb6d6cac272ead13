"""What cannot be is refused in a sentence at its field, and nothing of it is saved."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from time_machine import TimeMachineFixture

from clouds.models import Cloud, Plug, Program, ProgramStep, Run, Show, ShowCloud, Venue
from tests.web import test_admin_programs as programs
from tests.web import test_admin_shows as shows
from tests.web.conftest import text

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(datetime(2026, 11, 24, 12, tzinfo=UTC), tick=False)


@pytest.fixture
def gust(db: None) -> Program:
    """A program of one puff."""
    program = Program.objects.create(name="Gust")
    program.steps.create(do="inflate", seconds=10)
    return program


def errors_of(response: Any) -> dict[str, str]:
    """What is said at each field of a form, and at each line under the name of its field."""
    said = {name: " ".join(each) for name, each in response.context["adminform"].form.errors.items()}
    for inline in response.context["inline_admin_formsets"]:
        said["all lines"] = said.get("all lines", "") + " ".join(inline.formset.non_form_errors())
        for form in inline.formset.forms:
            for name, each in form.errors.items():
                said[name] = said.get(name, "") + " ".join(each)
    return said


def nothing_is_saved() -> bool:
    """Whether there is no show, and nothing of one."""
    return not (Show.objects.exists() or ShowCloud.objects.exists() or Run.objects.exists())


def typed(rule: str) -> dict[str, Any]:
    """A rule that was typed."""
    return {"kind": "typed", "typed": rule}


@pytest.mark.parametrize(
    ("said", "field", "sentence"),
    [
        (typed("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"), "typed", "This never occurs."),
        (typed("FREQ=DAILY;UNTIL=20200101"), "typed", "This never occurs."),
        (typed("FREQ=SECONDLY"), "typed", "A show can occur once a minute at most."),
        (typed("FREQ=DAILY;BYSECOND=0,1"), "typed", "A show can occur once a minute at most."),
        (typed("every evening"), "typed", "is not a recurrence rule"),
        (typed("FREQ=DAILY;INTERVAL=-1"), "typed", "whole numbers from 1"),
        (typed(""), "typed", "is not a recurrence rule"),
        ({"until_on": "2026-11-23"}, "kind", "The last day is before the first one."),
        ({"kind": "minutes", "every_minutes": "10", "last": "18:00"}, "every_minutes", "at or after the first time."),
        ({"first_on": "2026-02-30"}, "first_on", "Enter a valid date."),
    ],
)
def test_when_a_show_cannot_recur_it_is_told_at_the_field_and_not_saved(
    said: dict[str, Any], field: str, sentence: str, desk: Client, gust: Program, cloud: Cloud
) -> None:
    response = desk.post(shows.ADD, shows.form(gust, cloud, **said))
    assert response.status_code == 200
    assert sentence in errors_of(response)[field]
    assert nothing_is_saved()


def test_a_cloud_whose_plug_is_gone_is_told_at_its_line_and_the_show_is_not_saved(
    desk: Client, gust: Program, cloud: Cloud
) -> None:
    Plug.objects.all().delete()
    response = desk.post(shows.ADD, shows.form(gust, cloud))
    assert errors_of(response)["cloud"] == "Cumulus has no pump yet."
    assert nothing_is_saved()


def test_a_show_on_a_cloud_twice_is_told_at_the_line_and_not_saved(desk: Client, gust: Program, cloud: Cloud) -> None:
    response = desk.post(shows.ADD, shows.form(gust, cloud, cloud))
    assert "This cloud is in the show already." in " ".join(errors_of(response).values())
    assert nothing_is_saved()


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (programs.form(), "Give at least one step."),
        (programs.form(("rest", 5), ("rest", 60)), "These steps only rest."),
        (programs.form(*[("inflate", 0.1), ("rest", 1)] * 5, repeats=1000), "These are 10000 steps with the repeats."),
        (programs.form(("inflate", 1), ("rest", 48 * 3600)), "At most 48 can be played."),
    ],
    ids=["no steps", "rests only", "10,000 steps", "48 hours"],
)
def test_a_program_that_cannot_be_played_is_told_at_its_steps_and_not_saved(
    said: dict[str, Any], sentence: str, desk: Client, cloud: Cloud
) -> None:
    before = Program.objects.count(), ProgramStep.objects.count()
    response = desk.post(programs.ADD, said)
    assert response.status_code == 200
    assert sentence in errors_of(response)["all lines"]
    assert (Program.objects.count(), ProgramStep.objects.count()) == before


def counts() -> tuple[int, int]:
    """How many programs and steps there are."""
    return Program.objects.count(), ProgramStep.objects.count()


@pytest.mark.parametrize("number", [501, 690])
def test_more_steps_than_a_program_can_have_come_back_as_typed_with_a_sentence(
    number: int, desk: Client, cloud: Cloud
) -> None:
    before = counts()
    response = desk.post(programs.ADD, programs.form(*[("inflate", 1.5)] * number))
    assert response.status_code == 200
    assert "A program can have 500 steps at most. Have fewer of them repeated." in errors_of(response)["all lines"]
    (inline,) = response.context["inline_admin_formsets"]
    assert [form["seconds"].value() for form in inline.formset.forms if form["do"].value()] == ["1.5"] * number
    assert counts() == before


@pytest.mark.parametrize("url", [programs.ADD, "/admin/clouds/program/picture/"])
def test_ten_thousand_steps_are_refused_in_a_sentence_and_not_saved(url: str, desk: Client, cloud: Cloud) -> None:
    before = counts()
    response = desk.post(url, programs.form(*[("inflate", 1.5)] * 10_000))
    assert response.status_code == 413
    assert "A program can have 500 steps at most. Nothing was changed: go back, and" in text(response)
    assert counts() == before


@pytest.mark.parametrize("zone", ["Sea/Atlantis", "", "../../etc/passwd", "CEST+25"])
def test_a_zone_that_does_not_exist_is_told_at_the_field_and_not_saved(zone: str, desk: Client, venue: Venue) -> None:
    page = desk.get(f"/admin/clouds/venue/{venue.pk}/change/")
    said = {name: value or "" for name, value in page.context["adminform"].form.initial.items()}
    response = desk.post(f"/admin/clouds/venue/{venue.pk}/change/", {**said, "time_zone": zone})
    assert response.status_code == 200
    assert errors_of(response)["time_zone"]
    assert Venue.objects.get().time_zone == "UTC"
