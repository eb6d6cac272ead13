"""What curators may write into the rows, and what is left alone when they save."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.utils import timezone
from django_q.models import OrmQ

from clouds import tasks
from clouds.models import Cloud, Plug, Puff, Tally, User, Venue, tally
from tests.web.conftest import text


def form_of(response: Any, **changes: Any) -> dict[str, Any]:
    """What a browser would send from this page, with some fields changed."""
    form = response.context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    for inline in response.context["inline_admin_formsets"]:
        management = inline.formset.management_form
        values |= {f"{management.prefix}-{name}": management[name].value() for name in management.fields}
    return {name: value for name, value in {**values, **changes}.items() if value is not None and value is not False}


def save(desk: Client, url: str, **changes: Any) -> Any:
    return desk.post(url, form_of(desk.get(url), **changes))


def plug_url(cloud: Cloud) -> str:
    return f"/admin/clouds/plug/{cloud.plugs.get().pk}/change/"


@pytest.mark.parametrize("host", ["10.0.0.7", "192.168.1.20", "fd00::7"])
def test_a_plug_may_be_on_a_local_network(host: str, desk: Client, cloud: Cloud) -> None:
    assert save(desk, plug_url(cloud), host=host, simulated=False).status_code == 302
    assert cloud.plugs.get().host == host


@pytest.mark.parametrize(
    ("host", "sentence"),
    [
        ("127.0.0.1", "is not on a local network"),
        ("169.254.169.254", "is not on a local network"),
        ("8.8.8.8", "is not on a local network"),
        ("224.0.0.1", "is not on a local network"),
        ("fe80::1", "is not on a local network"),
        ("http://192.168.1.20/", "is not a host name or an address"),
        ("no-such-host.invalid", "No device is known by the name"),
        ("x" * 10_000, "characters"),
        ("", "This field is required"),
    ],
)
def test_an_address_that_will_not_do_is_told_so_at_its_field(
    host: str, sentence: str, desk: Client, cloud: Cloud
) -> None:
    response = save(desk, plug_url(cloud), host=host, simulated=False)
    assert response.status_code == 200
    assert sentence in str(response.context["adminform"].form.errors["host"])
    assert cloud.plugs.get().host == "127.0.0.1"


@pytest.mark.parametrize("port", ["0", "-1", "65536", "9" * 30, "nan", "9999.5", "http", ""])
def test_a_port_that_is_none_is_told_so_at_its_field(port: str, desk: Client, cloud: Cloud) -> None:
    response = save(desk, plug_url(cloud), port=port)
    assert response.status_code == 200
    assert "port" in response.context["adminform"].form.errors
    assert cloud.plugs.get().port == 9999


@pytest.mark.parametrize(
    "field", ["fill_seconds", "hard_cap_seconds", "puff_seconds", "rest_seconds", "cool_down_seconds"]
)
@pytest.mark.parametrize("seconds", ["-1", "nan", "inf", "1e999", "1e300", "five", ""])
def test_seconds_that_make_no_sense_are_told_so_at_their_field(
    field: str, seconds: str, desk: Client, cloud: Cloud
) -> None:
    before = Cloud.objects.values().get()
    response = save(desk, f"/admin/clouds/cloud/{cloud.pk}/change/", **{field: seconds})
    assert response.status_code == 200
    assert field in response.context["adminform"].form.errors
    assert Cloud.objects.values().get() == before


def test_a_puff_is_not_longer_than_the_hard_cap(desk: Client, cloud: Cloud) -> None:
    response = save(desk, f"/admin/clouds/cloud/{cloud.pk}/change/", puff_seconds="61")
    assert "A puff lasts at least 1 second, and at most as long as the hard cap." in text(response)
    assert Cloud.objects.get().puff_seconds == 5


def test_a_second_plug_for_the_same_pump_is_told_so(desk: Client, cloud: Cloud) -> None:
    first = cloud.plugs.get()
    form = {"name": "Two", "venue": first.venue_id, "cloud": cloud.pk, "pump": "inflate", "host": "127.0.0.1"}
    response = desk.post("/admin/clouds/plug/add/", {**form, "port": "9998", "family": "legacy", "simulated": "on"})
    assert "This cloud has a plug that does this already." in text(response)
    assert Plug.objects.count() == 1


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "", "x" * 10_000])
def test_a_time_zone_that_is_none_is_told_so(zone: str, desk: Client, venue: Venue) -> None:
    response = save(desk, f"/admin/clouds/venue/{venue.pk}/change/", time_zone=zone)
    assert response.status_code == 200
    assert "time_zone" in response.context["adminform"].form.errors
    assert Venue.objects.get().time_zone == "UTC"


def test_a_venue_in_another_time_zone_has_its_hours_tallied_anew_by_a_task(
    desk: Client, venue: Venue, cloud: Cloud, django_capture_on_commit_callbacks: Any
) -> None:
    at = datetime(2026, 7, 1, 12, 5, tzinfo=UTC)
    Puff.objects.create(
        cloud=cloud, pump="inflate", source="visitor", on_at=at, off_at=at + timedelta(seconds=5), outcome="done"
    )
    tally.recount(cloud)
    assert Tally.objects.get().begins_at == at.replace(minute=0)
    with django_capture_on_commit_callbacks(execute=True):
        response = save(desk, f"/admin/clouds/venue/{venue.pk}/change/", time_zone="Asia/Kathmandu")
    assert "The charts are reckoned anew for this time zone." in text(desk.get(response["Location"]))
    asked = OrmQ.objects.get().task
    assert asked["func"] == "clouds.tasks.recount"
    tasks.recount(*asked["args"])
    assert Tally.objects.get().begins_at == at.replace(hour=11, minute=15)


def test_a_venue_that_keeps_its_time_zone_is_not_counted_anew(
    desk: Client, venue: Venue, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        save(desk, f"/admin/clouds/venue/{venue.pk}/change/", name="Hall")
    assert not OrmQ.objects.exists()


def test_hours_are_both_or_neither(desk: Client, venue: Venue) -> None:
    response = save(desk, f"/admin/clouds/venue/{venue.pk}/change/", opens_at="10:00")
    assert "Give an opening and a closing time that differ" in text(response)


def meanwhile(monkeypatch: pytest.MonkeyPatch, model: Any, **written: Any) -> None:
    """Have others write into the rows after the form was read and before it is saved."""
    save = model.save

    def slow_save(self: Any, *args: Any, **kwargs: Any) -> None:
        model.objects.update(**written)
        save(self, *args, **kwargs)

    monkeypatch.setattr(model, "save", slow_save)


def test_saving_a_venue_undoes_no_stop(desk: Client, venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    now = timezone.now()
    written = {"stopped_at": now, "conductor": "here:1:1", "conductor_beat_at": now, "held_until": now}
    meanwhile(monkeypatch, Venue, **written)
    assert save(desk, f"/admin/clouds/venue/{venue.pk}/change/", name="The hall").status_code == 302
    assert Venue.objects.values("name", *written).get() == {"name": "The hall", **written}


def test_saving_a_plug_undoes_nothing_that_the_conductor_saw(
    desk: Client, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = {
        "relay": "on",
        "trouble": "It is silent.",
        "seen_at": timezone.now(),
        "wish": "off",
        "mac": "50:C7:BF:00:00:01",
    }
    before = cloud.plugs.get().changed_at
    meanwhile(monkeypatch, Plug, **written)
    assert save(desk, plug_url(cloud), name="The plug").status_code == 302
    assert Plug.objects.values("name", *written).get() == {"name": "The plug", **written}
    assert cloud.plugs.get().changed_at > before


def test_saving_a_cloud_undoes_nothing_of_its_fill(desk: Client, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    written = {"fill_then": 0.7, "fill_then_at": timezone.now() - timedelta(seconds=1)}
    meanwhile(monkeypatch, Cloud, **written)
    assert save(desk, f"/admin/clouds/cloud/{cloud.pk}/change/", name="Nimbus").status_code == 302
    assert Cloud.objects.values("name", *written).get() == {"name": "Nimbus", **written}


def test_a_new_cloud_a_plug_and_a_venue_can_be_made(desk: Client, venue: Venue) -> None:
    url = "/admin/clouds/cloud/add/"
    assert save(desk, url, name="Nimbus", slug="nimbus", venue=venue.pk, enabled="on").status_code == 302
    cloud = Cloud.objects.get(slug="nimbus")
    plug = {"name": "One", "venue": venue.pk, "cloud": cloud.pk, "host": "192.168.1.20"}
    assert save(desk, "/admin/clouds/plug/add/", **plug).status_code == 302
    assert cloud.plugs.get().host == "192.168.1.20"
    assert (
        save(desk, "/admin/clouds/venue/add/", name="The hall", slug="hall", time_zone="Asia/Tokyo").status_code == 302
    )
    assert Venue.objects.get(slug="hall").time_zone == "Asia/Tokyo"


def test_a_person_is_made_with_a_name_and_a_password(desk: Client) -> None:
    form = {
        "name": "  Grace  ",
        "usable_password": "true",
        "password1": "a long pass phrase",
        "password2": "a long pass phrase",
    }
    assert desk.post("/admin/clouds/user/add/", form).status_code == 302
    grace = User.objects.get(name="Grace")
    assert grace.check_password("a long pass phrase")
    assert not grace.is_staff


@pytest.mark.parametrize("name", ["", "x" * 41, "x" * 10_000, "a\u202eb", "ADA"])
def test_a_persons_name_that_will_not_do_is_told_so(name: str, desk: Client, ada: User) -> None:
    response = (
        save(desk, f"/admin/clouds/user/{ada.pk}/change/", name=name)
        if name != "ADA"
        else desk.post(
            "/admin/clouds/user/add/",
            {
                "name": name,
                "usable_password": "true",
                "password1": "a long pass phrase",
                "password2": "a long pass phrase",
            },
        )
    )
    assert response.status_code == 200
    assert "name" in response.context["adminform"].form.errors
    assert sorted(User.objects.values_list("name", flat=True)) == ["Ada", "Curator"]


def test_a_password_can_be_set(desk: Client, ada: User) -> None:
    form = {"usable_password": "true", "password1": "another long phrase", "password2": "another long phrase"}
    assert desk.post(f"/admin/clouds/user/{ada.pk}/password/", form).status_code == 302
    ada.refresh_from_db()
    assert ada.check_password("another long phrase")


def test_a_helper_makes_nobody_more_than_they_are(ada: User, bob: User, curator: User) -> None:
    User.objects.filter(pk=ada.pk).update(is_staff=True)
    ada.user_permissions.set(Permission.objects.filter(codename__in=["change_user", "view_user"]))
    helper = Client()
    helper.force_login(ada)
    form = {"name": "Bob", "is_active": "on", "is_staff": "on", "is_superuser": "on"}
    helper.post(f"/admin/clouds/user/{bob.pk}/change/", form)
    bob.refresh_from_db()
    assert (bob.is_staff, bob.is_superuser) == (False, False)
    passwords = {"usable_password": "true", "password1": "mine is this now", "password2": "mine is this now"}
    assert helper.post(f"/admin/clouds/user/{curator.pk}/password/", passwords).status_code == 403
    curator.refresh_from_db()
    assert curator.check_password("a long pass phrase")


def test_an_operator_can_log_in_as_nobody_who_may_do_what_they_may_not(groups: None, ada: User, bob: User) -> None:
    User.objects.update(is_staff=True)
    ada.groups.set(Group.objects.filter(name="operators"))
    bob.groups.set(Group.objects.filter(name="curators"))
    operator, passwords = (
        Client(),
        {"usable_password": "true", "password1": "mine is this", "password2": "mine is this"},
    )
    operator.force_login(ada)
    before = bob.password
    assert operator.post(f"/admin/clouds/user/{bob.pk}/password/", passwords).status_code == 403
    assert operator.post(f"/admin/clouds/user/{bob.pk}/delete/", {"post": "yes"}).status_code == 403
    assert User.objects.get(pk=bob.pk).password == before
    bob.groups.clear()
    assert operator.post(f"/admin/clouds/user/{bob.pk}/password/", passwords).status_code == 302


def test_saving_a_person_undoes_nothing_that_they_did(
    groups: None, desk: Client, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = {"notice": "You are Ada now.", "last_login": timezone.now()}
    meanwhile(monkeypatch, User, **written)
    staff = Group.objects.get(name="curators")
    assert save(desk, f"/admin/clouds/user/{ada.pk}/change/", name="Grace", groups=[staff.pk]).status_code == 302
    saved = User.objects.get(pk=ada.pk)
    assert {name: getattr(saved, name) for name in written} == written
    assert (saved.name, saved.name_key, list(saved.groups.all())) == ("Grace", "grace", [staff])


def test_closed_days_that_cannot_be_read_are_told_beside_the_form(desk: Client, venue: Venue) -> None:
    response = save(desk, f"/admin/clouds/venue/{venue.pk}/change/", closed_on="soon")
    assert response.status_code == 200
    assert "“soon” is not a day." in text(response)
    venue.refresh_from_db()
    assert venue.closed_on == ""
