"""Wrong settings are answered with a sentence that says what to set, and with nothing else."""

import os
import sqlite3
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.core import checks
from django.core.checks import run_checks
from django.db import connection
from pytest_django.fixtures import Settings

from clouds.models import Venue
from cloudsite import environment
from tests.site import MANAGE, ROOT

SQLITE: dict[str, Any] = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": "cloudsite.sqlite3",
    "OPTIONS": {"timeout": 20},
}


def said(*, deploy: bool = False, database: bool = False) -> dict[str, str]:
    """What the project's own checks say, by their ids."""
    tags = [checks.Tags.database] if database else None
    found = run_checks(include_deployment_checks=deploy, tags=tags, databases=["default"] if database else None)
    return {str(each.id): f"{each.msg} {each.hint}" for each in found if str(each.id).startswith("clouds.")}


def run(command: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """A command of `manage.py`, in an environment that has these variables and none of the site's own."""
    plain = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
    return subprocess.run(
        [*MANAGE, *command.split()], cwd=ROOT, env={**plain, **variables}, capture_output=True, text=True
    )


def test_settings_as_they_are_in_the_tests_are_in_order() -> None:
    assert said() == {}


@pytest.mark.parametrize(
    "url", ["http://localhost:8000", "https://cloud.example.org", "http://192.168.1.10:8000", "https://[fd00::1]:8443"]
)
def test_site_url_may_be_any_sites(url: str, settings: Settings) -> None:
    settings.SITE_URL = url
    assert "clouds.E001" not in said()


@pytest.mark.parametrize(
    ("url", "because"),
    [
        ("cloud.example.org", "is not the URL of a site"),
        ("localhost:8000", "is not the URL of a site"),
        ("ftp://cloud.example.org", "is not the URL of a site"),
        ("http://", "is not the URL of a site"),
        ("", "is not the URL of a site"),
        ("http://[::1", "is not the URL of a site"),
        ("http://cloud.example.org:http", "is not the URL of a site"),
        ("https://cloud.example.org/clouds", "has more to it"),
        ("https://cloud.example.org?x=1", "has more to it"),
        ("https://me:secret@cloud.example.org", "has more to it"),
    ],
)
def test_site_url_is_a_url_and_nothing_more(url: str, because: str, settings: Settings) -> None:
    settings.SITE_URL = url
    assert because in said()["clouds.E001"]


@pytest.mark.parametrize("lan", ["192.168.1.10", "cloud.local,192.168.1.10", "[fd00::1]", "pi"])
def test_lan_http_may_be_hosts(lan: str, settings: Settings) -> None:
    settings.LAN_HTTP = lan.split(",")
    assert "clouds.E002" not in said()


@pytest.mark.parametrize("host", ["http://192.168.1.10", "192.168.1.10:8000", "*", "cloud.local/", "two words", "-"])
def test_lan_http_is_hosts_and_nothing_else(host: str, settings: Settings) -> None:
    settings.LAN_HTTP = ["cloud.local", host]
    assert repr(host) in said()["clouds.E002"]


@pytest.mark.parametrize(
    ("url", "lan", "warned"),
    [
        ("http://192.168.1.10:8000", [], True),
        ("http://cloud.local", [], True),
        ("http://192.168.1.10:8000", ["192.168.1.10"], False),
        ("http://localhost:8000", [], False),
        ("http://127.0.0.1:8000", [], False),
        ("https://cloud.example.org", [], False),
    ],
)
def test_plain_http_that_nobody_can_reach_is_warned_of(
    url: str, lan: list[str], *, warned: bool, settings: Settings
) -> None:
    settings.SITE_URL, settings.LAN_HTTP = url, lan
    assert ("clouds.W001" in said(deploy=True)) == warned
    assert "clouds.W001" not in said()


@pytest.mark.parametrize(
    ("url", "because"),
    [
        ("nonsense", "not the URL of a database"),
        ("postgresql://cloudsite:pa#ss@localhost/cloudsite", "not the URL of a database"),
        ("postgresql://localhost:port/cloudsite", "not the URL of a database"),
        ("postgresql://[::1/cloudsite", "not the URL of a database"),
        ("postgresql://localhost", "names no database"),
        ("mysql://localhost/cloudsite", "neither PostgreSQL nor SQLite"),
        ("sqlite://", "names no file"),
        ("sqlite://:memory:", "names no file"),
    ],
)
def test_a_database_that_cannot_be_used_is_told_of(url: str, because: str, settings: Settings) -> None:
    database, trouble = environment.database(url, SQLITE)
    assert because in trouble
    assert database == environment.NO_DATABASE
    settings.DATABASE_TROUBLE = trouble
    assert because in said()["clouds.E003"]


def test_databases_that_can_be_used_are() -> None:
    pytest.importorskip("psycopg")
    database, trouble = environment.database("postgresql://me:p%40ss@db.local:5433/clouds?sslmode=require", SQLITE)
    assert (trouble, database["ENGINE"], database["HOST"]) == ("", environment.POSTGRESQL, "db.local")
    assert (database["PASSWORD"], database["PORT"], database["OPTIONS"]) == ("p@ss", 5433, {"sslmode": "require"})
    assert environment.database("", SQLITE) == (SQLITE, "")


def test_another_file_of_sqlite_is_tuned_like_the_usual_one() -> None:
    assert environment.database("sqlite:////var/clouds.sqlite3", SQLITE) == (
        {**SQLITE, "NAME": "/var/clouds.sqlite3"},
        "",
    )


def test_postgresql_without_its_library_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "find_spec", lambda name: None)
    assert "not installed" in environment.database("postgresql://localhost/cloudsite", SQLITE)[1]


