"""`GET /events`: the news as Server-Sent Events, one light task for each who watches.

It is answered ahead of Django, whose views keep a thread each. So it asks those of the site's middleware that need no
database itself, and tells what everybody may know. https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
import contextlib
import io
from collections import Counter
from collections.abc import Iterator
from typing import Any, cast

from csp.middleware import CSPMiddleware
from django.core.exceptions import SuspiciousOperation
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.security import SecurityMiddleware

from clouds.live import ending
from clouds.live.hub import Hub, Watcher

PATH = "/events"
# Who finds no place here asks again and again at /events.json.
PLACES = 2000
# A gallery shares one address.
PLACES_FOR_AN_ADDRESS = 1200
# So that no place is kept for ever by somebody who is not there. A browser comes back by itself.
LIFETIME_SECONDS = 15 * 60.0
END_WITHIN_SECONDS = 1.0
AS_A_STREAM = {
    "Content-Type": "text/event-stream; charset=utf-8",
    # A proxy that transforms waits for more to transform, and nginx keeps back what is not forbidden to be kept.
    "Cache-Control": "no-cache, no-transform",
    "X-Accel-Buffering": "no",
}

# How many streams are open, by the address of those who watch.
places: Counter[str] = Counter()


class NotNow(Exception):
    """There is no stream to be had; `str()` says why."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class Streams:
    """An application that answers /events and leaves everything else to the one behind it."""

    def __init__(self, application: Any) -> None:
        self._application = application
        self._hub: Hub | None = None
        self._is_prepared = False
        self._is_ending = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer, or leave it."""
        if scope["type"] != "http" or scope["path"] != PATH:
            await self._application(scope, receive, send)
            return
        if not self._is_prepared:
            self._is_prepared = True
            ending.before_the_server_ends(self._end)
        request = ASGIRequest(scope, io.BytesIO())
        try:
            response = cast(HttpResponse, _GATE(request))
            cloud = request.GET.get("cloud", "")
        except SuspiciousOperation:
            response = _in_a_sentence(400, "This server could not make sense of what was asked.")
        if response.status_code != 200 or request.method == "HEAD":
            await _answer(send, response)
            return
        try:
            # An address that is behind a proxy of this machine, uvicorn takes from X-Forwarded-For.
            with _a_place_for((scope.get("client") or ("",))[0]), self._a_watcher(cloud) as (hub, watcher):
                await _first_look(hub, watcher)
                await _begin(send, response)
                await _stream(hub, watcher, receive, send)
        except NotNow as reason:
            response.status_code, response["Content-Type"] = reason.status, "text/plain; charset=utf-8"
            if reason.status == 503:
                response["Retry-After"] = "10"
            response.content = f"{reason}\n"
            await _answer(send, response)

    @contextlib.contextmanager
    def _a_watcher(self, cloud: str) -> Iterator[tuple[Hub, Watcher]]:
        """One who watches, at the hub that is at work or at a new one. It is over when the last has left."""
        if self._is_ending:
            raise NotNow(503, "This server is about to end.")
        if self._hub is None or self._hub.is_over:
            self._hub = Hub()
        hub, watcher = self._hub, Watcher(cloud)
        hub.join(watcher)
        try:
            yield hub, watcher
        finally:
            hub.leave(watcher)

    def _end(self) -> None:
        self._is_ending = True
        if self._hub is not None:
            self._hub.end()


def _in_a_sentence(status: int, sentence: str) -> HttpResponse:
    return HttpResponse(f"{sentence}\n", status=status, content_type="text/plain; charset=utf-8")


def _open(request: HttpRequest) -> HttpResponse:
    """An answer with the headers of a stream, if this is a request for one."""
    request.get_host()  # raises DisallowedHost
    if request.method not in ("GET", "HEAD"):
        response = _in_a_sentence(405, "Nothing happened: this is for reading only.")
        response["Allow"] = "GET, HEAD"
        return response
    return HttpResponse(headers=AS_A_STREAM)


# The checks and the headers of every other page.
_GATE = SecurityMiddleware(CSPMiddleware(XFrameOptionsMiddleware(_open)))


@contextlib.contextmanager
def _a_place_for(address: str) -> Iterator[None]:
    if places.total() >= PLACES or places[address] >= PLACES_FOR_AN_ADDRESS:
        raise NotNow(503, "As many watch as can. The page asks again by itself.")
    places[address] += 1
    try:
        yield
    finally:
        places[address] -= 1
        if not places[address]:
            del places[address]


async def _first_look(hub: Hub, watcher: Watcher) -> None:
    """Wait until there is something to tell."""
    await watcher.woken.wait()
    if hub.reading is None or hub.is_over:
        raise NotNow(503, "The sky can't be seen right now.")
    if watcher.cloud and watcher.cloud not in hub.reading.clouds:
        raise NotNow(404, "There is no such cloud, or it is switched off.")


async def _stream(hub: Hub, watcher: Watcher, receive: Any, send: Any) -> None:
    """Tell what is new, until one of the two ends it or the time is up."""
    leaving = asyncio.create_task(_wake_when_gone(receive, watcher))
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LIFETIME_SECONDS):
                while not (hub.is_over or leaving.done()):
                    watcher.woken.clear()
                    if news := hub.news_for(watcher):
                        await send({"type": "http.response.body", "body": news, "more_body": True})
                    await watcher.woken.wait()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(END_WITHIN_SECONDS):
                await send({"type": "http.response.body"})
    finally:
        leaving.cancel()


async def _wake_when_gone(receive: Any, watcher: Watcher) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    watcher.woken.set()


async def _begin(send: Any, response: HttpResponse) -> None:
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.items()]
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})


async def _answer(send: Any, response: HttpResponse) -> None:
    await _begin(send, response)
    await send({"type": "http.response.body", "body": response.content})
