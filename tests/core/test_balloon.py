"""How full a balloon is: the closed forms against small steps, and against each other."""

import math
from datetime import timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from clouds import actions, balloon, refusals, timeline
from clouds.balloon import SHORTEST_PUFF_SECONDS, Measures
from clouds.models import Cloud
from clouds.timeline import Do, Step

from .conftest import NOON
from .strategies import doings, fills, in_peace, measures, nearly_full, steps

EULER_STEPS = 2000
spans = st.floats(0, 300)
hard_caps = st.floats(5, 600)


def stepped(fill: float, seconds: float, do: Do, by: Measures) -> float:
    """The fill by Euler's method, straight from what the measures mean."""
    h = seconds / EULER_STEPS
    leak = math.log(2) / by.half_life if by.half_life else 0.0
    given_ = {Do.INFLATE: 1 / by.fill, Do.DEFLATE: -1 / by.vent if by.vent else 0.0, Do.REST: 0.0}[do]
    for _ in range(EULER_STEPS):
        fill = max(0.0, fill + h * (given_ - leak * fill))
    return fill


@in_peace
@given(fills, spans, doings, measures)
def test_the_closed_forms_agree_with_small_steps(fill: float, seconds: float, do: Do, by: Measures) -> None:
    # Euler's error, for a slope that shrinks by itself, is at most a step's length times the first slope.
    off_by = seconds / EULER_STEPS * (abs(by.gain(do)) + by.loss * fill) + 1e-9
    assert balloon.after(fill, seconds, do, by) == pytest.approx(stepped(fill, seconds, do, by), abs=off_by)


@in_peace
@given(fills, spans, spans, doings, measures)
def test_two_spans_in_a_row_are_one_span(fill: float, first: float, second: float, do: Do, by: Measures) -> None:
    in_two = balloon.after(balloon.after(fill, first, do, by), second, do, by)
    assert balloon.after(fill, first + second, do, by) == pytest.approx(in_two, rel=1e-9, abs=1e-9)


@in_peace
@given(fills, spans, doings, measures)
def test_air_never_runs_below_nothing_nor_grows_by_resting(fill: float, seconds: float, do: Do, by: Measures) -> None:
    assert balloon.after(fill, seconds, do, by) >= 0
    assert do is Do.INFLATE or balloon.after(fill, seconds, do, by) <= fill


@in_peace
@given(fills, fills, spans, doings, measures)
def test_a_fuller_balloon_stays_the_fuller(one: float, other: float, seconds: float, do: Do, by: Measures) -> None:
    less, more = sorted([one, other])
    assert balloon.after(less, seconds, do, by) <= balloon.after(more, seconds, do, by) + 1e-12


def test_a_balloon_sinks_to_a_half_in_its_half_life() -> None:
    assert balloon.after(0.8, 600, Do.REST, Measures(60, half_life=600)) == pytest.approx(0.4)


def test_a_balloon_without_a_leak_fills_in_its_fill_time_and_empties_in_its_vent_time() -> None:
    tight = Measures(60, vent=30)
    assert balloon.after(0, 60, Do.INFLATE, tight) == pytest.approx(1)
    assert balloon.after(1, 30, Do.DEFLATE, tight) == pytest.approx(0)
    assert balloon.after(0.7, 86_400, Do.REST, tight) == 0.7


def test_a_deflation_without_a_deflate_plug_takes_nothing() -> None:
    assert balloon.after(0.7, 60, Do.DEFLATE, Measures(60)) == 0.7


@in_peace
@given(fills, measures)
def test_room_is_the_inverse_of_inflating(fill: float, by: Measures) -> None:
    room = balloon.room(fill, by)
    if math.isfinite(room):
        assert balloon.after(fill, room, Do.INFLATE, by) == pytest.approx(1, abs=1e-6)
    else:
        assert balloon.after(fill, 1e9, Do.INFLATE, by) <= 1 + 1e-9


@in_peace
@given(fills, st.floats(0, 1), measures)
def test_a_pump_that_stops_within_the_room_never_overfills(fill: float, share: float, by: Measures) -> None:
    room = balloon.room(fill, by)
    assume(math.isfinite(room))
    assert balloon.after(fill, room * share, Do.INFLATE, by) <= 1 + 1e-6


@in_peace
@given(fills, fills, doings, measures)
def test_seconds_until_a_level_lead_to_the_level(fill: float, level: float, do: Do, by: Measures) -> None:
    seconds = balloon.seconds_until(level, fill, do, by)
    assert seconds >= 0
    if seconds == 0:
        assert fill >= level - 1e-9 if do is Do.INFLATE else fill <= level + 1e-9
    elif math.isfinite(seconds):
        assert balloon.after(fill, seconds, do, by) == pytest.approx(level, abs=1e-6)
    else:
        later = balloon.after(fill, 1e6, do, by)
        assert later < level + 1e-9 if do is Do.INFLATE else later > level - 1e-9


