"""What is wrong with the settings, in sentences that say what to set.

Every command looks at what is set before it begins; `check --deploy` and `check --database default` look further.
"""

import os
import re
import sqlite3
import stat
from collections import Counter
from collections.abc import Sequence
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core import checks
from django.db import Error as DatabaseError
from django.db import connection

from clouds.models import Venue
from cloudsite import environment

Messages = list[checks.CheckMessage]
# What a host may be in LAN_HTTP: a name, an IPv4 address, or an IPv6 address in brackets.
_HOST = re.compile(r"[0-9A-Za-z]([0-9A-Za-z.-]*[0-9A-Za-z])?|\[[0-9A-Fa-f:.]+\]")
# A rare bug that can damage a database when two connections reset its log at the same time: sqlite.org/wal.html.
FIRST_WITH_WAL_RESET_BUG, LAST_WITH_WAL_RESET_BUG = (3, 7, 0), (3, 51, 2)


def register_all() -> None:
    """Have Django ask all of these."""
    for check in (site_url, lan_http, redis_url, secret_key, data_folder):
        checks.register(check, checks.Tags.security)
    # A tag of its own, since `alloff` works whatever else is wrong.
    checks.register(database_url, "database_url")
    for check in (plain_http, sqlite_version):
        checks.register(check, checks.Tags.security, deploy=True)
    for check in (database_answers, workers):
        checks.register(check, checks.Tags.database)


def site_url(**_: Any) -> Messages:
    """SITE_URL is where visitors find the site, and nothing more."""
    url = environment.parts(settings.SITE_URL)
    trouble = ""
    if url.scheme not in ("http", "https") or not url.hostname:
        trouble = "is not the URL of a site"
    elif url.path or url.query or url.fragment or url.username is not None:
        trouble = "has more to it than a host and a port"
    if not trouble:
        return []
    said = f"SITE_URL, {settings.SITE_URL!r}, {trouble}."
    hint = "Set it to where visitors find the site, such as https://cloud.example.org or http://192.168.1.10:8000."
    return [checks.Error(said, hint=hint, id="clouds.E001")]


def plain_http(**_: Any) -> Messages:
    """Over plain HTTP nobody but this machine gets in, unless LAN_HTTP says so."""
    url = environment.parts(settings.SITE_URL)
    if url.scheme != "http" or settings.LAN_HTTP or is_this_machine(url.hostname):
        return []
    said = f"Nobody can reach {settings.SITE_URL}: the site listens to this machine only."
    hint = (
        f"Set LAN_HTTP={url.hostname} if the site is for a local network without encryption; else give SITE_URL "
        "the https:// address of a tunnel or proxy that leads here."
    )
    return [checks.Warning(said, hint=hint, id="clouds.W001")]


def lan_http(**_: Any) -> Messages:
    """LAN_HTTP is a list of hosts."""
    hint = "Set it to host names and addresses, with commas between them, such as 192.168.1.10,cloud.local."
    return [
        checks.Error(
            f"LAN_HTTP has {name!r}, which is not a host: no http://, port, path or *.", hint=hint, id="clouds.E002"
        )
        for name in settings.LAN_HTTP
        if not _HOST.fullmatch(name)
    ]


def database_url(**_: Any) -> Messages:
    """DATABASE_URL names a database that can be used."""
    if not settings.DATABASE_TROUBLE:
        return []
    said = f"DATABASE_URL can't be used: {settings.DATABASE_TROUBLE}."
    hint = (
        "Set it to such as postgresql://cloudsite:PASSWORD@localhost/cloudsite, with special characters of the "
        "password written as %40 and the like, and install requirements-postgres.lock. Without it the site keeps its "
        "data in SQLite, which is enough for one machine."
    )
    return [checks.Error(said, hint=hint, id="clouds.E003")]


