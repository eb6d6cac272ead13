"""How requests come in: each in one thread that is kept, so that its connection to the database is, too."""

import asyncio
import contextlib
import threading
import time
from typing import Any

import pytest
from django.core.exceptions import RequestAborted
from django.http import HttpRequest, HttpResponse

from cloudsite import asgi

AT_MOST = 20.0


async def ask(handler: asgi.Handler, leaves: asyncio.Event | None = None) -> int | None:
    """The status of a page; None for a client who leaves before there is an answer."""
    said: list[dict[str, Any]] = [{"type": "http.request", "body": b"", "more_body": False}]
    statuses: list[int] = []

    async def receive() -> dict[str, Any]:
        if said:
            return said.pop()
        await (leaves or asyncio.Event()).wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        statuses.extend([message["status"]] if "status" in message else [])

    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [(b"host", b"localhost")]}
    await asyncio.wait_for(handler(scope, receive, send), AT_MOST)
    return statuses[0] if statuses else None


@pytest.fixture
def handler(monkeypatch: pytest.MonkeyPatch) -> asgi.Handler:
    """A handler whose pages note in which threads they were made."""
    handler = asgi.Handler()
    handler.seen = []
    monkeypatch.setattr(handler, "get_response", lambda request: answer(handler))
    return handler


def answer(handler: Any) -> HttpResponse:
    """A page, and a note of its thread."""
    handler.seen.append(threading.get_ident())
    return HttpResponse("Here you are.")


def test_one_request_after_the_other_is_answered_in_the_same_thread(handler: Any) -> None:
    async def scene() -> None:
        for _ in range(5):
            assert await ask(handler) == 200

    asyncio.run(scene())
    assert len(set(handler.seen)) == 1
    assert threading.get_ident() not in handler.seen


def test_requests_at_the_same_time_are_answered_at_the_same_time(handler: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    together = threading.Barrier(3, timeout=AT_MOST)
    monkeypatch.setattr(handler, "get_response", lambda request: together.wait() >= 0 and answer(handler))

    async def scene() -> list[int | None]:
        return await asyncio.gather(*(ask(handler) for _ in range(3)))

    assert asyncio.run(scene()) == [200] * 3
    assert len(set(handler.seen)) == 3


def test_of_a_flood_no_more_are_answered_at_once_than_there_are_places_and_all_are_in_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(asgi, "MOST_AT_ONCE", 2)
    handler: Any = asgi.Handler()
    counted = threading.Lock()
    inside, most = 0, 0

    def crowded(request: HttpRequest) -> HttpResponse:
        nonlocal inside, most
        with counted:
            inside += 1
            most = max(most, inside)
        time.sleep(0.002)  # long enough for a third to come in, if it may
        with counted:
            inside -= 1
        return HttpResponse("Here you are.")

    monkeypatch.setattr(handler, "get_response", crowded)

    async def scene() -> list[int | None]:
        return await asyncio.gather(*(ask(handler) for _ in range(20)))

    assert asyncio.run(scene()) == [200] * 20
    assert most <= 2


def test_of_a_crowds_threads_no_more_are_kept_than_may_be(handler: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi, "THREADS_KEPT", 2)
    together = threading.Barrier(4, timeout=AT_MOST)
    monkeypatch.setattr(handler, "get_response", lambda request: together.wait() >= 0 and answer(handler))

    async def scene() -> None:
        await asyncio.gather(*(ask(handler) for _ in range(4)))

    asyncio.run(scene())
    assert len(handler._threads) == 2


def test_a_thread_whose_visitor_left_is_given_to_nobody_before_it_is_free(
    handler: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def slow(request: HttpRequest) -> HttpResponse:
        begun.set()
        may_end.wait(AT_MOST)
        return answer(handler)

    async def scene() -> None:
        monkeypatch.setattr(handler, "get_response", slow)
        leaves = asyncio.Event()
        left = asyncio.create_task(ask(handler, leaves))
        await asyncio.to_thread(begun.wait, AT_MOST)
        leaves.set()
        monkeypatch.setattr(handler, "get_response", lambda request: answer(handler))
        for _ in range(5):
            assert await ask(handler) == 200
        may_end.set()
        await left

    asyncio.run(scene())
    assert len(handler.seen) == 6
    assert len(set(handler.seen)) == 2


def send_form(handler: asgi.Handler, chunk: bytes, chunks: int) -> tuple[bytes, str]:
    """What is kept of a form that comes in so many chunks, without a word on its length, and what it is said to be."""
    left = [{"type": "http.request", "body": chunk, "more_body": number < chunks - 1} for number in range(chunks)]

    async def receive() -> dict[str, Any]:
        return left.pop(0)

    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": []}
    body = asyncio.run(handler.read_body(receive))
    request, _ = handler.create_request(scope, body)
    with contextlib.closing(request):
        return body.read(), request.META["CONTENT_LENGTH"]


def test_of_an_endless_form_no_more_is_kept_than_tells_that_it_is_too_large() -> None:
    kept, said = send_form(asgi.Handler(), b"x" * 100_000, 100)
    assert len(kept) == asgi.MOST_OF_A_BODY + 1
    assert said == str(asgi.MOST_OF_A_BODY + 1)


def test_a_form_that_fits_is_kept_as_it_came() -> None:
    assert send_form(asgi.Handler(), b"x=1&", 3) == (b"x=1&x=1&x=1&", "12")


def test_who_leaves_while_sending_is_gone() -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    with pytest.raises(RequestAborted):
        asyncio.run(asgi.Handler().read_body(receive))
