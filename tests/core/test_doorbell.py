"""The bell: it rings for every commit of another, soon, and for nothing else."""

import asyncio
import itertools
import os
import sqlite3
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from clouds import actions, doorbell
from clouds.doorbell import Bell
from clouds.models import Cloud, User, Venue

from .conftest import Recorder

on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="How SQLite's bell is made.")
on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="How PostgreSQL's bell is made.")
# Enough for a machine that is busy; never waited for when all is well.
AT_MOST = 20.0
SILENCE = 0.15
numbers = itertools.count(1)


def listening(scene: Callable[[Bell], Awaitable[Any]]) -> Any:
    """What comes of a scene that is played at a bell, in a loop of its own."""

    async def play() -> Any:
        async with doorbell.listen() as bell:
            return await scene(bell)

    return asyncio.run(asyncio.wait_for(play(), 2 * AT_MOST))


async def elsewhere(deed: Callable[[], object]) -> None:
    """Have it done by another thread, with a connection of its own."""

    def do() -> None:
        try:
            deed()
        finally:
            connection.close()

    await asyncio.get_running_loop().run_in_executor(None, do)


def change() -> None:
    """A change, and word of it. Each is to something new: SQLite writes nothing, and so tells nothing, otherwise."""
    with transaction.atomic():
        Venue.objects.update(name=f"Hall {next(numbers)}")
        doorbell.ring()


class TestTheBell:
    """What is asked of it on every database."""

    pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("venue")]

    def test_a_commit_of_another_rings_while_one_waits(self) -> None:
        async def scene(bell: Bell) -> tuple[bool, float]:
            clock = asyncio.get_running_loop().time
            begin, waiting = clock(), asyncio.create_task(bell(AT_MOST))
            await elsewhere(change)
            return await waiting, clock() - begin

        rang, took = listening(scene)
        assert rang
        assert took < AT_MOST / 2

    def test_a_commit_before_one_waits_rings_at_once(self) -> None:
        async def scene(bell: Bell) -> bool:
            await elsewhere(change)
            return await bell(AT_MOST)

        assert listening(scene)

    def test_silence_lasts_about_as_long_as_asked(self) -> None:
        async def scene(bell: Bell) -> tuple[bool, float]:
            clock = asyncio.get_running_loop().time
            begin = clock()
            return await bell(SILENCE), clock() - begin

        rang, took = listening(scene)
        assert not rang
        assert SILENCE * 0.9 <= took < SILENCE + 2

    def test_a_bell_that_is_asked_for_no_time_answers_at_once(self) -> None:
        async def scene(bell: Bell) -> list[bool]:
            return [await asyncio.wait_for(bell(0), AT_MOST) for _ in range(3)]

        assert listening(scene) == [False, False, False]

    def test_a_commit_rings_until_it_was_heard_and_no_longer(self) -> None:
        async def scene(bell: Bell) -> list[bool]:
            await elsewhere(change)
            return [await bell(AT_MOST), await bell(SILENCE)]

        assert listening(scene) == [True, False]

    def test_the_next_commit_rings_again(self) -> None:
        async def scene(bell: Bell) -> list[bool]:
            heard = []
            for _ in range(5):
                await elsewhere(change)
                heard.append(await bell(AT_MOST))
            return heard

        assert listening(scene) == [True] * 5

    def test_many_commits_are_soon_heard_out(self) -> None:
        async def scene(bell: Bell) -> list[bool]:
            for _ in range(5):
                await elsewhere(change)
            heard = [await bell(AT_MOST)]
            while heard[-1] and len(heard) < 7:
                heard.append(await bell(SILENCE))
            return heard

        heard = listening(scene)
        assert heard[0]
        assert not heard[-1]

    def test_a_change_that_is_taken_back_rings_for_nobody(self) -> None:
        def change_and_take_back() -> None:
            with transaction.atomic():
                Venue.objects.update(name="The hall")
                doorbell.ring()
                transaction.set_rollback(True)

        async def scene(bell: Bell) -> bool:
            await elsewhere(change_and_take_back)
            return await bell(SILENCE)

        assert not listening(scene)

    def test_a_change_rings_when_it_is_committed_and_not_before(self) -> None:
        begun, may_end = threading.Event(), threading.Event()

        def change_slowly() -> None:
            with transaction.atomic():
                Venue.objects.update(name="The hall")
                doorbell.ring()
                begun.set()
                assert may_end.wait(AT_MOST)

        async def scene(bell: Bell) -> list[bool]:
            changing = asyncio.create_task(elsewhere(change_slowly))
            await asyncio.get_running_loop().run_in_executor(None, begun.wait, AT_MOST)
            before = await bell(SILENCE)
            may_end.set()
            await changing
            return [before, await bell(AT_MOST)]

        assert listening(scene) == [False, True]

    def test_who_only_looks_rings_for_nobody(self) -> None:
        async def scene(bell: Bell) -> bool:
            await elsewhere(Venue.objects.get)
            return await bell(SILENCE)

        assert not listening(scene)

    def test_everybody_who_listens_hears_it(self) -> None:
        async def scene(bell: Bell) -> list[bool]:
            async with doorbell.listen() as another:
                await elsewhere(change)
                return [await bell(AT_MOST), await another(AT_MOST)]

        assert listening(scene) == [True, True]

    def test_who_waits_at_the_bell_keeps_nobody_else_from_working(self) -> None:
        async def scene(bell: Bell) -> int:
            waiting, turns = asyncio.create_task(bell(SILENCE)), 0
            while not waiting.done():
                turns += 1
                await asyncio.sleep(0.001)
            return turns

        assert listening(scene) > 3

    def test_a_bell_that_somebody_stopped_waiting_for_still_rings(self) -> None:
        async def scene(bell: Bell) -> bool:
            waiting = asyncio.create_task(bell(AT_MOST))
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.wait([waiting])
            await elsewhere(change)
            return waiting.cancelled() and await bell(AT_MOST)

        assert listening(scene)

    def test_a_press_is_heard_although_a_conductor_beats(self, cloud: Cloud, ada: User, rung: Recorder) -> None:
        actions.wake(cloud.venue, timezone.now())

        async def scene(bell: Bell) -> bool:
            await elsewhere(lambda: actions.press(cloud, by=ada))
            return await bell(AT_MOST)

        assert listening(scene)
        assert len(rung.calls) == 1

    @on_postgresql
    def test_the_connection_goes_the_way_that_djangos_goes_and_is_closed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(
            connection.settings_dict, "OPTIONS", {"application_name": "the bell", "prepare_threshold": None}
        )

        def bells() -> int:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT count(*) FROM pg_stat_activity"
                    " WHERE application_name = 'the bell' AND query LIKE 'LISTEN%%'"
                )
                return int(cursor.fetchone()[0])

        counted: list[int] = []

        async def scene(bell: Bell) -> None:
            await elsewhere(lambda: counted.append(bells()))

        listening(scene)
        assert counted == [1]


