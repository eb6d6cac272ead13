"""However the site ends, every pump is off and confirmed; and where it could not end, `alloff` does it."""

import signal
import subprocess

import pytest

from clouds.models import Puff, Run
from tests.site import MANAGE, environment, until
from tests.survival import judge
from tests.survival.stage import Stage, is_alive, kill

BOTH = ("Near", "Far")


def is_on(stage: Stage) -> list[str]:
    return [plug["cloud"] for plug in stage.remote.plugs() if plug["relay"]]


def press_both(stage: Stage) -> float:
    """Both pumps are on, and their puffs written; since when."""
    since = float(stage.remote.now())
    stage.press(*BOTH)
    for name in BOTH:
        stage.see_on(name, since)
    until(lambda: Puff.objects.still_on().count() == len(BOTH), "both puffs are written")
    return since


def alloff(*options: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([*MANAGE, "alloff", *options], env=environment(), capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_up_ends_with_every_pump_confirmed_off(stage: Stage, number: signal.Signals) -> None:
    since = press_both(stage)
    told = stage.remote.now()

    code = stage.up.end(number)

    assert code == 0
    assert is_on(stage) == []
    for name in BOTH:
        evidence = stage.evidence(name, since)
        evidence.crashed_at.append(told)
        assert judge.find_all(evidence, stage.remote.now()) == [], evidence
        assert [run.outcome for run in evidence.runs] == ["stopped"]
        assert all(row.confirmed for row in evidence.rows)
    assert "All 2 plugs are confirmed off." in stage.up.log.read_text()


def test_up_leaves_no_process_behind(stage: Stage) -> None:
    pids = stage.up.pids()

    stage.up.end()

    until(lambda: not any(map(is_alive, pids)), "all of its processes have ended", seconds=5)


def test_up_says_when_a_pump_could_not_be_confirmed_off(stage: Stage) -> None:
    press_both(stage)
    stage.remote.fault("Far/inflate", "refuses")

    code = stage.up.end(seconds=60)

    assert code != 0
    assert "Far inflate" in stage.up.log.read_text()
    assert "NOT confirmed" in stage.up.log.read_text()
    assert "Near" not in is_on(stage)


def test_alloff_works_with_everything_else_dead(stage: Stage) -> None:
    press_both(stage)
    for pid in [stage.up.process.pid, *stage.up.pids()]:
        kill(pid, signal.SIGKILL)
    assert sorted(is_on(stage)) == sorted(BOTH), "the puffs were over before alloff could be tried"

    ended = alloff()

    assert is_on(stage) == []
    assert ended.returncode == 0, ended
    lines = ended.stdout.splitlines()
    assert sum("was on, confirmed off" in line for line in lines) == len(BOTH), ended.stdout
    assert lines[-1] == "All 2 plugs are confirmed off."


def test_alloff_says_plug_by_plug_what_was_not_confirmed(stage: Stage) -> None:
    press_both(stage)
    for pid in [stage.up.process.pid, *stage.up.pids()]:
        kill(pid, signal.SIGKILL)
    stage.remote.fault("Far/inflate", "refuses")

    ended = alloff("--seconds", "3")

    assert ended.returncode != 0
    near, far = sorted(ended.stdout.splitlines(), key=lambda line: "Far" in line)
    assert near.startswith("Near inflate")
    assert near.endswith("confirmed off")
    assert far.startswith("Far inflate")
    assert "NOT confirmed" in far
    assert "1 of 2 plugs NOT confirmed off" in ended.stderr
    assert "Near" not in is_on(stage)


def test_what_died_with_everything_is_told_when_the_site_is_back(stage: Stage) -> None:
    since = press_both(stage)
    for pid in [stage.up.process.pid, *stage.up.pids()]:
        kill(pid, signal.SIGKILL)
    stage.up.process.wait(10)
    # Nobody is there: each plug's own countdown has to do it.
    for name in BOTH:
        stage.remote.wait_for(f"{name}/inflate", "relay_off", since=since)

    stage.start_up_again()

    stage.wait_until_over(BOTH)
    for name in BOTH:
        evidence = stage.evidence(name, since)
        assert judge.find_all(evidence, stage.remote.now()) == [], evidence
        assert [stretch.ended for stretch in evidence.stretches] == ["countdown"]
        assert [run.outcome for run in evidence.runs] == [Run.Outcome.LOST]
    assert stage.press_again(BOTH) == {}
