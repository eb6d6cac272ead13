"""The event stream, as a web server of its own gives it."""

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from clouds import actions, doorbell, processes
from clouds.models import Cloud, Plug, Run, User, Venue
from tests.site import until
from tests.web.conftest import Make
from tests.web.server import Listener, Server, clouds_of

pytestmark = pytest.mark.django_db(transaction=True)
SECOND = timedelta(seconds=1)
Listen = Callable[..., Listener]


@pytest.fixture(scope="module")
def server(django_db_setup: None) -> Iterator[Server]:
    """A web server."""
    server = Server()
    yield server
    server.end()


@pytest.fixture
def listen(server: Server) -> Iterator[Listen]:
    """Opens streams at it, or at another, that are closed at the end."""
    with contextlib.ExitStack() as closing:

        def listen(path: str = "/events", *, at: Server = server, **more: str) -> Listener:
            return closing.enter_context(contextlib.closing(Listener(at.port, path, **more)))

        yield listen


@pytest.fixture
def at_work(venue: Venue) -> Venue:
    """The venue, with a conductor, this very process, that will not be missed for an hour."""
    Venue.objects.update(
        conductor=processes.name_of(os.getpid()), conductor_beat_at=timezone.now() + timedelta(hours=1)
    )
    venue.refresh_from_db()
    return venue


@pytest.fixture
def other(venue: Venue) -> Cloud:
    """A second cloud."""
    other = Cloud.objects.create(venue=venue, name="Fog", slug="fog")
    Plug.objects.create(venue=venue, cloud=other, name="Plug", host="127.0.0.1", port=9000, relay="off")
    return other


class TestWhatIsTold:
    """The messages."""

    def test_who_comes_is_told_of_all_clouds_at_once(
        self, listen: Listen, at_work: Venue, cloud: Cloud, other: Cloud
    ) -> None:
        before = timezone.now()
        message = listen().next()
        assert before.timestamp() * 1000 - 1 <= message["at"] <= timezone.now().timestamp() * 1000 + 1
        assert message["watching"] == 1
        assert clouds_of(message).keys() == {"cumulus", "fog"}
        assert clouds_of(message)["cumulus"] == {
            "slug": "cumulus", "state": "ready", "sentence": "Cumulus is ready.", "until": None, "fill": 0.0,
            "gain": 0.0, "loss": 0.0, "who": "", "title": "", "seconds": None, "queue": 0, "press_seconds": 5.0,
        }  # fmt: skip

    def test_a_press_is_told_at_once_and_what_has_not_changed_is_not(
        self, listen: Listen, at_work: Venue, cloud: Cloud, other: Cloud, ada: User
    ) -> None:
        listener = listen()
        listener.next()
        pressed = time.monotonic()
        actions.press(cloud, by=ada)
        told = clouds_of(listener.next())
        assert time.monotonic() - pressed < 1
        assert told.keys() == {"cumulus"}
        assert (told["cumulus"]["state"], told["cumulus"]["queue"]) == ("waiting", 1)

    def test_a_puff_is_told_with_whose_it_is_and_how_the_fill_goes_on(
        self, listen: Listen, at_work: Venue, cloud: Cloud, ada: User, make_run: Make, make_puff: Make
    ) -> None:
        Cloud.objects.update(half_life_seconds=90.0)
        run = make_run(ada, state="playing")
        make_puff(ada, on_at=run.started_at, seconds=None, run=run)
        told = clouds_of(listen().next())["cumulus"]
        assert (told["state"], told["who"], told["seconds"]) == ("puffing", "Ada", 5.0)
        assert told["until"] == pytest.approx((run.started_at + 5 * SECOND).timestamp() * 1000, abs=1)
        assert told["gain"] == pytest.approx(1 / 60)
        assert told["loss"] == pytest.approx(0.0077, abs=0.0001)
        assert 0 < told["fill"] < 0.1

    def test_air_that_comes_as_it_was_told_is_no_news(
        self, listen: Listen, at_work: Venue, cloud: Cloud, other: Cloud, make_run: Make, make_puff: Make
    ) -> None:
        make_puff(on_at=timezone.now(), seconds=None, run=make_run(state="playing"))
        listener = listen()
        first = listener.next()
        until(lambda: timezone.now().timestamp() * 1000 - first["at"] > 1200, "there has been another look")
        actions.note(other, "set", fill=0.5, by=User.objects.create_superuser("Curator"))
        message = listener.next()
        assert clouds_of(message).keys() == {"fog"}
        assert clouds_of(message)["fog"]["fill"] == 0.5

    def test_who_watches_one_cloud_hears_of_no_other(
        self, listen: Listen, at_work: Venue, cloud: Cloud, other: Cloud, ada: User
    ) -> None:
        listener = listen("/events?cloud=fog")
        assert clouds_of(listener.next()).keys() == {"fog"}
        actions.press(cloud, by=ada)
        actions.press(other, by=ada)
        message = listener.next()
        assert clouds_of(message).keys() == {"fog"}

    def test_a_cloud_that_is_switched_off_is_gone(
        self, listen: Listen, at_work: Venue, cloud: Cloud, other: Cloud
    ) -> None:
        listener = listen()
        listener.next()
        Cloud.objects.filter(slug="fog").update(enabled=False)
        doorbell.ring()
        message = listener.next()
        assert (message["clouds"], message["gone"]) == ([], ["fog"])
        assert "gone" not in listen().next()

    def test_there_may_be_no_cloud_at_all(self, listen: Listen, at_work: Venue) -> None:
        assert listen().next()["clouds"] == []


