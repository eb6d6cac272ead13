"""Waits for news of the database, so that nobody has to ask it again and again.

On SQLite `PRAGMA data_version` changes whenever another connection has committed; a look costs about 2 µs, and one is
taken every 10 ms. On PostgreSQL `ring` sends a NOTIFY with the transaction and `listen` LISTENs for it.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager, closing
from pathlib import Path

from django.db import connection

CHANNEL = "cloudsite"
LOOK_EVERY_SECONDS = 0.010
OPENING_TAKES_AT_MOST_SECONDS = 5

Bell = Callable[[float], Awaitable[bool]]


def ring() -> None:
    """Tell all who listen that something has changed, when the transaction is committed."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"NOTIFY {CHANNEL}")


@asynccontextmanager
async def listen() -> AsyncIterator[Bell]:
    """A bell to wait at: `await bell(seconds)` returns True as soon as there is news, False after so many seconds."""
    ways = {"sqlite": _listen_on_sqlite, "postgresql": _listen_on_postgresql}
    async with asynccontextmanager(ways[connection.vendor])() as bell:
        yield bell


async def _listen_on_sqlite() -> AsyncIterator[Bell]:
    # The version that a connection sees counts the commits of the others only, so this one is nobody's but the bell's.
    with closing(_open_sqlite()) as database:

        def version() -> int:
            return int(database.execute("PRAGMA data_version").fetchone()[0])

        seen = version()

        async def bell(seconds: float) -> bool:
            nonlocal seen
            clock = asyncio.get_running_loop().time
            end = clock() + seconds
            while (now := version()) == seen:
                if clock() >= end:
                    return False
                await asyncio.sleep(LOOK_EVERY_SECONDS)
            seen = now
            return True

        yield bell


def _open_sqlite() -> sqlite3.Connection:
    """A connection that only reads, whose first look is taken and whose later ones never wait."""
    path = Path(connection.settings_dict["NAME"]).absolute()
    database = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=OPENING_TAKES_AT_MOST_SECONDS)
    # Only now may it find the file locked, by another that opens or closes it and is the only one.
    database.execute("PRAGMA data_version").fetchone()
    database.execute("PRAGMA busy_timeout = 0")
    return database


async def _listen_on_postgresql() -> AsyncIterator[Bell]:
    import psycopg  # only where the database is PostgreSQL is it installed

    # All that says where and how to connect, such as `sslmode`, and not what Django adds for its own cursors.
    parameters = connection.get_connection_params()
    for key in ("context", "cursor_factory", "prepare_threshold"):
        parameters.pop(key, None)
    async with await psycopg.AsyncConnection.connect(**parameters, autocommit=True) as database:
        await database.execute(f"LISTEN {CHANNEL}")

        async def bell(seconds: float) -> bool:
            async with aclosing(database.notifies(timeout=seconds, stop_after=1)) as news:
                return bool([notice async for notice in news])

        yield bell
