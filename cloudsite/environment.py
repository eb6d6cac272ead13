"""What the environment says: the few variables from which the settings are made.

Nothing here raises for a wrong value, save where no settings could be made at all: `clouds.checks` says what is wrong.
"""

import contextlib
import os
import secrets
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

POSTGRESQL = "django.db.backends.postgresql"
# Django's stand-in for a database that nobody named: all works with it but the database.
NO_DATABASE = {"ENGINE": "django.db.backends.dummy"}


def data_folder(default: Path) -> Path:
    """The folder of everything that is kept, made on first use: `CLOUDSITE_DATA`, else `default`.

    Raises ImproperlyConfigured when it can't be made.
    """
    folder = Path(os.environ.get("CLOUDSITE_DATA") or default).resolve()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(
            f"The data folder {folder} can't be made: {error.strerror}. Set CLOUDSITE_DATA to a folder that may be."
        ) from error
    return folder


def secret_key(folder: Path) -> str:
    """`SECRET_KEY`, else the key kept in `folder`, made there (mode 0600) on first use.

    Raises ImproperlyConfigured when it can't be read or made.
    """
    if key := os.environ.get("SECRET_KEY"):
        return key
    path = folder / "secret_key"
    try:
        if not path.exists():
            _keep(secrets.token_urlsafe(50), path)
        return path.read_text()
    except OSError as error:
        raise ImproperlyConfigured(
            f"The secret key in {path} can't be read or made: {error.strerror}. Give the data folder to the user who "
            "runs the site, or set SECRET_KEY."
        ) from error


def _keep(key: str, path: Path) -> None:
    """Write the key; it appears whole or not at all, and the first of two who write at once wins."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    with draft.open("w") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()


def names(variable: str) -> list[str]:
    """A comma-separated list from the environment, blanks left out."""
    return [name.strip() for name in os.environ.get(variable, "").split(",") if name.strip()]


def parts(url: str) -> SplitResult:
    """The parts of a URL; those of an empty one where it can't be read."""
    try:
        found = urlsplit(url)
        _ = found.port  # which is only now looked at, and may not be a number
    except ValueError:
        return urlsplit("")
    return found


def database(url: str, sqlite: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """The database that `DATABASE_URL` names, by default `sqlite`; and what is wrong with it, "" if nothing is."""
    if not url:
        return sqlite, ""
    try:
        found: dict[str, Any] = dict(dj_database_url.parse(url, conn_max_age=None, conn_health_checks=True))
    except ValueError:
        return NO_DATABASE, "it is not the URL of a database"
    name = found.get("NAME")
    if found["ENGINE"] == sqlite["ENGINE"]:
        if not name or name == ":memory:":
            return NO_DATABASE, "it names no file"
        return {**sqlite, "NAME": name}, ""
    if found["ENGINE"] != POSTGRESQL:
        return NO_DATABASE, "it is neither PostgreSQL nor SQLite"
    if not name:
        return NO_DATABASE, "it names no database"
    if find_spec("psycopg") is None:
        return NO_DATABASE, "the library for PostgreSQL is not installed"
    return found, ""
