"""The journal: all is written in order and in the end, and nobody waits for it."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from django.db import connection
from django.db.utils import InterfaceError, OperationalError

from clouds.conductor import journal as journal_module
from clouds.conductor.journal import Journal
from clouds.models import Venue
from tests.plugs.stage import until

AT_MOST = 20.0


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "TRY_AGAIN_AFTER_SECONDS", 0.01)


def with_journal(scene: Callable[[Journal], Awaitable[Any]], closing: float = AT_MOST) -> Any:
    """What comes of a scene that has a journal."""

    async def play() -> Any:
        journal = Journal()
        try:
            return await asyncio.wait_for(scene(journal), AT_MOST)
        finally:
            await journal.close(closing)

    return asyncio.run(play())


class Locked:
    """A database that does not answer until it is opened; `tries` says how often it was asked."""

    def __init__(self, error: type[Exception] = OperationalError) -> None:
        self.error = error
        self.tries = 0
        self.is_open = False

    def __call__(self) -> str:
        self.tries += 1
        if not self.is_open:
            raise self.error("database is locked")
        return "written"


def test_what_is_written_is_written_in_order() -> None:
    written: list[int] = []

    async def scene(journal: Journal) -> None:
        for number in range(100):
            journal.write(written.append, number)

    with_journal(scene)
    assert written == list(range(100))


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_what_a_locked_database_does_not_take_is_written_when_it_does_and_nothing_overtakes_it(
    error: type[Exception],
) -> None:
    locked, written = Locked(error), []

    async def scene(journal: Journal) -> None:
        first = journal.write(lambda: written.append(locked()))
        journal.write(written.append, "after it")
        await until(lambda: locked.tries >= 3, "it was tried again")
        assert written == []
        assert not first.done()
        locked.is_open = True

    with_journal(scene)
    assert written == ["written", "after it"]


def test_the_loop_goes_on_while_the_database_is_locked() -> None:
    blocked = threading.Event()

    async def scene(journal: Journal) -> float:
        journal.write(blocked.wait, AT_MOST)
        clock = asyncio.get_running_loop().time
        begin, longest = clock(), 0.0
        while clock() - begin < 0.2:
            before = clock()
            await asyncio.sleep(0.001)
            longest = max(longest, clock() - before)
        blocked.set()
        return longest

    assert with_journal(scene) < AT_MOST / 2


def test_a_question_is_asked_once_and_its_error_is_the_askers() -> None:
    locked = Locked()

    async def scene(journal: Journal) -> None:
        with pytest.raises(OperationalError):
            await journal.ask(locked)
        assert locked.tries == 1
        assert await journal.ask(lambda number: number + 1, 1) == 2
        with pytest.raises(ZeroDivisionError):
            await journal.ask(lambda: 1 // 0)

    with_journal(scene)


def test_a_question_does_not_wait_for_what_is_to_be_written() -> None:
    written: list[int] = []
    under_way = threading.Event()

    async def scene(journal: Journal) -> list[int]:
        journal.write(under_way.wait, AT_MOST)
        for number in range(3):
            journal.write(written.append, number)
        asked = asyncio.ensure_future(journal.ask(lambda: list(written)))
        await asyncio.sleep(0)
        under_way.set()
        return await asked

    assert with_journal(scene) == []
    assert written == [0, 1, 2]


def test_a_mistake_holds_up_nothing(caplog: pytest.LogCaptureFixture) -> None:
    written: list[int] = []

    async def scene(journal: Journal) -> None:
        journal.write(lambda: 1 // 0)
        journal.write(written.append, 1)

    with_journal(scene)
    assert written == [1]
    assert "A mistake while writing" in caplog.text


def test_closing_waits_for_what_is_to_be_written() -> None:
    written: list[int] = []

    async def scene(journal: Journal) -> None:
        journal.write(time.sleep, 0.1)
        journal.write(written.append, 1)

    with_journal(scene)
    assert written == [1]


def test_closing_waits_only_so_long_for_a_locked_database() -> None:
    locked = Locked()

    async def scene(journal: Journal) -> None:
        journal.write(locked)
        journal.write(locked)

    begin = time.monotonic()
    with_journal(scene, closing=0.2)
    assert 0.2 <= time.monotonic() - begin < AT_MOST / 2
    tries = locked.tries
    time.sleep(0.1)
    assert locked.tries <= tries + 1  # the one that was under way
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("journal")] == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("venue")
def test_the_journals_connection_is_its_own_and_is_closed() -> None:
    seen: list[object] = []

    def look() -> None:
        seen.append((Venue.objects.count(), connection.connection is not None, threading.current_thread()))

    async def scene(journal: Journal) -> None:
        await journal.ask(look)
        await journal.ask(lambda: seen.append(connection.connection))

    with_journal(scene)
    (count, connected, thread), own = seen  # type: ignore[misc]
    assert (count, connected) == (1, True)
    assert thread is not threading.current_thread()
    assert own is not None
    with pytest.raises(Exception, match="closed"):
        own.cursor().execute("SELECT 1")


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("venue")
def test_a_connection_that_broke_is_replaced() -> None:
    connections: list[object] = []

    def count() -> int:
        connections.append(connection.connection)
        return Venue.objects.count()

    def break_it() -> None:
        Venue.objects.count()
        raise OperationalError("server closed the connection unexpectedly")

    async def scene(journal: Journal) -> None:
        with pytest.raises(OperationalError):
            await journal.ask(break_it)
        assert await journal.ask(count) == 1

    with_journal(scene)
    assert connections == [None]
