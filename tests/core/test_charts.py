"""The charts: nothing is left out, each day is where it belongs, and the scale is round."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clouds import charts
from clouds.charts import Hour
from tests.core.strategies import in_peace

FIRST = date(2026, 1, 1)
days = st.integers(0, 1500)


def hour(day: date, at: int = 12, puffs: int = 1, seconds: float = 5.0) -> Hour:
    """An hour of a day."""
    return Hour(day, at, puffs, seconds)


def test_hours_are_those_of_the_place() -> None:
    evening = datetime(2026, 6, 30, 22, 0, tzinfo=UTC)
    assert list(charts.local([(evening, 3, 1.5)], ZoneInfo("Europe/Berlin"))) == [(date(2026, 7, 1), 0, 3, 1.5)]
    assert list(charts.local([(evening, 3, 1.5)], ZoneInfo("UTC"))) == [(date(2026, 6, 30), 22, 3, 1.5)]


def test_the_heat_map_adds_weeks_up_monday_first() -> None:
    monday = date(2026, 11, 23)
    heat = charts.heat_map(
        [hour(monday, 10, 40), hour(monday - timedelta(days=7), 10, 60), hour(monday + timedelta(days=6), 23, 1)]
    )
    assert [len(row) for row in heat.rows] == [24] * 7
    assert [(cell.weekday, cell.hour, cell.puffs, cell.level) for row in heat.rows for cell in row if cell.puffs] == [
        (0, 10, 100, 5), (6, 23, 1, 1),
    ]  # fmt: skip
    assert (heat.busiest.weekday, heat.busiest.hour) == (0, 10)
    assert [cell.weekday for cell in heat.hours[23]] == list(range(7))
    assert max(cell.x for row in heat.rows for cell in row) + heat.cell <= heat.width


@in_peace
@given(days, st.lists(st.tuples(days, st.integers(0, 23), st.integers(1, 50)), max_size=40))
def test_stretches_follow_each_other_and_hold_every_puff(last: int, hours: list[tuple[int, int, int]]) -> None:
    end = FIRST + timedelta(days=last)
    there = [hour(FIRST + timedelta(days=min(day, last)), at, puffs) for day, at, puffs in hours]
    found = charts.stretches(there, FIRST, end)
    assert (found[0].first, found[-1].last) == (FIRST, end)
    assert all(one.last + timedelta(days=1) == next_one.first for one, next_one in pairwise(found))
    assert all(one.days >= 1 for one in found)
    assert sum(one.puffs for one in found) == sum(one.puffs for one in there)
    assert sum(one.seconds for one in found) == pytest.approx(5.0 * len(there))
    assert len(found) <= 60


@pytest.mark.parametrize(("days", "each", "count"), [(7, 1, 7), (31, 1, 31), (365, 7, 53), (800, 31, 27)])
def test_many_days_are_told_by_weeks_or_months(days: int, each: int, count: int) -> None:
    found = charts.stretches([], FIRST, FIRST + timedelta(days=days - 1))
    assert len(found) == count
    assert max(one.days for one in found) == each


def test_a_month_is_told_by_its_average() -> None:
    found = charts.stretches([hour(FIRST, puffs=62, seconds=310.0)], FIRST, FIRST + timedelta(days=500))
    assert (found[0].last, found[0].puffs_a_day, found[0].seconds_a_day) == (date(2026, 1, 31), 2.0, 10.0)


@in_peace
@given(st.lists(st.just(0.0) | st.floats(0.001, 1e6), min_size=1, max_size=60))  # puffs, or seconds of air
def test_bars_stay_in_the_picture_and_the_scale_is_round(values: list[float]) -> None:
    chart = charts.bars(charts.stretches([], FIRST, FIRST + timedelta(days=30))[:1] * len(values), values)
    assert all(-0.2 <= bar.y <= chart.height and bar.x >= chart.left for bar in chart.bars)
    assert chart.bars[-1].x + chart.bars[-1].width <= chart.width
    assert 2 <= len(chart.lines) <= 5
    assert chart.lines[0] == (chart.height, 0)
    assert chart.lines[-1][0] == pytest.approx(0)


@pytest.mark.parametrize(
    ("most", "levels"),
    [(0, [0, 1]), (3, [0, 1, 2, 3]), (34, [0, 20, 40]), (900, [0, 500, 1000]), (0.5, [0, 0.2, 0.4, 0.6])],
)
def test_lines_stand_at_numbers_that_one_can_read(most: float, levels: list[float]) -> None:
    chart = charts.bars(charts.stretches([], FIRST, FIRST), [most])
    assert [level for _, level in chart.lines] == pytest.approx(levels)
