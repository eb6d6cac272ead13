"""The history as files: CSV and JSON."""

import asyncio
import csv
import gc
import io
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from django.test import AsyncClient, Client

from clouds.models import Puff, User, Venue
from clouds.views import files
from tests.web.conftest import Make, text

FILES = ["/history.csv", "/history.json"]


def body(client: Client, url: str) -> str:
    """A file as a whole."""
    response: Any = client.get(url)
    return b"".join(response.streaming_content).decode()


def table(client: Client, url: str = "/history.csv") -> list[dict[str, str]]:
    """The lines of a CSV file."""
    return list(csv.DictReader(io.StringIO(body(client, url))))


def array(client: Client, url: str = "/history.json") -> list[dict[str, Any]]:
    """The elements of a JSON file."""
    found: list[dict[str, Any]] = json.loads(body(client, url))
    return found


def test_the_file_tells_the_same(client: Client, conducted: Venue, bob: User, make_puff: Make) -> None:
    at = datetime(2026, 7, 1, 12, 0, 5, tzinfo=UTC)
    puff = make_puff(bob, on_at=at, seconds=4.72, confirmed=False, simulated=True, reason="a, b")
    assert table(client) == [
        {
            "puff": str(puff.pk),
            "cloud": "Cumulus",
            "time zone": "Europe/Berlin",
            "on": "2026-07-01T14:00:05.000+02:00",
            "off": "2026-07-01T14:00:09.720+02:00",
            "who": "Bob",
            "why": "a visitor",
            "part of": "",
            "did": "inflates",
            "planned seconds": "5.0",
            "real seconds": "4.72",
            "outcome": "done",
            "reason": "a, b",
            "times confirmed": "no",
            "simulated": "yes",
            "rehearsed at speed": "",
            "told": "",
        }
    ]


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)"])
def test_a_name_never_becomes_a_formula(name: str, client: Client, make_puff: Make) -> None:
    make_puff(User.objects.create_user(name))
    assert table(client)[0]["who"] == f"'{name}"


def test_the_file_holds_each_puff_once_and_is_sent_in_parts(
    client: Client, make_puff: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "CHUNK", 3)
    made = [str(make_puff().pk) for _ in range(7)]
    response: Any = client.get("/history.csv")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    parts = list(response.streaming_content)
    assert len(parts) == 1 + 3
    assert [line["puff"] for line in csv.DictReader(io.StringIO(b"".join(parts).decode()))] == made


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("url", FILES)
def test_an_asgi_server_sends_a_file_in_parts_too(url: str, make_puff: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "CHUNK", 3)
    for _ in range(7):
        make_puff()

    async def fetch() -> list[bytes]:
        try:
            response: Any = await AsyncClient().get(url)
            assert response.is_async
            return [part async for part in response.streaming_content]
        finally:
            await sync_to_async(connections.close_all)()  # of the thread that answered

    assert len(asyncio.run(fetch())) == 1 + 3


def test_json_tells_it_as_json(client: Client, conducted: Venue, bob: User, make_puff: Make, make_run: Make) -> None:
    at = datetime(2026, 7, 1, 12, 0, 5, tzinfo=UTC)
    run = make_run(state="ended", title="Drizzle", source="show")
    over = make_puff(on_at=at, seconds=4.72, source="show", run=run, step=0, reason='Say "ü"\n')
    on_now = make_puff(bob, on_at=at.replace(hour=13), seconds=None, planned_seconds=None, confirmed=False)
    assert array(client) == [
        {
            "puff": on_now.pk, "cloud": "Cumulus", "time zone": "Europe/Berlin", "on": "2026-07-01T15:00:05.000+02:00",
            "off": None, "who": "Bob", "why": "a visitor", "part of": "", "did": "inflates", "planned seconds": None,
            "real seconds": None, "outcome": "on now", "reason": "", "times confirmed": False, "simulated": False,
            "rehearsed at speed": None, "told": "",
        },
        {
            "puff": over.pk, "cloud": "Cumulus", "time zone": "Europe/Berlin", "on": "2026-07-01T14:00:05.000+02:00",
            "off": "2026-07-01T14:00:09.720+02:00", "who": "a show", "why": "a show", "part of": "Drizzle",
            "did": "inflates", "planned seconds": 5.0, "real seconds": 4.72, "outcome": "done",
            "reason": 'Say "ü"\n', "times confirmed": True, "simulated": False, "rehearsed at speed": None, "told": "",
        },
    ]  # fmt: skip


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 7])
def test_both_files_hold_the_same_puffs_whatever_their_number(
    count: int, client: Client, make_puff: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "CHUNK", 3)
    made = [make_puff().pk for _ in range(count)]
    assert [line["puff"] for line in array(client)] == made
    assert [int(line["puff"]) for line in table(client)] == made


def test_a_file_holds_what_was_selected_and_nothing_else(client: Client, bob: User, make_puff: Make) -> None:
    make_puff()
    his = make_puff(bob)
    assert [line["puff"] for line in array(client, "/history.json?who=bob")] == [his.pk]
    assert [line["puff"] for line in table(client, "/history.csv?who=bob")] == [str(his.pk)]


@pytest.mark.parametrize("url", FILES)
def test_a_file_is_read_while_it_is_sent(
    url: str, client: Client, make_puff: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "CHUNK", 2)
    for _ in range(6):
        make_puff()
    response: Any = client.get(url)
    parts = iter(response.streaming_content)
    sent = [next(parts), next(parts)]
    Puff.objects.all().delete()
    rest = b"".join([*sent, *parts]).decode()
    # What was not read yet is not in it: no more than a part is held at a time.
    assert rest.count("Cumulus") == (4 if url.endswith("json") else 2)


def test_however_many_fetch_a_long_history_one_at_a_time_has_the_machine_busy() -> None:
    busy, most = 0, 0

    def parts() -> Iterator[str]:
        nonlocal busy, most
        for part in "abc":
            busy += 1
            most = max(most, busy)
            time.sleep(0.002)  # long enough for another thread to come in, if it may
            busy -= 1
            yield part

    with ThreadPoolExecutor(8) as threads:
        files_sent = list(threads.map(lambda _: "".join(files._one_by_one(parts())), range(8)))
    assert files_sent == ["abc"] * 8
    assert most == 1


def test_more_than_can_be_served_are_told_to_come_back_and_can_when_others_are_done(
    client: Client, conducted: Venue, make_puff: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_puff()
    monkeypatch.setattr(files, "_places", threading.BoundedSemaphore(2))
    under_way = [client.get("/history.csv"), client.head("/history.json")]
    response = client.get("/history.csv")
    assert (response.status_code, response["Retry-After"]) == (503, "60")
    assert "Try again in a minute." in text(response)
    under_way.clear()
    gc.collect()
    assert len(table(client)) == 1
