"""How full a balloon was around a puff: the same as the balloon's own reckoning, whatever happened around it."""

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clouds import balloon, surroundings
from clouds.balloon import Measures
from clouds.surroundings import Seen, Stretch
from clouds.timeline import Do
from tests.core.conftest import NOON
from tests.core.strategies import in_peace, measures

AIRTIGHT = Measures(60.0)


def at(seconds: float) -> object:
    """So many seconds past noon."""
    return NOON + timedelta(seconds=seconds)


def puff(begin: float, end: float, do: Do = Do.INFLATE, *, shown: bool = False) -> Stretch:
    """A puff between two seconds past noon."""
    return Stretch(do, NOON + timedelta(seconds=begin), NOON + timedelta(seconds=end), shown)


def draw(*puffs: Stretch, seen: tuple[Seen, ...] = (), of: Measures = AIRTIGHT) -> surroundings.Picture:
    """The ten minutes from noon on."""
    return surroundings.draw(puffs, seen, of, NOON, NOON + timedelta(seconds=600))


def told(picture: surroundings.Picture) -> list[tuple[float, str, int]]:
    """Its table, in seconds past noon."""
    return [((row.at - NOON).total_seconds(), row.what, row.percent) for row in picture.rows]


def test_air_adds_up() -> None:
    assert told(draw(puff(60, 75), puff(300, 330, shown=True))) == [
        (0, "begin", 0), (60, "on", 0), (75, "off", 25), (300, "on", 25), (330, "off", 75), (600, "end", 75),
    ]  # fmt: skip


def test_what_was_puffed_before_the_picture_begins_is_still_there() -> None:
    assert told(draw(puff(-900, -885), puff(-6, 6)))[:2] == [(0, "begin", 35), (6, "off", 45)]


def test_what_a_curator_saw_counts_from_then_on() -> None:
    seen = (Seen(NOON + timedelta(seconds=100), 0.5), Seen(NOON - timedelta(seconds=10), 0.2))
    assert told(draw(puff(40, 46), puff(200, 206), seen=seen)) == [
        (0, "begin", 20), (40, "on", 20), (46, "off", 30), (100, "seen", 50), (200, "on", 50), (206, "off", 60),
        (600, "end", 60),
    ]  # fmt: skip


def test_where_both_pumps_may_be_on_only_the_air_that_goes_in_counts() -> None:
    picture = draw(puff(0, 30), puff(10, 40, Do.DEFLATE), of=Measures(60.0, vent=100.0))
    assert told(picture)[-2:] == [(40, "off", 40), (600, "end", 40)]


def test_what_comes_after_the_picture_is_left_out() -> None:
    picture = draw(puff(590, 620), puff(700, 720))
    assert told(picture)[-1] == (600, "end", 17)
    assert [(bar.x, bar.width) for bar in picture.bars] == [(pytest.approx(472), pytest.approx(8))]


@in_peace
@given(measures, st.lists(st.tuples(st.floats(0, 60), st.floats(0, 60), st.sampled_from([Do.INFLATE, Do.DEFLATE]))))
def test_the_picture_ends_where_the_balloons_own_forms_end(of: Measures, puffs: list[tuple[float, float, Do]]) -> None:
    fill, since, stretches = 0.0, 0.0, []
    for rest, seconds, do in puffs[:8]:
        fill = balloon.after(fill, rest, Do.REST, of)
        fill = balloon.after(fill, seconds, do, of)
        stretches.append(puff(since + rest, since + rest + seconds, do))
        since += rest + seconds
    end = since + 60
    picture = surroundings.draw(stretches, [], of, NOON, NOON + timedelta(seconds=end))
    expected = balloon.after(fill, 60, Do.REST, of)
    # Moments are whole microseconds, in which a small balloon takes up a little.
    assert picture.rows[-1].percent == pytest.approx(expected * 100, abs=0.6)


def test_the_curve_stays_in_the_picture_and_goes_from_left_to_right() -> None:
    picture = draw(puff(-50, -20), puff(10, 300), puff(320, 900), of=Measures(60.0, 90.0))
    points = [tuple(map(float, point.split(","))) for point in picture.curve.split()]
    xs = [x for x, _ in points]
    assert xs == sorted(xs)
    assert (xs[0], xs[-1]) == (0, picture.width)
    assert all(0 <= y <= picture.height for _, y in points)
    assert re.fullmatch(rf"0,{picture.height} .* {picture.width},{picture.height}", picture.area)


def test_marks_stand_at_whole_minutes_inside_the_picture() -> None:
    picture = surroundings.draw([], [], AIRTIGHT, NOON - timedelta(seconds=290), NOON + timedelta(seconds=311))
    assert [f"{moment:%H:%M:%S}" for _, moment in picture.marks] == [
        "11:56:00",
        "11:58:00",
        "12:00:00",
        "12:02:00",
        "12:04:00",
    ]
    assert all(0 < x < picture.width for x, _ in picture.marks)


def test_a_puff_that_lasted_for_days_has_a_picture() -> None:
    days = timedelta(days=40)
    picture = surroundings.draw([Stretch(Do.INFLATE, NOON, NOON + days)], [], Measures(60.0, 90.0), NOON, NOON + days)
    assert len(picture.marks) < 45


def test_a_balloon_that_leaks_forgets_and_one_that_does_not_never_does() -> None:
    assert surroundings.looks_back(AIRTIGHT) is None
    back = surroundings.looks_back(Measures(60.0, 90.0))
    assert back is not None
    assert balloon.after(1.0, back.total_seconds(), Do.REST, Measures(60.0, 90.0)) < 1 / 4000
