"""The hub, with a sky that the tests make: who is slow, who comes late, who leaves."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from clouds.live import facts, hub, stream
from clouds.live.facts import Reading

AT_MOST = 20.0


class Sky:
    """What is to be seen, and a bell that rings when it changes."""

    def __init__(self) -> None:
        self.clouds: dict[str, int] = {"cumulus": 0}
        self.looks = 0
        self.changed = asyncio.Event()

    def read(self) -> Reading:
        """In place of a look at the database."""
        self.looks += 1
        told = {slug: {"slug": slug, "queue": queue} for slug, queue in self.clouds.items()}
        marks = {slug: str(queue) for slug, queue in self.clouds.items()}
        return Reading(datetime.now(UTC), told, marks, None)

    def change(self, queue: int) -> None:
        """There is news."""
        self.clouds["cumulus"] = queue
        self.changed.set()

    @asynccontextmanager
    async def listen(self) -> AsyncIterator[Callable[[float], Awaitable[bool]]]:
        """In place of the doorbell."""

        async def bell(seconds: float) -> bool:
            await asyncio.wait_for(self.changed.wait(), AT_MOST)
            self.changed.clear()
            return True

        yield bell


class Phone:
    """An ASGI client. What it was sent is in `heard`; while `line` is cleared, nothing more gets through."""

    def __init__(self, streams: stream.Streams) -> None:
        self.heard: list[list[int]] = []
        self.status = 0
        self.line = asyncio.Event()
        self.line.set()
        self.leaves = asyncio.Event()
        headers = [(b"host", b"localhost")]
        scope = {"type": "http", "method": "GET", "path": "/events", "query_string": b"", "headers": headers}
        self.call = asyncio.create_task(streams(scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        await self.leaves.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, Any]) -> None:
        await self.line.wait()
        self.status = message.get("status", self.status)
        for part in message.get("body", b"").decode().split("\n"):
            if part.startswith("data: "):
                self.heard.append([cloud["queue"] for cloud in json.loads(part[6:])["clouds"]])


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Plays a scene with a sky and streams."""

    async def scene_with(scene: Callable[[Sky, stream.Streams], Awaitable[None]]) -> None:
        sky = Sky()
        monkeypatch.setattr(facts, "read", sky.read)
        monkeypatch.setattr(hub.doorbell, "listen", sky.listen)
        monkeypatch.setattr(hub, "LOOK_AT_MOST_EVERY_SECONDS", 0.0)
        await asyncio.wait_for(scene(sky, stream.Streams(None)), AT_MOST)

    yield lambda scene: asyncio.run(scene_with(scene))
    assert not stream.places


async def when(true: Callable[[], Any]) -> None:
    """Let the others have turns until this is true."""
    while not true():
        await asyncio.sleep(0.001)


async def leave(*phones: Phone) -> None:
    """They leave."""
    for phone in phones:
        phone.leaves.set()
        await phone.call


def test_who_is_slow_misses_what_is_no_longer_so_and_holds_nobody_up(play: Callable[..., None]) -> None:
    async def scene(sky: Sky, streams: stream.Streams) -> None:
        quick, slow = Phone(streams), Phone(streams)
        await when(lambda: quick.heard and slow.heard)
        slow.line.clear()
        for queue in range(1, 51):
            sky.change(queue)
            await when(lambda queue=queue: quick.heard[-1] == [queue])
        slow.line.set()
        await when(lambda: slow.heard[-1] == [50])
        assert slow.heard == [[0], [1], [50]]  # the one that was on its way, and the latest
        await leave(quick, slow)

    play(scene)


def test_the_sky_is_looked_at_once_for_all(play: Callable[..., None]) -> None:
    async def scene(sky: Sky, streams: stream.Streams) -> None:
        phones = [Phone(streams) for _ in range(100)]
        await when(lambda: all(phone.heard for phone in phones))
        sky.change(7)
        await when(lambda: all(phone.heard[-1] == [7] for phone in phones))
        assert sky.looks == 2
        await leave(*phones)

    play(scene)


def test_who_comes_later_is_told_what_is_known_without_another_look(play: Callable[..., None]) -> None:
    async def scene(sky: Sky, streams: stream.Streams) -> None:
        first = Phone(streams)
        await when(lambda: first.heard)
        second = Phone(streams)
        await when(lambda: second.heard)
        assert (second.heard, sky.looks) == ([[0]], 1)
        await leave(first, second)

    play(scene)


def test_when_all_have_left_the_next_one_finds_a_new_hub(play: Callable[..., None]) -> None:
    async def scene(sky: Sky, streams: stream.Streams) -> None:
        for looks in (1, 2, 3):
            phone = Phone(streams)
            await when(lambda phone=phone: phone.heard)
            assert sky.looks == looks
            await leave(phone)

    play(scene)


def test_who_leaves_before_the_first_look_is_forgotten(play: Callable[..., None]) -> None:
    async def scene(sky: Sky, streams: stream.Streams) -> None:
        phone = Phone(streams)
        await asyncio.sleep(0)
        await leave(phone)

    play(scene)


def test_other_addresses_are_left_to_the_application_behind(play: Callable[..., None]) -> None:
    async def scene(sky: Sky, streams: stream.Streams) -> None:
        seen = []

        async def behind(scope: Any, receive: Any, send: Any) -> None:
            seen.append(scope["path"])

        for path in ("/", "/events/", "/events.json"):
            await stream.Streams(behind)({"type": "http", "path": path}, None, None)
        assert seen == ["/", "/events/", "/events.json"]

    play(scene)
