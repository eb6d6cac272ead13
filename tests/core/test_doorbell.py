"""The bell: it rings for every commit of another, soon, and for nothing else."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection, transaction

from clouds import actions, doorbell
from clouds.doorbell import Bell
from clouds.models import Cloud, User, Venue

from . import make
from .conftest import NOON

on_sqlite = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="How SQLite's bell is made.")
on_postgresql = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="How PostgreSQL's bell is made.")
# Long enough for a machine that is busy, and never waited for when all is well.
AT_MOST = 20.0
SILENCE = 0.15

Scene = Callable[[Bell], Awaitable[Any]]


def listening(scene: Scene) -> Any:
    """What comes of a scene that is played at a bell, in a loop of its own."""

    async def play() -> Any:
        async with doorbell.listen() as bell:
            return await scene(bell)

    return asyncio.run(asyncio.wait_for(play(), 2 * AT_MOST))


def in_another_thread(deed: Callable[[], object]) -> None:
    """Do it with a connection of its own, to the end."""
    failures: list[BaseException] = []

    def do() -> None:
        try:
            deed()
        except BaseException as failure:  # noqa: BLE001 - told to the test below
            failures.append(failure)
        finally:
            connection.close()

    thread = threading.Thread(target=do)
    thread.start()
    thread.join(AT_MOST)
    assert not thread.is_alive()
    assert failures == []


def change() -> None:
    """A change that is told."""
    with transaction.atomic():
        Venue.objects.update(name="The hall")
        doorbell.ring()
