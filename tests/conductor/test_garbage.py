"""Python's search for garbage: through everything only in quiet moments, and as ever when nobody conducts."""

import gc

import pytest

from clouds.conductor import garbage


def searches_through_everything() -> int:
    """How many there were."""
    return int(gc.get_stats()[2]["collections"])


def make_much() -> list[list[int]]:
    """Enough for several searches through everything, otherwise."""
    return [[number] for number in range(200_000)]


def test_everything_is_searched_only_in_quiet_moments(monkeypatch: pytest.MonkeyPatch) -> None:
    with garbage.only_when_asked():
        sweeper, before = garbage.Sweeper(), searches_through_everything()
        kept = make_much()
        sweeper.sweep()
        assert searches_through_everything() == before
        monkeypatch.setattr(garbage, "EVERY_SECONDS", 0.0)
        sweeper.sweep()
        assert searches_through_everything() == before + 1
        assert kept


def test_all_is_as_before_when_nobody_conducts() -> None:
    before = gc.get_threshold()
    with garbage.only_when_asked():
        assert gc.get_freeze_count() > 0
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0
