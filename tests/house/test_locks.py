"""The locks: what pip installs is what was meant, on every platform, from wherever pip is told to look."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.site import ROOT

LOCKS = {
    "requirements.lock": [],
    "requirements-postgres.lock": ["postgres", "redis"],
    "requirements-dev.lock": ["postgres", "redis", "test", "dev"],
}
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def pins(lock: str) -> dict[str, tuple[str, int]]:
    """Version and number of hashes of each library in a lock."""
    text = (ROOT / lock).read_text()
    found = re.findall(r"^([\w.-]+)==([^\s\\]+)((?: \\\n    --hash=sha256:[0-9a-f]{64})+)$", text, re.MULTILINE)
    return {name: (version, hashes.count("--hash")) for name, version, hashes in found}


def name_of(requirement: str) -> str:
    """The name of a library as locks write it."""
    found = re.match(r"[\w.-]+", requirement)
    assert found
    return found[0].lower().replace("_", "-")


@pytest.mark.parametrize("lock", LOCKS)
def test_everything_that_is_asked_for_is_pinned_with_hashes(lock: str) -> None:
    lines = [line for line in (ROOT / lock).read_text().splitlines() if not line.startswith((" ", "#"))]
    assert sorted(pins(lock)) == sorted(line.partition("==")[0] for line in lines)
    asked = [
        *PROJECT["dependencies"],
        *(one for extra in LOCKS[lock] for one in PROJECT["optional-dependencies"][extra]),
    ]
    assert {name_of(requirement) for requirement in asked} <= pins(lock).keys()


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_place_to_fetch_from(lock: str) -> None:
    assert not re.search(r"://|--index|--extra-index|--find-links|--trusted|\s/|@", (ROOT / lock).read_text())


def test_the_locks_agree_with_each_other() -> None:
    everything = pins("requirements-dev.lock")
    for lock in LOCKS:
        assert {name: everything.get(name) for name in pins(lock)} == pins(lock)


@pytest.mark.parametrize("library", ["aiohttp", "cryptography", "cffi", "psycopg-binary"])
def test_compiled_libraries_have_hashes_for_many_platforms(library: str) -> None:
    # Three Pythons on two kinds of processor are six files; cryptography has one for all Pythons.
    assert pins("requirements-postgres.lock")[library][1] >= 6


def test_what_python_3_11_2_needs_is_not_missing() -> None:
    assert "async-timeout" in pins("requirements-postgres.lock")


def test_ci_and_the_locks_are_for_the_pythons_that_the_project_says() -> None:
    assert PROJECT["requires-python"] == ">=3.11"
    assert Path(ROOT / ".ci" / "lock").stat().st_mode & 0o100
    assert Path(ROOT / ".ci" / "run").stat().st_mode & 0o100
