"""The four moments at which everything is disturbed: before ON, just after ON was sent, in mid-inflation, and just
after OFF was sent. Four clouds stand at one of them each, at the same instant.
"""

import time
from dataclasses import dataclass
from typing import Any

from tests.survival import judge
from tests.survival.disturbances import Disturbance
from tests.survival.judge import Evidence
from tests.survival.stage import PUFF_SECONDS, Stage, sleep_until, slowness

BEFORE_ON, ON_SENT, MID_INFLATION, OFF_SENT = MOMENTS = (
    "before ON",
    "just after ON was sent",
    "in mid-inflation",
    "just after OFF was sent",
)
CLOUDS = {BEFORE_ON: "Before", ON_SENT: "Sent", MID_INFLATION: "Mid", OFF_SENT: "Ending"}
# A plug that acts at once and answers so much later holds the moment: an ON may take 2 s, the first OFF 1 s.
GREETING_TAKES, ON_TAKES, OFF_TAKES = 1.6, 1.8, 0.9


@dataclass(frozen=True, slots=True)
class Findings:
    """What was wrong in each cell, and all that is known of it."""

    wrong: dict[str, list[str]]
    evidence: dict[str, Evidence]

    def sentence(self, cell: str) -> str:
        """For the message of a test that fails."""
        return f"{cell}: {'; '.join(self.wrong[cell])}\n    {self.evidence[cell]}"


def reach(stage: Stage) -> None:
    """Return at the instant at which each of the four clouds stands at its moment."""
    remote, since = stage.remote, stage.remote.now()
    remote.fault(f"{CLOUDS[ON_SENT]}/inflate", "slow", when="on", latency=ON_TAKES, acts_first=True)
    remote.fault(f"{CLOUDS[OFF_SENT]}/inflate", "slow", when="off", latency=OFF_TAKES, acts_first=True)
    stage.press(CLOUDS[OFF_SENT])
    stage.see_on(CLOUDS[OFF_SENT], since)
    began = time.monotonic()
    sleep_until(began + 0.5 * PUFF_SECONDS)
    stage.press(CLOUDS[MID_INFLATION])
    stage.see_on(CLOUDS[MID_INFLATION], since)
    sleep_until(began + PUFF_SECONDS - 0.7)
    # Its connection drops, so that it has to be greeted before it can be told to switch on, and that takes its time.
    remote.fault(f"{CLOUDS[BEFORE_ON]}/inflate", "restart", seconds=0.01)
    remote.fault(f"{CLOUDS[BEFORE_ON]}/inflate", "slow", latency=GREETING_TAKES)
    # It listens again by the time of the press, which may take no longer than the restart does.
    sleep_until(began + PUFF_SECONDS - 0.5)
    pressed = remote.now()
    stage.press(CLOUDS[BEFORE_ON], CLOUDS[ON_SENT])
    remote.wait_for(f"{CLOUDS[BEFORE_ON]}/inflate", "any", since=pressed)
    remote.wait_for(f"{CLOUDS[ON_SENT]}/inflate", "on", since=pressed)
    remote.wait_for(f"{CLOUDS[OFF_SENT]}/inflate", "off", since=pressed)


def disturb(stage: Stage, disturbance: Disturbance) -> Findings:
    """Strike when the four clouds stand at their moments; what became of it."""
    allowance = slowness() if disturbance.starts_anew else 0.0
    since = stage.prepare(CLOUDS.values())
    reach(stage)
    struck = stage.remote.now()
    disturbance.strike(stage)
    stage.remote.clear()
    disturbance.repair(stage)
    stage.comes_to_rest(CLOUDS.values())
    now = stage.remote.now()
    allowance = max(allowance, slowness()) if disturbance.starts_anew else 0.0
    evidence = {moment: stage.evidence(name, since) for moment, name in CLOUDS.items()}
    wrong = {moment: _missed(moment, evidence[moment], struck) for moment in MOMENTS}
    again = stage.press_again(CLOUDS.values())
    for moment, name in CLOUDS.items():
        if disturbance.is_crash:
            evidence[moment].crashed_at.append(struck)
            evidence[moment].allowance = allowance
        slack = OFF_TAKES if moment == OFF_SENT else 0.0
        wrong[moment] += judge.find_all(evidence[moment], now, slack=slack)
        wrong[moment] += [again[name]] if name in again else []
    return Findings(wrong, evidence)


def _missed(moment: str, evidence: Evidence, struck: float) -> list[str]:
    """Whether the machine was too slow, and the cloud did not stand at its moment any more, or not yet."""
    told = {state: [one for one in evidence.commands if one["state"] == state] for state in (0, 1)}
    ons, offs = _before(told[1], struck), _before(told[0], struck)
    began = [run for run in evidence.runs if run.started is not None and run.started < struck]
    stood = {
        BEFORE_ON: bool(began) and not ons,
        ON_SENT: bool(ons) and not offs and struck < ons[-1]["at"] + ON_TAKES,
        MID_INFLATION: bool(ons) and not offs,
        OFF_SENT: bool(offs) and struck < offs[-1]["at"] + OFF_TAKES,
    }
    return [] if stood[moment] else [f"it did not stand at its moment when it was struck at {struck:.2f}"]


def _before(commands: list[dict[str, Any]], at: float) -> list[dict[str, Any]]:
    return [command for command in commands if command["at"] < at]