def test_a_full_balloon_has_no_room_and_one_that_leaks_faster_than_its_pump_has_no_end_of_it() -> None:
    assert balloon.room(1.0, Measures(60)) == 0
    assert balloon.room(1.3, Measures(60)) == 0
    assert balloon.room(0.0, Measures(60, half_life=30)) == math.inf


@in_peace
@given(st.floats(0, 1000), measures)
def test_a_fill_with_so_much_room_has_so_much_room(seconds: float, by: Measures) -> None:
    assume(by.gain(Do.INFLATE) > by.loss * 1.01)
    fill = balloon.fill_with_room(seconds, by)
    if fill is None:
        assert balloon.room(0.0, by) < seconds
    else:
        assert 0 <= fill <= 1
        assert balloon.room(fill, by) == pytest.approx(seconds, rel=1e-6, abs=1e-6)


@in_peace
@given(fills, steps(), hard_caps, measures)
def test_an_accepted_plan_never_overfills_even_if_an_inflation_runs_on_to_its_countdown(
    fill: float, plan: list[Step], hard_cap: float, by: Measures
) -> None:
    assume(balloon.overfills_at(fill, plan, hard_cap, by) is None)
    for cue in timeline.cues(plan):
        overrun = timeline.countdown_seconds(cue.seconds, hard_cap)
        if cue.do is Do.INFLATE:
            assert balloon.after(fill, overrun, cue.do, by) <= 1 + 1e-6
        fill = balloon.after(fill, cue.seconds, cue.do, by)
        assert fill <= 1 + 1e-6


@in_peace
@given(nearly_full, steps(), hard_caps, measures)
def test_a_refused_plan_is_refused_in_an_inflation_and_is_fine_up_to_there(
    fill: float, plan: list[Step], hard_cap: float, by: Measures
) -> None:
    second = balloon.overfills_at(fill, plan, hard_cap, by)
    assume(second is not None)
    cue = next(
        cue for cue in timeline.cues(plan) if cue.until.total_seconds() >= second - 1e-9 and cue.do is Do.INFLATE
    )
    assert cue.at.total_seconds() <= second + 1e-9
    assert balloon.overfills_at(fill, plan[: cue.index], hard_cap, by) is None


@pytest.mark.parametrize(
    ("fill", "plan", "second"),
    [
        (0.0, [Step(Do.INFLATE, 50)], None),
        (0.0, [Step(Do.INFLATE, 58)], None),
        (0.0, [Step(Do.INFLATE, 59)], 59),
        (0.9, [Step(Do.INFLATE, 1)], None),
        (0.95, [Step(Do.INFLATE, 1)], 1),
        (1.0, [Step(Do.INFLATE, 1)], 0),
        (1.0, [Step(Do.REST, 1)], None),
        (0.5, [Step(Do.INFLATE, 20), Step(Do.REST, 10), Step(Do.INFLATE, 20)], 40),
        (0.5, [Step(Do.INFLATE, 20), Step(Do.DEFLATE, 10), Step(Do.INFLATE, 20)], None),
        (0.0, [Step(Do.INFLATE, 40), Step(Do.INFLATE, 40)], 60),
    ],
)
def test_a_plan_is_refused_where_the_air_could_be_too_much(fill: float, plan: list[Step], second: float | None) -> None:
    assert balloon.overfills_at(fill, plan, 600, Measures(60, vent=30)) == pytest.approx(second)


def test_a_plan_is_refused_whose_inflation_is_longer_than_the_hard_cap_and_than_the_room() -> None:
    assert balloon.overfills_at(0.0, [Step(Do.INFLATE, 120)], 60, Measures(100)) == pytest.approx(100)


@in_peace
@given(fills, st.floats(1, 600), measures)
def test_a_puff_that_fits_never_overfills_and_else_says_when_one_will(fill: float, wanted: float, by: Measures) -> None:
    cloud = Cloud(
        fill_seconds=by.fill, half_life_seconds=by.half_life, puff_seconds=wanted, hard_cap_seconds=max(5.0, wanted)
    )
    cloud.fill_at = lambda at: fill  # type: ignore[method-assign]
    try:
        seconds = actions.puff_that_fits(cloud, NOON)
    except refusals.NoRoom as refusal:
        assert balloon.room(fill, by) < 5
        if refusal.until:
            later = balloon.after(fill, (refusal.until - NOON + timedelta(seconds=1)).total_seconds(), Do.REST, by)
            assert balloon.room(later, by) >= 5 - 1e-6
        return
    assert SHORTEST_PUFF_SECONDS <= seconds <= wanted
    assert balloon.overfills_at(fill, [Step(Do.INFLATE, seconds)], 600, by) is None