def rest_ends(make_puff: Make) -> str:
    make_puff(on_at=timezone.now() - 6 * SECOND)  # it lasted 5 s, and the rest lasts 2 s
    return "resting"


def hold_ends(make_puff: Make) -> str:
    Venue.objects.update(held_until=timezone.now() + SECOND)
    return "held"


def opens(make_puff: Make) -> str:
    now = timezone.now()
    times = {"opens_at": (now + SECOND).time(), "closes_at": (now - timedelta(hours=1)).time()}
    Venue.objects.update(time_zone="UTC", **times)
    return "closed"


@pytest.mark.parametrize("scene", [rest_ends, hold_ends, opens])
def test_what_time_alone_ends_is_told_at_its_moment(
    scene: Callable[[Make], str], listen: Listen, at_work: Venue, cloud: Cloud, make_puff: Make
) -> None:
    state = scene(make_puff)
    listener = listen()
    first = clouds_of(listener.next())["cumulus"]
    assert first["state"] == state
    message = listener.next()
    assert clouds_of(message)["cumulus"]["state"] == "ready"
    assert 0 <= message["at"] - first["until"] < 500


def test_a_conductor_that_beats_no_more_is_told(listen: Listen, at_work: Venue, cloud: Cloud) -> None:
    last_beat = timezone.now() - 4 * SECOND
    Venue.objects.update(conductor_beat_at=last_beat)
    listener = listen()
    assert clouds_of(listener.next())["cumulus"]["state"] == "ready"
    message = listener.next()
    assert clouds_of(message)["cumulus"]["state"] == "waking"
    assert 5000 <= message["at"] - last_beat.timestamp() * 1000 < 7000


class TestWhoMayListen:
    """What middleware does for other pages."""

    def test_the_headers_are_those_of_every_page_and_those_of_a_stream(
        self, listen: Listen, at_work: Venue, cloud: Cloud
    ) -> None:
        stream, page = listen(), listen("/healthz")
        its_own = {"date", "server", "content-type", "content-length", "cache-control"}
        every_pages = {name for name in page.answer.headers if name.lower() not in its_own}
        assert "Content-Security-Policy" in every_pages
        for name in every_pages:
            assert stream.answer.headers[name] == page.answer.headers[name]
        assert stream.answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        assert stream.answer.headers["Cache-Control"] == "no-cache, no-transform"
        assert stream.answer.headers["X-Accel-Buffering"] == "no"
        assert stream.answer.headers["Set-Cookie"] is None

    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "BREW"])
    def test_it_is_for_reading_only(self, method: str, listen: Listen) -> None:
        refused = listen(method=method)
        assert (refused.status, refused.answer.headers["Allow"]) == (405, "GET, HEAD")
        assert refused.text() == "Nothing happened: this is for reading only.\n"
        assert "default-src 'self'" in refused.answer.headers["Content-Security-Policy"]

    def test_who_asks_for_the_headers_gets_them_and_no_stream(self, listen: Listen) -> None:
        head = listen(method="HEAD")
        assert (head.status, head.answer.headers["X-Accel-Buffering"], head.text()) == (200, "no", "")

    @pytest.mark.parametrize(
        ("path", "headers"),
        [
            ("/events", {"Host": "evil.example"}),
            ("/events", {"Host": "a b"}),
            ("/events?" + "&".join(f"x{number}=1" for number in range(4000)), {}),
        ],
    )
    def test_what_makes_no_sense_is_told_so(self, path: str, headers: dict[str, str], listen: Listen) -> None:
        refused = listen(path, **headers)
        assert refused.status == 400
        assert "could not make sense" in refused.text()

    @pytest.mark.parametrize("slug", ["nowhere", "fog", "%00", "..%2F", "%F0%9F%8E%88", "x" * 2000])
    def test_there_is_no_stream_of_a_cloud_that_is_not_there(
        self, slug: str, listen: Listen, at_work: Venue, cloud: Cloud, other: Cloud
    ) -> None:
        Cloud.objects.filter(slug="fog").update(enabled=False)
        refused = listen(f"/events?cloud={slug}")
        assert (refused.status, refused.text()) == (404, "There is no such cloud, or it is switched off.\n")

    def test_where_the_site_is_encrypted_a_plain_request_is_sent_on(
        self, listen: Listen, at_work: Venue, cloud: Cloud
    ) -> None:
        server = Server(SITE_URL="https://cloud.example.org")
        try:
            plain = listen(at=server, Host="cloud.example.org")
            assert (plain.status, plain.answer.headers["Location"]) == (301, "https://cloud.example.org/events")
            safe = listen(at=server, Host="cloud.example.org", X_Forwarded_Proto="https")
            assert safe.answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
            assert safe.next()["clouds"]
        finally:
            server.end()


