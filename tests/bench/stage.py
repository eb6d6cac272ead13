"""What a bench plays on: data that nobody else uses, a database with its tables, people, and a venue."""

import contextlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

if TYPE_CHECKING:
    from clouds.models import Cloud, Program, User, Venue


@contextlib.contextmanager
def fresh_data() -> Iterator[None]:
    """A data folder of its own, on PostgreSQL a database too, for as long as this lasts; Django is ready to use."""
    with tempfile.TemporaryDirectory(prefix="cloudsite-bench-") as folder, _database():
        os.environ["CLOUDSITE_DATA"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "cloudsite.settings"
        import django
        from django.core.management import call_command
        from django.db import connections

        django.setup()
        call_command("migrate", verbosity=0)
        log = Path(folder) / "up.log"
        try:
            yield
        except BaseException:
            if log.exists():
                print(log.read_text()[-5000:])
            raise
        finally:
            connections.close_all()


@contextlib.contextmanager
def _database() -> Iterator[None]:
    """Where DATABASE_URL is given, a new database on that server."""
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        yield
        return
    name = f"cloudsite_bench_{secrets.token_hex(4)}"
    with _server_of(url) as server:
        server.execute(f"CREATE DATABASE {name}")
        os.environ["DATABASE_URL"] = _named(url, name)
        try:
            yield
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _server_of(url: str) -> Any:
    import psycopg  # only where the database is PostgreSQL is it installed

    return psycopg.connect(url, autocommit=True)


def _named(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


@contextlib.contextmanager
def copied() -> Iterator[dict[str, str]]:
    """All data as they are now, once more; what tells a process, by its environment, to use those."""
    from django.conf import settings
    from django.db import connection, connections

    with tempfile.TemporaryDirectory(prefix="cloudsite-bench-") as folder:
        # The last to leave an SQLite database tidies it up, so that it is one file; PostgreSQL copies what nobody uses.
        connections.close_all()
        shutil.copytree(settings.DATA, folder, dirs_exist_ok=True)
        told = {"CLOUDSITE_DATA": folder}
        if connection.vendor != "postgresql":
            yield told
            return
        url, name = os.environ["DATABASE_URL"], f"cloudsite_bench_{secrets.token_hex(4)}"
        with _server_of(_named(url, "postgres")) as server:
            server.execute(f"CREATE DATABASE {name} TEMPLATE {urlsplit(url).path[1:]}")
            try:
                yield {**told, "DATABASE_URL": _named(url, name)}
            finally:
                server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def the_venue() -> "Venue":
    """The venue that exists from the start."""
    from clouds.models import Venue

    return Venue.objects.get()


def people(count: int) -> list["User"]:
    """So many visitors, who can't log in with a password and needn't."""
    from clouds.models import User

    return [User.objects.create_user(f"Visitor {number}") for number in range(count)]


def schedule(program: "Program", clouds: Iterable["Cloud"], begin: datetime, by: "User") -> None:
    """A show of this program, once, on all these clouds at the same moment."""
    from clouds import actions
    from clouds.models import Show, ShowCloud

    show = Show(venue=the_venue(), program=program, name="Show", first_on=begin.date(), starts_at=begin.time())

    def save() -> None:
        show.save()
        for place, cloud in enumerate(clouds):
            ShowCloud.objects.create(show=show, cloud=cloud, position=place)

    actions.save_show(show, by=by, change=save)
