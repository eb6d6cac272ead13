"""The curators' pages: that they open, what they show, and who may."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from clouds import actions
from clouds.models import Act, BalloonNote, Cloud, Plug, Puff, Rehearsal, Run, User, Venue
from tests.web.conftest import Make, text

MODELS = [model for model in admin.site._registry if model._meta.app_label in ("clouds", "auth")]
READ_ONLY = (Run, Puff, Act, Rehearsal)


@pytest.fixture(autouse=True)
def _rows(conducted: Venue, cloud: Cloud, ada: User, curator: User, make_run: Make, make_puff: Make) -> None:
    make_puff(ada, run=make_run(ada, "ended"), step=0)
    make_run(ada)
    Rehearsal.objects.create(venue=conducted, title="Gale", asked_at=timezone.now())
    BalloonNote.objects.create(cloud=cloud, kind="set", fill=0.42, noted_at=timezone.now(), noted_by=curator)
    Group.objects.create(name="Helpers")
    actions.end_hold(conducted, by=curator)


def address(model: Any, word: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{word}", args=args)


def test_all_nouns_have_their_pages() -> None:
    assert {Venue, Cloud, Plug, Run, Puff, Act, User, Group} <= set(MODELS)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_list_and_every_row_opens_with_the_strip(model: Any, desk: Client) -> None:
    urls = [address(model, "changelist")]
    urls += [address(model, "change", pk) for pk in model.objects.values_list("pk", flat=True)]
    for url in urls:
        response = desk.get(url)
        assert response.status_code == 200
        assert "Stop everything" in text(response)
        assert "default-src 'self'" in response["Content-Security-Policy"]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_rows_are_added_where_people_add_them(model: Any, desk: Client) -> None:
    expected = 403 if model in READ_ONLY else 200
    assert desk.get(address(model, "add")).status_code == expected


@pytest.mark.parametrize("name", ["index", "password_change", "django_q_success_changelist"])
def test_the_other_pages_have_the_strip_too(name: str, desk: Client) -> None:
    assert "Stop everything" in text(desk.get(reverse(f"admin:{name}")))


def test_no_form_says_which_code_is_to_run(desk: Client) -> None:
    assert desk.get("/admin/django_q/schedule/add/").status_code == 404


@pytest.mark.parametrize("model", READ_ONLY)
def test_the_history_is_append_only(model: Any, desk: Client) -> None:
    row = model.objects.first()
    before = model.objects.count()
    assert desk.post(address(model, "change", row.pk), {"outcome": "done"}).status_code == 403
    assert desk.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    desk.post(address(model, "changelist"), {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"})
    assert model.objects.count() == before


@pytest.mark.parametrize("model", [Cloud, Venue])
def test_what_has_a_history_is_not_deleted_and_the_page_says_so(model: Any, desk: Client) -> None:
    row = model.objects.get()
    response = desk.post(address(model, "delete", row.pk), {"post": "yes"})
    assert "would require deleting the following protected" in text(response)
    assert model.objects.filter(pk=row.pk).exists()


def test_a_visitor_sees_none_of_it(visitor: Client) -> None:
    for url in ("/admin/", address(Venue, "changelist")):
        assert "/admin/login/" in visitor.get(url)["Location"]


def test_a_helper_who_may_only_look_has_no_buttons(desk: Client, ada: User) -> None:
    User.objects.filter(pk=ada.pk).update(is_staff=True)
    ada.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    helper = Client()
    helper.force_login(ada)
    for url in (
        "/admin/",
        address(Cloud, "change", Cloud.objects.get().pk),
        address(Plug, "change", Plug.objects.get().pk),
    ):
        page = text(helper.get(url))
        assert "The gallery" in page
        for word in ("Stop everything", "Puff now", ">Test it<", "Hold…"):
            assert word not in page
    ada.user_permissions.clear()
    assert "The gallery" not in text(helper.get("/admin/"))


def test_every_input_has_a_label(desk: Client) -> None:
    for url in pages():
        page = text(desk.get(url))
        for field in re.findall(r"<(?:input|select|textarea)\b[^>]*>", page):
            if re.search(r'type="(hidden|submit|checkbox|radio)"|name="action"|aria-label', field):
                continue
            found = re.search(r'\sid="([^"]+)"', field)
            assert found, (url, field)
            assert re.search(rf'<label[^>]* for="{found[1]}"|<label for="{found[1]}"|id="searchbar"', page), (
                url,
                field,
            )


def pages() -> Iterator[str]:
    for model in (Venue, Cloud, Plug, User):
        yield address(model, "changelist")
        yield address(model, "add")
        yield address(model, "change", model.objects.first().pk)
    yield address(Venue, "hold", Venue.objects.get().pk)


def test_two_venues_have_two_strips_and_no_field_twice(desk: Client) -> None:
    Venue.objects.create(name="The hall", slug="hall")
    page = text(desk.get("/admin/"))
    assert page.count("Stop everything") == 2
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_the_strip_says_how_a_venue_stands(desk: Client) -> None:
    def said() -> str:
        return re.findall(r'<span class="state">([^<]*)<', text(desk.get("/admin/")))[0]

    now = timezone.now()
    assert said() == "Open"
    Venue.objects.update(conductor="")
    assert said() == "Open, but no conductor beats"
    Venue.objects.update(opens_at="00:00:00", closes_at="00:00:01")
    assert said().startswith("Closed until ")
    Venue.objects.update(held_until=now + timedelta(hours=1), held_because="A <concert>")
    assert re.match(r"On hold until \w{3} \d+ \w{3}, \d\d:\d\d: A &lt;concert&gt;", said())
    Venue.objects.update(stopped_at=now, stopped_by="Curator")
    assert said().startswith("Stopped by Curator on ")


@pytest.mark.parametrize("model", [Cloud, Plug, Run, Puff])
def test_many_rows_take_as_many_queries_as_one(
    model: Any, desk: Client, venue: Venue, make_run: Make, make_puff: Make
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            desk.get(address(model, "changelist"))
        return len(captured)

    before = queries()
    for number in range(5):
        other = Cloud.objects.create(venue=venue, name=f"Fog {number}", slug=f"fog-{number}")
        Plug.objects.create(venue=venue, cloud=other, name="Plug", host="127.0.0.1", port=9000 + number)
        make_puff(User.objects.create_user(f"Visitor {number}"), cloud=other, run=make_run(None, "ended", cloud=other))
    assert queries() == before


def test_a_clouds_page_shows_its_fill_and_its_notes_newest_first(desk: Client, cloud: Cloud, curator: User) -> None:
    Cloud.objects.update(fill_then=0.42, fill_then_at=timezone.now())
    BalloonNote.objects.create(cloud=cloud, kind="vented", noted_at=timezone.now(), noted_by=None)
    page = text(desk.get(address(Cloud, "change", cloud.pk)))
    assert '<strong id="fill">42%</strong>' in page
    notes = re.findall(r"<li>(.*?)</li>", page[page.index('id="notes"') :])
    assert "vented by hand: empty" in notes[0]
    assert "set to a fill of 42 %, by Curator" in notes[1]


def test_a_plugs_list_shows_how_it_was_seen(desk: Client) -> None:
    Plug.objects.update(relay="unknown", trouble="It is silent.", model="HS103", unguarded=True, seen_at=timezone.now())
    page = text(desk.get(address(Plug, "changelist")))
    for said in ("127.0.0.1:9999", "unknown", "It is silent.", "HS103", "simulated, has no timer of its own"):
        assert said in page
    assert re.search(r"[0-2] s ago", page)


def test_a_plugs_page_tells_how_to_set_it_up(desk: Client) -> None:
    assert "Its MAC address is learned when it first answers." in text(desk.get(address(Plug, "add")))


def test_a_clock_behind_the_newest_row_is_told_on_every_page_of_the_admin(desk: Client, make_run: Make) -> None:
    assert "The clock of this machine is behind" not in text(desk.get("/admin/"))
    make_run(asked_at=timezone.now() + timedelta(hours=1))
    assert "No show is planned until the clock has caught up." in text(desk.get("/admin/"))