@pytest.mark.parametrize(
    ("url", "installed", "told"),
    [
        ("", False, None),
        ("redis://localhost:6379/0", True, None),
        ("redis://localhost:6379/0", False, "clouds.E005"),
        ("localhost:6379", True, "clouds.E004"),
        ("http://localhost", True, "clouds.E004"),
    ],
)
def test_redis_that_cannot_be_used_is_told_of(
    url: str, told: str | None, *, installed: bool, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REDIS_URL = url
    monkeypatch.setattr("clouds.checks.find_spec", lambda name: object() if installed else None)
    assert {"clouds.E004", "clouds.E005"} & said().keys() == ({told} if told else set())


@pytest.mark.parametrize(
    ("url", "cluster", "key", "warned"),
    [
        ("", "", "", False),
        ("postgresql://localhost/cloudsite", "", "", False),
        ("postgresql://127.0.0.1/cloudsite", "", "", False),
        ("postgresql:///cloudsite", "", "", False),
        ("postgresql://%2Frun%2Fpostgresql/cloudsite", "", "", False),
        ("postgresql://db.local/cloudsite", "", "", True),
        ("postgresql://db.local/cloudsite", "", "a key", False),
        ("postgresql://localhost/cloudsite", "barn", "", True),
    ],
)
def test_machines_that_share_a_database_share_the_key(
    url: str, cluster: str, key: str, *, warned: bool, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DATABASE_URL = url
    monkeypatch.setenv("Q_CLUSTER_NAME", cluster)
    monkeypatch.setenv("SECRET_KEY", key)
    assert ("clouds.W002" in said()) == warned


def test_a_data_folder_that_cannot_be_written_is_told_of(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DATA = tmp_path
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path)
    assert str(tmp_path) in said()["clouds.E006"]


@pytest.mark.parametrize("exposed", ["", "secret_key"])
def test_what_others_can_read_is_warned_of(exposed: str, tmp_path: Path, settings: Settings) -> None:
    settings.DATA = tmp_path
    tmp_path.chmod(0o700)
    (tmp_path / "secret_key").touch(0o600)
    assert "clouds.W003" not in said()
    (tmp_path / exposed).chmod(0o750 if not exposed else 0o640)
    assert str(tmp_path / exposed) in said()["clouds.W003"]


@pytest.mark.parametrize(
    ("version", "told"), [((3, 6, 23), False), ((3, 7, 0), True), ((3, 51, 2), True), ((3, 51, 3), False)]
)
def test_an_sqlite_with_the_bug_is_told_of_without_a_warning(
    version: tuple[int, int, int], *, told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("is about SQLite")
    monkeypatch.setattr(sqlite3, "sqlite_version_info", version)
    assert ("clouds.I001" in said(deploy=True)) == told
    assert "clouds.I001" not in said()


@pytest.mark.django_db
@pytest.mark.parametrize(("venues", "warned"), [(2, False), (3, True)])
def test_more_venues_than_a_cluster_can_conduct_are_warned_of(venues: int, *, warned: bool) -> None:
    Venue.objects.all().delete()
    for number in range(venues):
        Venue.objects.create(name=f"Venue {number}", slug=f"venue-{number}")
        Venue.objects.create(name=f"Barn {number}", slug=f"barn-{number}", cluster=f"barn-{number}")
    assert ("clouds.W004" in said(database=True)) == warned


def test_the_secret_key_is_made_once_and_is_nobody_elses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECRET_KEY", raising=False)
    key = environment.secret_key(tmp_path)
    assert len(key) > 50
    assert environment.secret_key(tmp_path) == key
    assert [(path.name, stat.S_IMODE(path.stat().st_mode)) for path in tmp_path.iterdir()] == [("secret_key", 0o600)]
    monkeypatch.setenv("SECRET_KEY", "given")
    assert environment.secret_key(tmp_path) == "given"


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"SITE_URL": "cloud.example.org"}, "SITE_URL, 'cloud.example.org', is not the URL of a site."),
        ({"LAN_HTTP": "*"}, "LAN_HTTP has '*'"),
        ({"DATABASE_URL": "nonsense"}, "DATABASE_URL can't be used"),
        ({"DATABASE_URL": "postgresql://cloudsite:hidden@127.0.0.1:1/cloudsite"}, "can't be reached"),
        ({"REDIS_URL": "localhost"}, "REDIS_URL is not the URL of a Redis"),
        ({"CLOUDSITE_DATA": "/dev/null/data"}, "The data folder /dev/null/data can't be made"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_up_answers_a_wrong_setting_with_a_sentence(variables: dict[str, str], sentence: str, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    ended = run("up", **{"CLOUDSITE_DATA": str(tmp_path), **variables})
    assert ended.returncode == 1
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "hidden" not in ended.stderr + ended.stdout


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [({"DATABASE_URL": "nonsense"}, "DATABASE_URL can't be used"), ({}, "the database can't be read")],
    ids=["wrong", "empty"],
)
def test_alloff_without_a_database_says_so(variables: dict[str, str], sentence: str, tmp_path: Path) -> None:
    ended = run("alloff", CLOUDSITE_DATA=str(tmp_path), **variables)
    assert ended.returncode == 1
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr


def test_alloff_cares_for_no_other_setting(tmp_path: Path) -> None:
    run("migrate", CLOUDSITE_DATA=str(tmp_path))
    ended = run("alloff", CLOUDSITE_DATA=str(tmp_path), SITE_URL="nonsense", LAN_HTTP="*", REDIS_URL="nonsense")
    assert (ended.returncode, ended.stdout) == (0, "There are no plugs.\n"), ended.stderr


def test_a_site_with_https_passes_the_checks_for_deployment(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    said = run(
        "check --deploy --fail-level WARNING", CLOUDSITE_DATA=str(tmp_path), SITE_URL="https://cloud.example.org"
    )
    assert said.returncode == 0, said.stderr
