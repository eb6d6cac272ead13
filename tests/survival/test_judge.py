"""The judge of the tests of survival finds what is wrong, and nothing where all is well."""

from dataclasses import replace
from typing import Any

import pytest

from tests.survival import judge
from tests.survival.judge import Evidence, Played, Row, Stretch

NOW = 100.0
RUN = Played(pk=1, started=10.0, seconds=3.0, state="ended", outcome="done", reason="")
STRETCH = Stretch(on=10.02, off=13.0, began="command", ended="command")
ROW = Row(pk=1, run=1, on=10.01, off=13.01, confirmed=True, outcome="done", reason="")
ON = {"plug": "Near/inflate", "at": 10.02, "state": 1, "acted_at": 10.02, "armed": True, "own": True, "delay": 5}
LOST = replace(ROW, confirmed=False, outcome="lost", reason="Its conductor died.")


def evidence(**changes: Any) -> Evidence:
    """A puff as it should be, but for these changes."""
    command = {**ON, "replayed": False}
    well = Evidence("Near/inflate", [STRETCH], [command], [], [ROW], [RUN])
    return replace(well, **changes)


def found(**changes: Any) -> str:
    return "; ".join(judge.find_all(evidence(**changes), NOW))


def test_nothing_is_wrong_with_a_puff_as_it_should_be() -> None:
    assert found() == ""


def test_nothing_is_wrong_where_nothing_happened() -> None:
    refused = replace(RUN, outcome="failed", reason="The plug does not answer.")
    assert found(stretches=[], commands=[], rows=[], runs=[refused]) == ""


def test_stretches_are_read_from_the_record_of_one_plug() -> None:
    record = [
        {"plug": "Near/inflate", "at": 1.0, "state": 1, "reason": "command"},
        {"plug": "Far/inflate", "at": 1.5, "state": 1, "reason": "button"},
        {"plug": "Near/inflate", "at": 2.0, "state": 0, "reason": "countdown"},
        {"plug": "Near/inflate", "at": 3.0, "state": 1, "reason": "restart"},
    ]
    assert judge.stretches(record, "Near/inflate") == [
        Stretch(1.0, 2.0, "command", "countdown"),
        Stretch(3.0, None, "restart"),
    ]


@pytest.mark.parametrize(
    ("off", "crashed_at", "is_late"),
    [
        (15.9, [], False),
        (16.1, [], True),
        (14.4, [11.5], False),
        (14.6, [11.5], True),
        (15.9, [15.95], False),
    ],
)
def test_a_pump_is_off_three_seconds_after_the_end_or_a_crash(
    off: float, crashed_at: list[float], is_late: bool
) -> None:
    said = found(stretches=[replace(STRETCH, off=off)], rows=[replace(ROW, off=off)], crashed_at=crashed_at)
    assert ("too long" in said) == is_late


def test_a_pump_that_came_on_late_may_run_as_long_as_the_shortest_countdown() -> None:
    late = replace(STRETCH, on=12.9, off=17.95, ended="countdown")
    said = found(stretches=[late], rows=[replace(LOST, off=18.0)])
    assert said == ""
    assert "too long" in found(stretches=[replace(late, off=18.1)], rows=[replace(LOST, off=18.2)])


def test_a_pump_that_is_still_on_is_on_for_too_long() -> None:
    assert "too long" in found(stretches=[replace(STRETCH, off=None)])


def test_a_burst_is_found() -> None:
    assert "burst" in found(bursts=[{"cloud": "Near", "at": 12.0}])


@pytest.mark.parametrize(
    ("own", "acted_at", "is_wrong"), [(False, 13.5, True), (True, 13.5, False), (False, 12.0, False)]
)
def test_an_expired_on_must_bring_its_own_countdown(own: bool, acted_at: float, is_wrong: bool) -> None:
    said = found(commands=[{**ON, "acted_at": acted_at, "own": own, "armed": own, "replayed": True}])
    assert ("had expired" in said) == is_wrong


def test_a_run_or_puff_that_has_not_ended_is_found() -> None:
    assert "it has not ended" in found(runs=[replace(RUN, state="playing", outcome="")])
    assert "it has not ended" in found(rows=[replace(ROW, off=None, outcome="")])


def test_an_end_that_says_nothing_is_found() -> None:
    assert "nothing says why it ended" in found(runs=[replace(RUN, outcome="lost")])
    assert "nothing says why it ended" in found(rows=[replace(LOST, reason="")])


def test_a_lost_puff_is_found() -> None:
    assert "no puff stands for" in found(rows=[])


def test_a_doubled_puff_is_found() -> None:
    assert "2 puffs stand for" in found(rows=[ROW, replace(LOST, pk=2, on=11.0)])


def test_a_puff_that_never_was_is_found() -> None:
    assert "nothing happened of which" in found(rows=[ROW, replace(LOST, pk=2, on=20.0, off=23.0)])


def test_a_puff_that_says_less_than_the_balloon_got_is_found() -> None:
    assert "is less than" in found(rows=[replace(ROW, off=12.5)])
    assert "is less than" in found(rows=[replace(LOST, on=10.5)])


def test_a_confirmed_time_must_be_close_and_unbroken() -> None:
    assert "said to be confirmed" in found(rows=[replace(ROW, on=9.5)])
    assert "said to be confirmed" in found(rows=[replace(ROW, off=13.5)])
    assert "went off in between" in found(
        stretches=[replace(STRETCH, off=11.0), Stretch(11.5, 13.0, "restart", "command")]
    )
    assert found(rows=[replace(LOST, on=9.5, off=13.5)]) == ""


def test_an_unconfirmed_puff_may_stand_a_little_before_what_happened_but_not_for_less() -> None:
    late = [replace(STRETCH, on=12.0, off=14.0)]
    assert found(stretches=late, rows=[replace(LOST, off=12.5)]) == ""
    assert "is less than" in found(stretches=late, rows=[replace(LOST, on=11.5, off=13.0)])


def test_puffs_that_follow_each_other_closely_are_told_apart() -> None:
    blink = Stretch(on=13.05, off=13.06, began="command", ended="command")
    failed = replace(LOST, pk=2, on=13.04, off=13.07, outcome="failed", reason="It has no timer.")
    assert found(stretches=[STRETCH, blink], rows=[ROW, failed]) == ""
    assert "no puff stands for" in found(stretches=[STRETCH, blink], rows=[ROW])


def test_what_a_successor_begins_may_take_its_time() -> None:
    next_run = replace(RUN, pk=2, started=14.0)
    after = Stretch(on=14.01, off=17.3, began="command", ended="command")
    row = replace(ROW, pk=2, on=14.0, off=17.31)
    assert found(stretches=[STRETCH, after], rows=[ROW, row], runs=[RUN, next_run], crashed_at=[12.5]) == ""
    assert "too long" in found(stretches=[STRETCH, after], rows=[ROW, row], runs=[RUN, next_run], crashed_at=[14.1])
