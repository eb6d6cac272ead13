"""Waits for news of the database, so that nobody has to ask it again and again.

On SQLite `PRAGMA data_version` changes whenever another connection has committed. A look costs about 2 µs; one is
taken as soon as `ring` has nudged, through a named pipe beside the database, and four times a second for all who don't
ring. On PostgreSQL `ring` sends a NOTIFY with the transaction and `listen` LISTENs for it.
"""

import asyncio
import errno
import os
import secrets
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, closing, contextmanager, suppress
from pathlib import Path

from django.db import connection, transaction

CHANNEL = "cloudsite"
LOOK_EVERY_SECONDS = 0.25
OPENING_TAKES_AT_MOST_SECONDS = 5

Bell = Callable[[float], Awaitable[bool]]


def ring() -> None:
    """Tell all who listen that something has changed, when the transaction is committed."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"NOTIFY {CHANNEL}")
    else:
        transaction.on_commit(_nudge, robust=True)


@asynccontextmanager
async def listen() -> AsyncIterator[Bell]:
    """A bell to wait at: `await bell(seconds)` returns True as soon as there is news, False after so many seconds."""
    ways = {"sqlite": _listen_on_sqlite, "postgresql": _listen_on_postgresql}
    async with asynccontextmanager(ways[connection.vendor])() as bell:
        yield bell


async def _listen_on_sqlite() -> AsyncIterator[Bell]:
    # The version that a connection sees counts the commits of the others only, so this one is nobody's but the bell's.
    with closing(_open_sqlite()) as database, _nudges() as nudged:

        def version() -> int:
            return int(database.execute("PRAGMA data_version").fetchone()[0])

        seen = version()

        async def bell(seconds: float) -> bool:
            nonlocal seen
            clock = asyncio.get_running_loop().time
            end = clock() + seconds
            while (now := version()) == seen:
                if (left := end - clock()) <= 0:
                    return False
                with suppress(TimeoutError):
                    async with asyncio.timeout(min(left, LOOK_EVERY_SECONDS)):
                        await nudged.wait()
                nudged.clear()
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


@contextmanager
def _nudges() -> Iterator[asyncio.Event]:
    """An event that is set whenever somebody nudges, through a pipe of its own."""
    folder, name, nudged = _pipes(), secrets.token_hex(8), asyncio.Event()
    folder.mkdir(exist_ok=True)
    os.mkfifo(folder / f".{name}", 0o600)
    # Open at both ends, so that it does not come to an end when somebody who nudged lets go of it.
    pipe = os.open(folder / f".{name}", os.O_RDWR | os.O_NONBLOCK)

    def heard() -> None:
        os.read(pipe, 4096)
        nudged.set()

    loop = asyncio.get_running_loop()
    loop.add_reader(pipe, heard)
    # Only now may others find it, who take one at which nobody listens for one that somebody left behind.
    (folder / f".{name}").rename(folder / name)
    try:
        yield nudged
    finally:
        (folder / name).unlink(missing_ok=True)
        loop.remove_reader(pipe)
        os.close(pipe)


def _nudge() -> None:
    """Have everybody who listens look now. Whoever is not reached looks soon all the same."""
    with suppress(FileNotFoundError):
        for path in _pipes().iterdir():
            try:
                pipe = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
            except OSError as error:
                if error.errno == errno.ENXIO and not path.name.startswith("."):
                    path.unlink(missing_ok=True)
                continue
            with suppress(BlockingIOError):
                os.write(pipe, b"!")
            os.close(pipe)


def _pipes() -> Path:
    return Path(f"{connection.settings_dict['NAME']}-bells")


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
