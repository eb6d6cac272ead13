"""The papers keep up with the house: what they tell to type, to set and to read is there."""

import re
from pathlib import Path

import pytest

from tests.site import ROOT

README = (ROOT / "README.md").read_text()
DOCS = sorted((ROOT / "docs").glob("*.md"))
PAPERS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *DOCS]
SOURCE = "".join(path.read_text() for path in sorted((ROOT / "clouds").rglob("*.py")))


def commands() -> list[str]:
    """What README.md tells to type."""
    return re.findall(r"```sh\n(.+?)\n```", README, re.DOTALL)


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= 150


def test_the_readme_has_two_commands_of_one_line_each_and_the_files_they_name_exist() -> None:
    run, test = commands()
    for command in (run, test):
        assert "\n" not in command
        assert command.startswith("python3 -m venv .venv && .venv/bin/pip install --require-hashes -r ")
        named = re.findall(r"(?<=\s)(?!\.venv)[\w./-]+\.(?:lock|py)\b", command)
        assert named
        assert all((ROOT / name).is_file() for name in named)
    assert run.endswith("manage.py up --demo")
    assert test.endswith("python -m pytest")


def test_ci_runs_the_tests_as_the_readme_says() -> None:
    run = (ROOT / ".ci" / "run").read_text()
    lock, pytest_part = commands()[1].split("-r ")[1].split(" && .venv/bin/python ")
    assert f"--require-hashes -r {lock}" in run
    assert f'\n"$python" {pytest_part}\n' in run


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: path.name)
def test_links_lead_somewhere(paper: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", paper.read_text()):
        assert "://" in target or (paper.parent / target).exists(), target


def test_every_variable_that_is_read_is_documented() -> None:
    source = "".join(path.read_text() for path in sorted((ROOT / "cloudsite").glob("*.py"))) + SOURCE
    read = set(re.findall(r"""(?:environ(?:\.get|\.setdefault)?[(\[]|names\()["'](\w+)["']""", source))
    assert {"SITE_URL", "LAN_HTTP", "CLOUDSITE_DATA", "SECRET_KEY", "DATABASE_URL", "REDIS_URL"} <= read
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs" / "install.md").read_text(), re.MULTILINE))
    assert read - {"DJANGO_SETTINGS_MODULE"} == documented


def test_every_command_is_mentioned_in_the_docs() -> None:
    docs = "".join(path.read_text() for path in DOCS)
    for path in (ROOT / "clouds" / "management" / "commands").glob("[a-z]*.py"):
        assert re.search(rf"manage\.py {path.stem}\b", docs), path.stem


def test_the_troubles_that_are_explained_are_said_by_the_code() -> None:
    rows = re.findall(r"^\| “(.+?)” \|", (ROOT / "docs" / "operate.md").read_text(), re.MULTILINE)
    assert len(rows) > 10
    # Sentences that are long are written in two pieces.
    said = re.sub(r'"\s*\n\s*f?"', "", SOURCE)
    assert [row for row in rows if row not in said] == []


def test_the_unit_files_are_as_install_says() -> None:
    for name in ("cloudsite.service", "cloudsite-cluster.service"):
        unit = (ROOT / "deploy" / name).read_text()
        assert "KillMode=mixed\n" in unit
        assert "TimeoutStopSec=60\n" in unit


def test_every_rule_has_the_test_that_is_named_beside_it() -> None:
    tests = "".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    section = (
        (ROOT / "docs" / "develop.md").read_text().split("## The rules, and what proves them")[1].split("\n## ")[0]
    )
    named = re.findall(r"`(test_\w+)`", section)
    assert len(named) == len(set(named)) > 45
    assert [name for name in named if f"def {name}(" not in tests] == []