def make_a_file(path: Path) -> Path:
    """A database with a table."""
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE news (id INTEGER)")
    database.close()
    return path


@on_sqlite
def test_a_folder_may_have_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "100% #1 clouds? über%20all&mode=memory"
    folder.mkdir()
    path = make_a_file(folder / "clouds.sqlite3")
    monkeypatch.setitem(connection.settings_dict, "NAME", path)

    def insert() -> None:
        database = sqlite3.connect(path)
        with database:
            database.execute("INSERT INTO news VALUES (1)")
        database.close()

    async def scene(bell: Bell) -> list[bool]:
        silent = await bell(0)
        await elsewhere(insert)
        return [silent, await bell(AT_MOST)]

    assert listening(scene) == [False, True]


@on_sqlite
def test_a_file_that_is_locked_while_the_bell_is_hung_up_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_a_file(tmp_path / "clouds.sqlite3")
    monkeypatch.setitem(connection.settings_dict, "NAME", path)
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    database.execute("BEGIN EXCLUSIVE")
    unlocking = threading.Timer(0.1, database.rollback)
    unlocking.start()

    async def scene(bell: Bell) -> bool:
        return await bell(0)

    assert listening(scene) is False
    unlocking.join()
    database.close()


@on_sqlite
def test_a_bell_never_makes_a_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "clouds.sqlite3"
    monkeypatch.setitem(connection.settings_dict, "NAME", path)

    async def scene(bell: Bell) -> bool:
        return await bell(0)

    with pytest.raises(sqlite3.OperationalError, match="unable to open"):
        listening(scene)
    assert not path.exists()


@on_sqlite
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("venue")
class TestTheNudge:
    """How who rings has those who listen look at once."""

    def test_a_ring_is_heard_before_the_next_look(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(doorbell, "LOOK_EVERY_SECONDS", AT_MOST)

        async def scene(bell: Bell) -> bool:
            waiting = asyncio.create_task(bell(AT_MOST / 2))
            await asyncio.sleep(0)
            await elsewhere(change)
            return await waiting

        assert listening(scene)

    def test_a_commit_of_somebody_who_does_not_ring_is_heard_at_the_next_look(self) -> None:
        async def scene(bell: Bell) -> bool:
            await elsewhere(lambda: Venue.objects.update(name="The hall"))
            return await bell(AT_MOST)

        assert listening(scene)

    def test_who_listens_no_more_leaves_nothing_behind(self) -> None:
        async def scene(bell: Bell) -> list[Path]:
            return list(doorbell._pipes().iterdir())

        while_listening = listening(scene)
        assert len(while_listening) == 1
        assert not while_listening[0].exists()

    def test_what_a_listener_that_died_left_behind_is_cleared_away(self) -> None:
        async def scene(bell: Bell) -> list[Path]:
            mine = list(doorbell._pipes().iterdir())
            os.mkfifo(doorbell._pipes() / "left-behind")
            await elsewhere(change)
            assert await bell(AT_MOST)
            assert list(doorbell._pipes().iterdir()) == mine
            return mine

        assert len(listening(scene)) == 1

    def test_who_rings_where_nobody_ever_listened_is_not_troubled(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(doorbell, "_pipes", lambda: tmp_path / "nothing")
        change()
