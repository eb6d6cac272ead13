"""What a bench plays on: data that nobody else uses, a database with its tables, people, and a venue."""

import contextlib
import os
import secrets
import tempfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
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
    import psycopg  # only where the database is PostgreSQL is it installed

    name = f"cloudsite_bench_{secrets.token_hex(4)}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        os.environ["DATABASE_URL"] = urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
        try:
            yield
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
