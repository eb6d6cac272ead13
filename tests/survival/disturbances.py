"""What is done to the site's processes and its database."""

import os
import signal
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

from django.db import connection

from tests.survival.stage import Stage, kill

LOCKED_SECONDS = 6.0


@dataclass(frozen=True, slots=True)
class Disturbance:
    """`strike` takes no time; `repair` waits for what comes of it, where the site does not recover by itself.

    `is_crash`: whether whoever switches the pumps is gone, or told to go; `starts_anew`: whether nobody is left to
    come after them, so that a whole cluster has to start first.
    """

    strike: Callable[[Stage], None]
    is_crash: bool = True
    starts_anew: bool = False
    repair: Callable[[Stage], None] = lambda stage: None


def _kill_the_cluster(stage: Stage) -> None:
    # One group, at one instant: else the sentinel would make new workers for those that were first.
    os.killpg(stage.main(), signal.SIGKILL)


def _end_up(stage: Stage) -> None:
    stage.up.process.send_signal(signal.SIGTERM)


def _see_it_ended(stage: Stage) -> None:
    code = stage.up.process.wait(40)
    on = [plug["name"] for plug in stage.remote.plugs() if plug["relay"]]
    stage.start_up_again()
    assert code == 0, f"up ended with {code}"
    assert not on, f"up has ended, and these are on: {on}"


def lock_the_database(stage: Stage) -> None:
    """Nobody else writes to it for six seconds."""
    locked = threading.Event()
    threading.Thread(target=_hold_the_lock, args=[locked]).start()
    assert locked.wait(10), "the database could not be locked"


def _hold_the_lock(locked: threading.Event) -> None:
    if connection.vendor == "postgresql":
        import psycopg

        with psycopg.connect(**connection.get_connection_params()) as database:
            database.execute("LOCK TABLE clouds_run, clouds_puff, clouds_venue, clouds_plug, clouds_cloud")
            locked.set()
            time.sleep(LOCKED_SECONDS)
        return
    with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None, timeout=10)) as database:
        database.execute("BEGIN EXCLUSIVE")
        locked.set()
        time.sleep(LOCKED_SECONDS)
        database.execute("ROLLBACK")


DISTURBANCES = {
    "SIGKILL the conductor's worker": Disturbance(lambda stage: kill(stage.conductor(), signal.SIGKILL)),
    "SIGTERM the conductor's worker": Disturbance(lambda stage: kill(stage.conductor(), signal.SIGTERM)),
    "SIGKILL every process of the cluster": Disturbance(_kill_the_cluster, starts_anew=True),
    "SIGTERM the cluster's main process": Disturbance(lambda stage: kill(stage.main(), signal.SIGTERM)),
    "SIGKILL the cluster's main process": Disturbance(lambda stage: kill(stage.main(), signal.SIGKILL)),
    "SIGKILL the sentinel": Disturbance(lambda stage: kill(stage.sentinel(), signal.SIGKILL)),
    "SIGTERM the sentinel": Disturbance(lambda stage: kill(stage.sentinel(), signal.SIGTERM)),
    "SIGTERM up": Disturbance(_end_up, repair=_see_it_ended),
    "SIGKILL the web server": Disturbance(lambda stage: kill(stage.web_server(), signal.SIGKILL), is_crash=False),
    "lock the database for 6 s": Disturbance(lock_the_database, is_crash=False),
}
