"""What a pump should be doing, at every moment of every list of steps."""

import json
import math
from datetime import timedelta
from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clouds import timeline
from clouds.timeline import BadSteps, Do, Step

from .strategies import in_peace, steps

moments = st.integers(-5_000_000, 700_000_000).map(lambda microseconds: timedelta(microseconds=microseconds))


@in_peace
@given(steps())
def test_cues_cover_the_steps_without_a_gap(plan: list[Step]) -> None:
    cues = timeline.cues(plan)
    assert cues[0].at == timedelta()
    assert all(earlier.until == later.at for earlier, later in pairwise(cues))
    assert cues[-1].until == timedelta(seconds=sum(step.seconds for step in plan))


@in_peace
@given(steps())
def test_every_cue_changes_something_and_names_the_first_of_its_steps(plan: list[Step]) -> None:
    cues = timeline.cues(plan)
    assert all(earlier.do != later.do for earlier, later in pairwise(cues))
    ends = [cue.index for cue in cues[1:]] + [len(plan)]
    for cue, end in zip(cues, ends, strict=True):
        assert {step.do for step in plan[cue.index : end]} == {cue.do}
        assert cue.seconds == pytest.approx(sum(step.seconds for step in plan[cue.index : end]), abs=1e-6)


@in_peace
@given(steps(), moments)
def test_at_every_moment_the_state_is_that_of_the_step_under_way(plan: list[Step], at: timedelta) -> None:
    ends = list(accumulate((timedelta(seconds=step.seconds) for step in plan), initial=timedelta()))
    under_way = (step.do for step, (begin, end) in zip(plan, pairwise(ends), strict=True) if begin <= at < end)
    assert timeline.state_at(plan, at) == next(under_way, Do.REST)


@in_peace
@given(steps())
def test_the_state_agrees_with_the_cues_at_their_first_and_last_moments(plan: list[Step]) -> None:
    instant = timedelta(microseconds=1)
    for cue in timeline.cues(plan):
        assert timeline.state_at(plan, cue.at) == cue.do
        assert timeline.state_at(plan, cue.until - instant) == cue.do
    assert timeline.state_at(plan, -instant) == Do.REST
    assert timeline.state_at(plan, timeline.cues(plan)[-1].until) == Do.REST


@in_peace
@given(steps())
def test_the_length_is_the_end_of_the_last_cue(plan: list[Step]) -> None:
    assert timeline.length(plan) == pytest.approx(timeline.cues(plan)[-1].until.total_seconds(), abs=1e-6)


def test_no_steps_have_no_cues_and_rest() -> None:
    assert timeline.cues([]) == []
    assert timeline.state_at([], timedelta()) == Do.REST


@in_peace
@given(left=st.floats(0, timeline.LONGEST_SECONDS), hard_cap=st.floats(5, 600))
def test_a_countdown_is_never_too_short_to_fire_nor_past_its_margin_nor_past_the_hard_cap(
    left: float, hard_cap: float
) -> None:
    countdown = timeline.countdown_seconds(left, hard_cap)
    assert isinstance(countdown, int)
    assert countdown >= 5
    assert countdown < hard_cap + 1
    assert countdown <= left + 2 or countdown == 5


@in_peace
@given(left=st.floats(0, 600), hard_cap=st.floats(5, 600))
def test_a_countdown_outlasts_the_inflation_by_a_second_where_the_hard_cap_lets_it(
    left: float, hard_cap: float
) -> None:
    assert timeline.countdown_seconds(left, hard_cap) > min(left + 1, hard_cap - 1) - 1e-9


@pytest.mark.parametrize(
    ("left", "hard_cap", "countdown"),
    [
        (0, 60, 5),
        (0.2, 60, 5),
        (3, 60, 5),
        (3.99, 60, 5),
        (4, 60, 6),
        (5, 60, 7),
        (5.5, 60, 7),
        (59, 60, 60),
        (5, 5, 5),
        (5.5, 5.5, 6),
    ],
)
def test_a_countdown_is_counted_in_whole_seconds(left: float, hard_cap: float, countdown: int) -> None:
    assert timeline.countdown_seconds(left, hard_cap) == countdown


@in_peace
@given(st.floats(0, 1000))
def test_the_longest_inflation_that_fits_has_a_countdown_that_fits(room: float) -> None:
    longest = timeline.longest_that_fits(room)
    assert 0 <= longest <= room
    assert longest == 0 or timeline.countdown_seconds(longest, 600) <= room + 1e-9
    assert longest > 0 or room < 5


@in_peace
@given(steps())
def test_what_is_dumped_is_read_back_even_through_json(plan: list[Step]) -> None:
    assert timeline.parse(json.loads(json.dumps(timeline.dump(plan)))) == tuple(plan)


def test_whole_seconds_are_read_as_seconds() -> None:
    assert timeline.parse([{"do": "rest", "seconds": 3}]) == (Step(Do.REST, 3.0),)


