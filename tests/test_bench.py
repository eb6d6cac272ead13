"""What benches report: their percentiles, their bars, and an exit code that says when one was missed."""

import json

import pytest

from tests.bench import __main__ as command
from tests.bench.report import Report, percentile

MISSED = 1


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [
        ([5.0], 50, 5.0),
        ([4.0, 1.0, 3.0, 2.0], 50, 2.0),
        ([4.0, 1.0, 3.0, 2.0], 51, 3.0),
        ([float(number) for number in range(1, 101)], 99, 99.0),
        ([float(number) for number in range(1, 201)], 99, 198.0),
        ([1.0, 2.0, 3.0], 100, 3.0),
        ([1.0, 2.0, 3.0], 0, 1.0),
    ],
)
def test_a_percentile_is_one_of_the_values(values: list[float], percent: float, expected: float) -> None:
    assert percentile(values, percent) == expected


def test_of_nothing_there_is_no_percentile() -> None:
    with pytest.raises(ValueError, match="nothing"):
        percentile([], 50)


def test_a_spread_is_in_milliseconds() -> None:
    report = Report("press")
    report.spread("press to relay", [0.001 * number for number in range(1, 101)])
    assert report.figures == {
        "press to relay p50, ms": 50.0,
        "press to relay p90, ms": 90.0,
        "press to relay p99, ms": 99.0,
        "press to relay max, ms": 100.0,
    }


def report_with(value: float, *, at_least: bool = False) -> Report:
    """A report with one bar of 30."""
    report = Report("press")
    report.figure("presses", 240)
    (report.at_least if at_least else report.at_most)("p50, ms", value, 30)
    return report


@pytest.mark.parametrize(
    ("value", "at_least", "holds"),
    [
        (29.9, False, True),
        (30.0, False, True),
        (30.1, False, False),
        (30.0004, False, False),
        (float("nan"), False, False),
        (29.9, True, False),
        (30.0, True, True),
        (float("nan"), True, False),
    ],
)
@pytest.mark.parametrize("check", [True, False])
def test_a_bar_that_is_missed_ends_a_check_with_an_error(
    value: float, at_least: bool, holds: bool, check: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    code = command.conclude(report_with(value, at_least=at_least), check=check)
    assert code == (MISSED if check and not holds else 0)
    assert ("MISSED" in capsys.readouterr().out) is not holds


def test_the_last_line_is_the_report_for_machines(capsys: pytest.CaptureFixture[str]) -> None:
    command.conclude(report_with(20.125), check=False)
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {
        "bench": "press",
        "figures": {"presses": 240},
        "bars": {"p50, ms": {"value": 20.125, "limit": 30, "holds": True}},
    }


def test_the_benches_are_found_by_name() -> None:
    assert {"press", "burst", "stopall", "idle", "crowd", "visit"} <= set(command.names())
    assert not {"report", "stage", "phones"} & set(command.names())


def test_a_bench_that_is_not_there_is_told_so(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(["sing"])
    assert "press" in capsys.readouterr().err
