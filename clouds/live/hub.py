"""Looks at the sky once for all who watch, as soon as there is news, and tells each what has changed.

A watcher has no queue: it knows which version of the sky it was told last, and when its turn comes it is told all that
has changed since, as it is by then. So a slow one costs no memory, holds nobody up, and never sees a stale sky.
"""

import asyncio
import logging
import math
import random
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from django.db import close_old_connections, connections
from django.utils import timezone

from clouds import doorbell
from clouds.live import facts
from clouds.live.facts import Reading

# Time alone makes news, too: a conductor that beats no more, a balloon that has sunk.
LOOK_EVERY_SECONDS = 1.0
# News that comes faster is told together, so that looking never takes much from those who press.
LOOK_AT_MOST_EVERY_SECONDS = 0.05
# Who could not look for so long knows nothing, and says so.
LOST_AFTER_SECONDS = 3.0
TRY_AGAIN_AFTER_SECONDS = 0.5
# So many are told in one go; in between others get a turn, such as somebody who presses.
TOLD_AT_ONCE = 10
PING_EVERY_SECONDS = 15.0

# An event, since a comment is nothing that a page could see.
PING = b": ping\nevent: ping\ndata: {}\n\n"

log = logging.getLogger(__name__)


class Watcher:
    """One who watches the sky, or one cloud of it.

    `woken` is set when there may be news, when a ping is due, and when all is over.
    """

    __slots__ = ("cloud", "ping_at", "seen", "woken")

    def __init__(self, cloud: str) -> None:
        self.cloud = cloud
        self.seen = 0
        self.ping_at = math.inf
        self.woken = asyncio.Event()


class Hub:
    """At work from its making until its last watcher leaves, it is told to end, or the database is lost."""

    def __init__(self) -> None:
        self.is_over = False
        self.reading: Reading | None = None
        self._watchers: set[Watcher] = set()
        self._version = 0
        self._changed: dict[str, int] = {}
        self._composed: dict[tuple[str, int], bytes] = {}
        self._thread = ThreadPoolExecutor(1, "hub")
        self._looked_at = asyncio.get_running_loop().time()
        self._work = asyncio.create_task(self._keep_looking())

    def join(self, watcher: Watcher) -> None:
        """Have this one told, too."""
        self._watchers.add(watcher)
        if self.reading is not None:
            watcher.woken.set()

    def leave(self, watcher: Watcher) -> None:
        """This one has had enough."""
        self._watchers.discard(watcher)
        if not self._watchers:
            self.end()

    def end(self) -> None:
        """It is over, for everybody."""
        self.is_over = True
        self._work.cancel()
        for watcher in self._watchers:
            watcher.woken.set()

    def news_for(self, watcher: Watcher) -> bytes:
        """What this one has not been told, as an event of a stream, or a ping when it is due. It counts as told."""
        key, watcher.seen = (watcher.cloud, watcher.seen), self._version
        if key not in self._composed:
            self._composed[key] = self._compose(*key)
        news, now = self._composed[key], asyncio.get_running_loop().time()
        if not news and now >= watcher.ping_at:
            news = PING
        if news:
            # Not all in the same moment, who were told the same in the same moment.
            watcher.ping_at = now + PING_EVERY_SECONDS * random.uniform(0.8, 1)  # noqa: S311
        return news

    def _compose(self, cloud: str, seen: int) -> bytes:
        changed = [slug for slug, version in self._changed.items() if version > seen and cloud in ("", slug)]
        if self.reading is None or (seen and not changed):
            return b""
        gone = [slug for slug in changed if slug not in self.reading.clouds]
        message = self.reading.message(changed, len(self._watchers), gone if seen else ())
        return f"event: sky\ndata: {message}\n\n".encode()

    async def _keep_looking(self) -> None:
        clock = asyncio.get_running_loop().time
        try:
            while clock() - self._looked_at < LOST_AFTER_SECONDS:
                try:
                    async with doorbell.listen() as bell:
                        await self._look_at_each(bell)
                except Exception as error:  # whatever a database says when it is away
                    log.warning("The sky can't be seen: %s", str(error) or type(error).__name__)
                await asyncio.sleep(TRY_AGAIN_AFTER_SECONDS)
        finally:
            # In its own thread, since connections belong to threads.
            self._thread.submit(connections.close_all)
            self._thread.shutdown(wait=False)
            self.end()

    async def _look_at_each(self, bell: doorbell.Bell) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            began = clock()
            async with asyncio.timeout(LOST_AFTER_SECONDS):
                reading = await asyncio.get_running_loop().run_in_executor(self._thread, _look)
            self._looked_at = clock()
            await self._publish(reading)
            left = (reading.next_at - timezone.now()).total_seconds() if reading.next_at else LOOK_EVERY_SECONDS
            await bell(min(LOOK_EVERY_SECONDS, max(0.0, left)))
            await asyncio.sleep(began + LOOK_AT_MOST_EVERY_SECONDS - clock())

    async def _publish(self, reading: Reading) -> None:
        before, now = (self.reading.marks if self.reading else {}), reading.marks
        changed = {slug for slug in {**before, **now} if before.get(slug) != now.get(slug)}
        is_first = self.reading is None
        self.reading, self._composed = reading, {}
        if changed or is_first:
            self._version += 1
            self._changed |= dict.fromkeys(changed, self._version)
            await self._wake(one for one in self._watchers if is_first or not one.cloud or one.cloud in changed)
        due = asyncio.get_running_loop().time()
        await self._wake(one for one in self._watchers if one.ping_at <= due)

    async def _wake(self, watchers: Iterable[Watcher]) -> None:
        for number, watcher in enumerate(list(watchers), 1):
            watcher.woken.set()
            if number % TOLD_AT_ONCE == 0:
                await asyncio.sleep(0)


def _look() -> Reading:
    close_old_connections()
    return facts.read()
