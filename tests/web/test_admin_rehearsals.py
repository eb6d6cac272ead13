"""Programs and shows rehearsed from the admin: begun, watched, ended, and who may."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from clouds import actions
from clouds.models import Act, Cloud, Program, Puff, Rehearsal, Run, Show, User, Venue
from tests.web.conftest import text
from tests.web.test_admin_programs import gust

pytestmark = pytest.mark.django_db


@pytest.fixture
def program(conducted: Venue, cloud: Cloud) -> Program:
    """5 s of inflating, 10 s of rest, 5 s of inflating."""
    return gust()


@pytest.fixture
def show(program: Program, venue: Venue, cloud: Cloud) -> Show:
    """That, at half its strength."""
    made = Show.objects.create(
        venue=venue, program=program, name="Evening", first_on="2026-12-01", starts_at="19:00", scale_percent=50
    )
    made.lines.create(cloud=cloud)
    return made


@pytest.fixture
def playing(program: Program, cloud: Cloud, curator: User) -> Rehearsal:
    """A rehearsal at ten times the speed that began two seconds ago: 15 s of it are over."""
    rehearsal = actions.rehearse([cloud], program.plan(), by=curator, title="Gust", speed=10, fill=0.2)
    began = timezone.now() - timedelta(seconds=1.7)
    Run.everything.update(state=Run.State.PLAYING, started_at=began)
    for step, (on, off) in ((0, (0.0, 0.5)), (2, (1.5, None))):
        Puff.objects.create(
            cloud=cloud, run=Run.everything.get(), step=step, pump="inflate", source="curator", rehearsal=rehearsal,
            on_at=began + timedelta(seconds=on), off_at=began + timedelta(seconds=off) if off else None,
            outcome="done" if off else "",
        )  # fmt: skip
    return rehearsal


def rehearse(client: Client, row: Program | Show, **said: object) -> int:
    noun = type(row).__name__.lower()
    return client.post(f"/admin/clouds/{noun}/{row.pk}/rehearse/", {"speed": 10, **said}).status_code


def test_a_program_is_rehearsed_on_the_clouds_that_are_ticked(program: Program, cloud: Cloud, desk: Client) -> None:
    assert rehearse(desk, program, clouds=[cloud.pk], percent=20) == 302
    rehearsal, run = Rehearsal.objects.get(), Run.everything.get()
    assert (rehearsal.title, rehearsal.speed, rehearsal.fill) == ("Gust", 10, 0.2)
    assert (run.rehearsal, run.cloud, run.seconds, run.simulated) == (rehearsal, cloud, 20, True)
    assert not Run.objects.exists()
    assert Act.objects.get().kind == "rehearse"


def test_a_show_is_rehearsed_as_it_is_saved(show: Show, desk: Client) -> None:
    assert rehearse(desk, show) == 302
    assert Run.everything.get().plan[0].seconds == 2.5


def test_a_show_is_run_now_on_its_clouds(show: Show, cloud: Cloud, desk: Client) -> None:
    assert desk.post(f"/admin/clouds/show/{show.pk}/run/").status_code == 302
    run = Run.objects.get()
    assert (run.title, run.cloud, run.source, run.plan[0].seconds) == ("Evening", cloud, "curator", 2.5)
    assert Act.objects.get().kind == "play"


@pytest.mark.parametrize(
    ("said", "status", "sentence"),
    [
        ({"speed": 61}, 400, "less than or equal to 60"),
        ({"speed": ""}, 400, "Say how many times as fast"),
        ({"speed": "nan"}, 400, "Enter a number"),
        ({"percent": 101}, 400, "less than or equal to 100"),
        ({"percent": 95}, 409, "could make Cumulus too full"),
    ],
)
def test_what_cannot_be_rehearsed_is_said_in_a_sentence_and_nothing_begins(
    said: dict[str, object], status: int, sentence: str, show: Show, desk: Client
) -> None:
    response = desk.post(f"/admin/clouds/show/{show.pk}/rehearse/", {"speed": 10, **said})
    assert response.status_code == status
    assert sentence in text(response)
    assert not Rehearsal.objects.exists()


def test_the_page_shows_what_its_simulated_pumps_really_did(playing: Rehearsal, desk: Client) -> None:
    page = text(desk.get(f"/admin/clouds/rehearsal/{playing.pk}/change/"))
    assert "No pump is switched." in page
    assert "inflates" in page
    # 5 s, and 2 s of the next 5, on a balloon of 60 s that was 20 % full.
    assert 'data-fill="32"' in page
    assert "0:17 / 0:20" in page
    assert "End this rehearsal" in page


def test_a_rehearsal_is_ended_from_its_page(playing: Rehearsal, desk: Client) -> None:
    assert desk.post(f"/admin/clouds/rehearsal/{playing.pk}/end/").status_code == 302
    assert Run.everything.get().end_asked_by == "Curator"
    Run.everything.update(state="ended", outcome="stopped", ended_at=timezone.now())
    response = desk.post(f"/admin/clouds/rehearsal/{playing.pk}/end/")
    assert response.status_code == 409
    assert "over already" in text(response)


def test_its_runs_can_be_paused_and_skipped_like_any(playing: Rehearsal, desk: Client) -> None:
    run = Run.everything.get()
    assert desk.post(f"/admin/clouds/run/{run.pk}/pause/").status_code == 302
    assert desk.post(f"/admin/clouds/run/{run.pk}/skip/").status_code == 302
    run.refresh_from_db()
    assert (run.pause_asked_by, run.skips) == ("Curator", 1)


def test_the_history_marks_it(playing: Rehearsal, client: Client) -> None:
    assert text(client.get("/history/")).count("rehearsal, 10 times as fast") == 2
    assert "rehearsal, 10 times as fast" in text(client.get(f"/history/{Puff.everything.first().pk}/"))


def test_the_clouds_own_page_knows_nothing_of_it(playing: Rehearsal, cloud: Cloud, client: Client) -> None:
    page = text(client.get(f"/clouds/{cloud.slug}/"))
    assert 'data-fill="0.00000"' in page
    assert "It has not puffed yet." in page


def test_curators_rehearse_and_helpers_who_may_only_look_do_not(
    groups: None, show: Show, ada: User, visitor: Client
) -> None:
    User.objects.filter(pk=ada.pk).update(is_staff=True)
    ada.groups.set(Group.objects.filter(name="operators"))
    assert rehearse(visitor, show) == 403
    ada.groups.set(Group.objects.filter(name="curators"))
    assert rehearse(visitor, show) == 302