@contextlib.contextmanager
def limited(**limits: dict[str, float]) -> Iterator[Server]:
    """A server whose streams have other limits."""
    server = Server(limits)
    try:
        yield server
    finally:
        server.end()


def test_as_many_may_watch_as_there_are_places_and_not_all_from_one_address(
    listen: Listen, at_work: Venue, cloud: Cloud
) -> None:
    with limited(stream={"PLACES": 3, "PLACES_FOR_AN_ADDRESS": 2}) as server:
        # Who is behind a proxy on this machine is known by the last address, which is the one that the proxy saw.
        here = [listen(at=server, X_Forwarded_For=f"192.0.2.{number}, 192.0.2.7") for number in range(3)]
        assert [each.status for each in here] == [200, 200, 503]
        assert here[2].answer.headers["Retry-After"] == "10"
        assert here[2].text() == "As many watch as can. The page asks again by itself.\n"
        there = [listen(at=server, X_Forwarded_For="192.0.2.8") for _ in range(2)]
        assert [each.status for each in there] == [200, 503]
        here[0].close()
        until(lambda: listen(at=server, X_Forwarded_For="192.0.2.8").status == 200, "there is a place again")


def test_a_stream_pings_and_ends_when_its_time_is_up(listen: Listen, at_work: Venue, cloud: Cloud) -> None:
    limits = {"stream": {"LIFETIME_SECONDS": 1.5}, "hub": {"PING_EVERY_SECONDS": 0.5, "LOOK_EVERY_SECONDS": 0.2}}
    with limited(**limits) as server:
        began = time.monotonic()
        listener = listen(at=server)
        assert listener.next("ping") == {}
        assert listener.next() is None
        assert 1.4 < time.monotonic() - began < 5


def test_a_server_that_is_told_to_end_ends_its_streams_and_soon_itself(
    listen: Listen, at_work: Venue, cloud: Cloud
) -> None:
    with limited() as server:
        listeners = [listen(at=server) for _ in range(5)]
        for listener in listeners:
            listener.next()
        told = time.monotonic()
        server.end()
        assert time.monotonic() - told < 2.5
        assert [listener.next() for listener in listeners] == [None] * 5
        assert "Traceback" not in server.log.read_text()
        assert "Cancel" not in server.log.read_text()


def test_who_does_not_read_keeps_nobody_else_waiting(listen: Listen, at_work: Venue, cloud: Cloud, ada: User) -> None:
    for _ in range(20):
        listen()
    listener = listen()
    listener.next()
    actions.press(cloud, by=ada)
    assert clouds_of(listener.next())["cumulus"]["state"] == "waiting"
    Run.objects.all().delete()
    doorbell.ring()
    assert clouds_of(listener.next())["cumulus"]["state"] == "ready"


def test_a_sky_that_cannot_be_seen_is_not_told_of(listen: Listen, at_work: Venue, cloud: Cloud) -> None:
    with limited(hub={"LOST_AFTER_SECONDS": 0.5, "TRY_AGAIN_AFTER_SECONDS": 0.1}) as server:
        listener = listen(at=server)
        listener.next()
        rename("clouds_cloud", "clouds_away")
        try:
            doorbell.ring()
            assert listener.next() is None
            refused = listen(at=server)
            assert (refused.status, refused.text()) == (503, "The sky can't be seen right now.\n")
        finally:
            rename("clouds_away", "clouds_cloud")
        assert listen(at=server).next()["clouds"]


def rename(table: str, name: str) -> None:
    """The table is to be found under another name."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO {name}")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="How SQLite's bell is made.")
def test_when_nobody_watches_any_more_nobody_listens_for_news(listen: Listen, at_work: Venue, cloud: Cloud) -> None:
    def bells() -> int:
        return len(list(doorbell._pipes().glob("*"))) if doorbell._pipes().exists() else 0

    until(lambda: bells() == 0, "those who listened before are gone")
    listeners = [listen(), listen()]
    for listener in listeners:
        listener.next()
    assert bells() == 1
    for listener in listeners:
        listener.close()
    until(lambda: bells() == 0, "the hub is over")
