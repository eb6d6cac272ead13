"""All that a conductor reads and writes of the database, in one thread; what is written is written in order.

The event loop never waits for the database: a database that is locked holds up the history, and no cue.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from django.db import connection
from django.db.utils import InterfaceError, OperationalError

P = ParamSpec("P")
T = TypeVar("T")

OUT_OF_REACH = (OperationalError, InterfaceError)
TRY_AGAIN_AFTER_SECONDS = 0.1

log = logging.getLogger(__name__)


class Journal:
    """The conductor's one thread for the database. Somebody waits for a question, so it goes before what is written."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._questions: deque[Callable[[], None]] = deque()
        self._entries: deque[Callable[[], None]] = deque()
        self._closing = False

    async def ask(self, question: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The answer, asked for once. Raises one of OUT_OF_REACH when the database does not answer."""
        answer = self._put(self._questions, partial(_once, partial(question, *args, **kwargs)))
        return await asyncio.wrap_future(answer)

    def write(self, entry: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> "Future[None]":
        """Write this, after all that was written before, again and again until the database has taken it."""
        return self._put(self._entries, partial(self._insist, partial(entry, *args, **kwargs)))

    async def close(self, seconds: float) -> None:
        """Wait for what is to be written, up to so many seconds, then let go of the database."""
        # Django's connections belong to threads: this is looked up in the thread that closes it.
        last = self._put(self._entries, lambda: connection.close())
        await asyncio.wait([asyncio.wrap_future(last)], timeout=seconds)
        self._closing = True
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _put(self, jobs: "deque[Callable[[], None]]", job: Callable[[], T]) -> "Future[T]":
        done: Future[T] = Future()
        jobs.append(partial(_do, job, done))
        # As often as something was put, something is taken, whatever is the most urgent then.
        self._thread.submit(self._take)
        return done

    def _take(self) -> None:
        (self._questions or self._entries).popleft()()

    def _insist(self, entry: Callable[[], object]) -> None:
        while not self._closing:
            try:
                _once(entry)
                return
            except OUT_OF_REACH:
                log.warning("The database does not answer; what is to be written waits.")
                time.sleep(TRY_AGAIN_AFTER_SECONDS)
            except Exception:
                log.exception("A mistake while writing")
                return


def _once(job: Callable[[], T]) -> T:
    try:
        return job()
    except OUT_OF_REACH:
        connection.close()
        raise


def _do(job: Callable[[], T], done: "Future[T]") -> None:
    if not done.set_running_or_notify_cancel():
        return
    try:
        done.set_result(job())
    except BaseException as error:
        done.set_exception(error)
