"""Everything that changes anything is a POST: every address that there is, looked at by everybody who could."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from clouds import actions
from clouds.models import (
    BalloonNote,
    BlockedWord,
    Cloud,
    GuestPass,
    Rehearsal,
    Show,
    Story,
    User,
    Venue,
)  # fmt: skip
from tests.web.conftest import Make, text
from tests.web.test_admin_programs import gust

# What forms and buttons send: whoever writes it into an address gets no more than a page.
SAID = {
    "name": "Eve", "username": "Eve", "password": "a long pass phrase", "password1": "a very long phrase",
    "password2": "a very long phrase", "minutes": "5", "because": "x", "wish": "off", "seconds": "5", "kind": "vented",
    "stagger_seconds": "0", "speed": "10", "percent": "50", "action": "delete_selected", "_selected_action": "1",
    "post": "yes", "sure": "on", "next": "/", "_save": "Save",
}  # fmt: skip
# Who looks at a page is there: that is what a sign of life is, and all that is written.
SIGNS = {"seen_at"}
MAY_SAY = {200, 301, 302, 303, 304, 400, 403, 404, 405, 409, 503}


@pytest.fixture
def everything(conducted: Venue, story: Story, ada: User, curator: User, make_run: Make, make_puff: Make) -> None:
    """A row of each kind."""
    cloud = Cloud.objects.get()
    show = Show.objects.create(venue=conducted, program=gust(), name="Rain", first_on="2026-12-01", starts_at="19:00")
    show.lines.create(cloud=cloud)
    make_puff(ada, run=make_run(ada, "ended"), step=0)
    User.objects.filter(pk=ada.pk).update(share="link", notice="Somebody is called Ada already.")
    Rehearsal.objects.create(venue=conducted, title="Gale", asked_at=timezone.now())
    BalloonNote.objects.create(cloud=cloud, kind="set", fill=0.4, noted_at=timezone.now(), noted_by=curator)
    GuestPass.objects.create(venue=conducted, cloud=cloud)
    BlockedWord.objects.create(word="fog")
    actions.stop(conducted, by=curator)
    actions.release(conducted, by=curator)
    make_run(None, "playing")
    make_run(ada)


def patterns(among: list[Any], before: str = "") -> Iterator[str]:
    """Every address, as its pattern says it."""
    for one in among:
        here = before + str(one.pattern).removeprefix("^")
        if isinstance(one, URLResolver):
            yield from patterns(one.url_patterns, here)
        elif isinstance(one, URLPattern):
            yield here


def addresses() -> list[str]:
    """Every address that there is, with a row in it where it is about one."""
    signed = GuestPass.objects.get().path.split("/")[2]
    known = {"slug": "cumulus", "signed": signed, "share": "link", "app_label": "clouds"}
    return [address(pattern, {**known, **number_for(pattern)}) for pattern in patterns(get_resolver().url_patterns)]


def number_for(pattern: str) -> dict[str, int]:
    """The number of the row that an address would be about."""
    found = re.match(r"admin/(\w+)/(\w+)/<", pattern)
    label, name = (found[1], found[2]) if found else ("clouds", "run" if pattern.startswith("runs/") else "puff")
    row = apps.get_model(label, name)._default_manager.order_by("-pk").first()
    return dict.fromkeys(("pk", "object_id", "id", "content_type_id"), row.pk if row else 1)


def address(pattern: str, known: dict[str, Any]) -> str:
    """What to type for a pattern."""
    filled = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(known.get(found[1], 1)), pattern)
    return "/" + re.sub(r"\(\?P<?\w*>?[^)]*\)", "clouds", filled).replace("$", "").replace("\\", "")


def rows() -> dict[str, list[dict[str, Any]]]:
    """All that is in the database."""
    found = {}
    for model in apps.get_models():
        each = model._base_manager.order_by("pk").values()
        found[model.__name__] = [{name: value for name, value in row.items() if name not in SIGNS} for row in each]
    return found


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["nobody", "visitor", "curator"])
@pytest.mark.usefixtures("everything")
def test_everything_that_changes_anything_is_a_post(who: str, ada: User, curator: User) -> None:
    client = Client()
    if who != "nobody":
        client.force_login(ada if who == "visitor" else curator)
    every, before = addresses(), rows()
    assert len(every) > 150
    assert len(before["Run"]) == 3
    for url in every:
        for response in (client.get(url, SAID), client.get(url), client.head(url)):
            assert response.status_code in MAY_SAY, url
            assert "sessionid" not in response.cookies, url
            list(getattr(response, "streaming_content", ()))
        if rows() != before:
            pytest.fail(f"To look at {url} changes something.")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("word", "stops", "holds", "ends"),
    [("stop", True, False, True), ("hold", False, True, False), ("end", False, False, True)],
)
def test_stop_hold_and_end_are_three_buttons(
    word: str, stops: bool, holds: bool, ends: bool, desk: Client, conducted: Venue, make_run: Make
) -> None:
    run = make_run()
    page = text(desk.get(f"/admin/clouds/run/{run.pk}/change/"))
    (form,) = re.findall(rf'<form[^>]* action="([^"]*/{word}/)"[^§]*?<button', page)
    assert desk.post(form, {"minutes": "5"}).status_code == 302
    conducted.refresh_from_db()
    run.refresh_from_db()
    assert conducted.stopped_at is not None if stops else conducted.stopped_at is None
    assert conducted.is_held(timezone.now()) is holds
    assert (run.state == "ended") is ends
