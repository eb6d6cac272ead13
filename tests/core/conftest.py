"""What the tests of the nouns and rules share: a clock that stands, rings written down, a database for threads."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections
from time_machine import TimeMachineFixture

from clouds import actions

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class Recorder:
    """Stands where `async_task` does, and keeps what was asked for."""

    def __init__(self) -> None:
        self.calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = []

    def __call__(self, *args: Any, **kwargs: Any) -> str:
        self.calls.append((args, kwargs))
        return "a task"


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    """The tasks that were asked of django-q2, which gets none of them."""
    recorder = Recorder()
    monkeypatch.setattr(actions, "async_task", recorder)
    return recorder


@pytest.fixture
def clock(time_machine: TimeMachineFixture) -> TimeMachineFixture:
    """It is noon in Greenwich, and stays so until the test moves it."""
    time_machine.move_to(NOON, tick=False)
    return time_machine


@pytest.fixture
def shared_database(
    transactional_db: None, django_db_serialized_rollback: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """A database that other threads' connections share: on SQLite a copy of the test database, in a file."""
    if connection.vendor != "sqlite" or not connection.is_in_memory_db():
        yield
        return
    in_memory, path = connections["default"], tmp_path / "clouds.sqlite3"
    with in_memory.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(path)])
    monkeypatch.setitem(in_memory.settings_dict, "NAME", str(path))
    connections["default"] = in_file = connections.create_connection("default")
    yield
    in_file.close()
    connections["default"] = in_memory
