"""A stage for tests that want one for themselves."""

from collections.abc import Iterator

import pytest

from tests.survival.stage import Stage, staged


def pytest_configure(config: pytest.Config) -> None:
    """Know the mark."""
    config.addinivalue_line("markers", "up(*options): what `manage.py up` is told")


@pytest.fixture
def stage(request: pytest.FixtureRequest, transactional_db: None) -> Iterator[Stage]:
    """Two clouds, Near and Far, all in order; `up` is told what the mark `up` says."""
    mark = request.node.get_closest_marker("up")
    with staged(["Near", "Far"], *(mark.args if mark else ())) as stage:
        stage.prepare(stage.clouds)
        yield stage