def redis_url(**_: Any) -> Messages:
    """REDIS_URL names a Redis, and the library for it is there."""
    if not settings.REDIS_URL:
        return []
    if environment.parts(settings.REDIS_URL).scheme not in ("redis", "rediss", "unix"):
        said = "REDIS_URL is not the URL of a Redis, such as redis://localhost:6379/0."
        return [checks.Error(said, hint="Correct it, or leave it out: the site works without.", id="clouds.E004")]
    if find_spec("redis") is None:
        said = "REDIS_URL is set, but the library for Redis is not installed."
        hint = "Install requirements-postgres.lock, which has it, or leave REDIS_URL out: the site works without."
        return [checks.Error(said, hint=hint, id="clouds.E005")]
    return []


def secret_key(**_: Any) -> Messages:
    """Machines that share a database share the secret key: with it tasks, sessions and passes are signed."""
    host = environment.parts(settings.DATABASE_URL).hostname
    shared = settings.DATABASE_URL and (os.environ.get("Q_CLUSTER_NAME") or not is_this_machine(host))
    if not shared or os.environ.get("SECRET_KEY"):
        return []
    said = (
        "Other machines may share the database, but this one has made a secret key of its own, with which it can "
        "neither take their tasks nor know their visitors."
    )
    hint = "Set SECRET_KEY to the same long random text on every machine; the first one's is in its data folder."
    return [checks.Warning(said, hint=hint, id="clouds.W002")]


def data_folder(**_: Any) -> Messages:
    """The data folder can be written, and read by nobody else."""
    folder = Path(settings.DATA)
    if not os.access(folder, os.W_OK | os.X_OK):
        hint = "Give it to the user who runs the site, or set CLOUDSITE_DATA to another folder."
        return [checks.Error(f"The data folder {folder} can't be written.", hint=hint, id="clouds.E006")]
    return [
        checks.Warning(f"Others on this machine can read {path}.", hint=f"chmod go-rwx {path}", id="clouds.W003")
        for path in (folder, folder / "secret_key")
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077
    ]


def sqlite_version(**_: Any) -> Messages:
    """SQLite has a bug that backups are for."""
    version = sqlite3.sqlite_version_info
    if connection.vendor != "sqlite" or not FIRST_WITH_WAL_RESET_BUG <= version <= LAST_WITH_WAL_RESET_BUG:
        return []
    said = f"SQLite {sqlite3.sqlite_version} has a rare bug that can damage a database; 3.51.3 is the first without."
    return [checks.Info(said, hint="Back the database up each night: docs/install.md says how.", id="clouds.I001")]


def database_answers(databases: Sequence[str] | None = None, **_: Any) -> Messages:
    """The database is there."""
    if not databases or settings.DATABASE_TROUBLE:
        return []
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        where = "that DATABASE_URL names" if settings.DATABASE_URL else settings.DATABASES["default"]["NAME"]
        said = f"The database {where} can't be reached: {' '.join(str(error).split())}"
        hint = "Is it running, and are its host, port, name, user and password right?"
        return [checks.Error(said, hint=hint, id="clouds.E007")]
    return []


def workers(databases: Sequence[str] | None = None, **_: Any) -> Messages:
    """A cluster has a worker for each venue that it conducts, and one more for all the rest."""
    if not databases or settings.DATABASE_TROUBLE:
        return []
    try:
        venues = Counter(Venue.objects.values_list("cluster", flat=True))
    except DatabaseError:
        return []  # no database yet, or no table in it
    can = int(settings.Q_CLUSTER["workers"]) - 1
    hint = "Give some of them another cluster in the admin, and run `manage.py qcluster` under its name as well."
    said = "{} venues belong to the cluster “{}”, which can conduct {} at a time."
    return [
        checks.Warning(said.format(count, name, can), hint=hint, id="clouds.W004")
        for name, count in sorted(venues.items())
        if count > can
    ]


def is_this_machine(host: str | None) -> bool:
    """Whether this is a name of the machine itself; no name at all is one, and so is the path of a socket."""
    if not host or host.lower().startswith(("/", "%2f")) or host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