BAD = {
    "nothing": None,
    "no steps": [],
    "a word": "inflate",
    "bytes": b"inflate",
    "a number": 5,
    "one step without its list": {"do": "inflate", "seconds": 5},
    "a step that is a word": ["inflate"],
    "a step that is nothing": [None],
    "a step that is a list": [["inflate", 5]],
    "an empty step": [{}],
    "nothing to do": [{"seconds": 5}],
    "something else to do": [{"do": "burst", "seconds": 5}],
    "shouting": [{"do": "INFLATE", "seconds": 5}],
    "two things to do": [{"do": ["inflate"], "seconds": 5}],
    "nothing known to do": [{"do": None, "seconds": 5}],
    "no seconds": [{"do": "inflate"}],
    "seconds of nothing": [{"do": "inflate", "seconds": None}],
    "seconds in words": [{"do": "inflate", "seconds": "5"}],
    "seconds that are true": [{"do": "inflate", "seconds": True}],
    "zero seconds": [{"do": "inflate", "seconds": 0}],
    "negative seconds": [{"do": "inflate", "seconds": -1}],
    "seconds that are no number": [{"do": "inflate", "seconds": math.nan}],
    "seconds without end": [{"do": "inflate", "seconds": math.inf}],
    "seconds before all time": [{"do": "inflate", "seconds": -math.inf}],
    "complex seconds": [{"do": "inflate", "seconds": 5j}],
    "more seconds than a float can hold": [{"do": "rest", "seconds": 10**400}],
    "more than 48 hours in a step": [{"do": "rest", "seconds": 48 * 3600 + 1}],
    "more than 48 hours in two": [{"do": "rest", "seconds": 24 * 3600}, {"do": "rest", "seconds": 24 * 3600 + 1}],
    "a good step and a bad one": [{"do": "inflate", "seconds": 5}, {"do": "inflate", "seconds": 0}],
}


@pytest.mark.parametrize("raw", BAD.values(), ids=BAD.keys())
def test_bad_steps_are_refused_in_a_sentence(raw: object) -> None:
    with pytest.raises(BadSteps, match=r"^[A-Z].+\.$"):
        timeline.parse(raw)


def test_the_sentence_says_which_step_is_bad() -> None:
    with pytest.raises(BadSteps, match="Step 2"):
        timeline.parse([{"do": "inflate", "seconds": 5}, {"do": "inflate", "seconds": 0}])


def test_48_hours_are_not_too_long() -> None:
    assert timeline.length(timeline.parse([{"do": "rest", "seconds": 48 * 3600}])) == 48 * 3600


junk = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text() | st.sampled_from(list(Do)),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["do", "seconds", "else"]), inner),
)


@in_peace
@given(junk)
def test_whatever_comes_in_is_steps_or_bad_steps(raw: object) -> None:
    try:
        plan = timeline.parse(raw)
    except BadSteps:
        return
    assert 0 < timeline.length(plan) <= timeline.LONGEST_SECONDS
    assert timeline.cues(plan)


class TestComposed:
    """A program's steps, repeated and scaled."""

    def test_the_scale_multiplies_inflation_only_and_repeats_come_one_after_the_other(self) -> None:
        steps = [Step(Do.INFLATE, 4), Step(Do.REST, 5), Step(Do.DEFLATE, 6)]
        once = (Step(Do.INFLATE, 6), Step(Do.REST, 5), Step(Do.DEFLATE, 6))
        assert timeline.composed(steps, 2, 1.5) == once * 2

    @pytest.mark.parametrize(
        ("steps", "repeats", "sentence"),
        [
            ([], 1, "at least one step"),
            ([Step(Do.REST, 5)], 3, "only rest"),
            ([Step(Do.INFLATE, 1), Step(Do.REST, 1)], 1001, "These are 2002 steps"),
            ([Step(Do.INFLATE, 1), Step(Do.REST, 24 * 3600)], 2, "48.0 hours"),
        ],
    )
    def test_what_cannot_be_played_is_refused_in_a_sentence(
        self, steps: list[Step], repeats: int, sentence: str
    ) -> None:
        with pytest.raises(timeline.BadSteps, match=sentence):
            timeline.composed(steps, repeats, 1.0)


class TestResumed:
    """What is played after an interruption."""

    STEPS = (Step(Do.INFLATE, 4), Step(Do.INFLATE, 6), Step(Do.REST, 5), Step(Do.INFLATE, 3))

    def test_what_was_left_is_played_after_the_gap_and_what_follows_has_moved(self) -> None:
        assert timeline.resumed(self.STEPS, timedelta(seconds=7), 30) == (
            Step(Do.INFLATE, 7), Step(Do.REST, 30), Step(Do.INFLATE, 3), Step(Do.REST, 5), Step(Do.INFLATE, 3)
        )  # fmt: skip

    def test_what_is_skipped_is_left_out(self) -> None:
        assert timeline.resumed(self.STEPS, timedelta(seconds=7), 0.5, skip=True) == (
            Step(Do.INFLATE, 7), Step(Do.REST, 0.5), Step(Do.REST, 5), Step(Do.INFLATE, 3)
        )  # fmt: skip

    def test_a_scrap_is_not_worth_a_pumps_start(self) -> None:
        assert [step.do for step in timeline.resumed(self.STEPS, timedelta(seconds=9.7), 10)] == [
            Do.INFLATE, Do.REST, Do.REST, Do.INFLATE
        ]  # fmt: skip

    def test_after_the_end_nothing_changes(self) -> None:
        assert timeline.resumed(self.STEPS, timedelta(seconds=18), 10) == self.STEPS

    @in_peace
    @given(steps=steps(), share=st.floats(0, 0.999), gap=st.floats(0.5, 100))
    def test_no_air_is_added_and_what_has_begun_keeps_its_place(
        self, steps: list[Step], share: float, gap: float
    ) -> None:
        at = timedelta(seconds=timeline.length(steps) * share)
        after = timeline.resumed(steps, at, gap)
        pumped = [sum(step.seconds for step in those if step.do is Do.INFLATE) for those in (steps, after)]
        assert pumped[1] <= pumped[0] + 1e-6
        assert pumped[1] >= pumped[0] - timeline.LEAST_LEFT_SECONDS - 1e-6
        begun = [cue.index for cue in timeline.cues(steps) if cue.at < at]
        assert [cue.index for cue in timeline.cues(after)][: len(begun)] == begun
