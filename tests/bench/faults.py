"""A long run of presses, faults of plugs and deaths of processes, drawn from a seed: does every pump go off in time,
does no balloon burst, and does the history say what happened?

A day is six episodes. In each, visitors press clouds for five seconds while about half of the plugs have a fault and
something happens to the site's processes or its database; then the faults end, the site comes to rest, and the history
is held against the record of the simulator.
"""

import random
import time
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from clouds.models import User
from tests.bench.report import Report
from tests.bench.stage import people
from tests.site import Visitor
from tests.survival import judge
from tests.survival.disturbances import DISTURBANCES
from tests.survival.judge import Evidence
from tests.survival.stage import ROOM_SECONDS, Stage, sleep_until, slowness, staged
from tests.survival.troubles import SLACK_SECONDS, TROUBLES, UNGUARD

EPISODES_A_DAY = 6
EPISODE_SECONDS = 5.0
# While a conductor is being replaced a plug's own timer is what there is, so no plug loses it just then.
SHARE_WITH_A_DISTURBANCE = 0.6
SHARE_OF_PLUGS_IN_TROUBLE = 0.5
ROOMIER_SECONDS = 12.0
VISITORS = 5

Event = tuple[float, Callable[[], None]]


@dataclass(slots=True)
class Episode:
    """What is going to happen, in order, and to whom."""

    events: list[Event] = field(default_factory=list)
    troubled: set[str] = field(default_factory=set)
    struck: list[float] = field(default_factory=list)
    what: list[str] = field(default_factory=list)
    starts_anew: bool = False


def add_arguments(parser: ArgumentParser) -> None:
    """What to draw, and how much of it."""
    parser.add_argument("--seed", type=int, default=1, help="what is drawn (default: 1)")
    parser.add_argument("--days", type=float, default=1.0, help="how many days of six episodes each (default: 1)")
    parser.add_argument("--clouds", type=int, default=8, help="how many clouds (default: 8)")


def measure(report: Report, options: Namespace) -> None:
    """Live through all of it, and tally."""
    tally: Counter[str] = Counter()
    episodes = max(1, round(options.days * EPISODES_A_DAY))
    names = [f"Cloud{number}" for number in range(options.clouds)]
    with staged(names) as stage:
        people(VISITORS)
        for number in range(episodes):
            chance = random.Random(f"{options.seed} {number}")
            _live_through(stage, chance, tally, f"Seed {options.seed}, episode {number}")
    for name in ("puffs", "presses", "presses refused", "faults of plugs", "disturbances"):
        report.figure(name, tally[name])
    for name in ("bursts", "pumps past their time", "ONs without a guard", "history rows that differ"):
        report.at_most(name, tally[name], 0)


def _live_through(stage: Stage, chance: random.Random, tally: "Counter[str]", title: str) -> None:
    episode = _draw(stage, chance, tally)
    allowance = slowness() if episode.starts_anew else 0.0
    since = stage.prepare(stage.clouds, room=chance.choice([ROOM_SECONDS, ROOMIER_SECONDS]))
    print(f"{title}: {', '.join(episode.what)}", flush=True)
    began = time.monotonic()
    for at, do in sorted(episode.events, key=lambda event: event[0]):
        sleep_until(began + at)
        do()
    sleep_until(began + EPISODE_SECONDS)
    stage.comes_to_rest(stage.clouds, seconds=90.0)
    stage.remote.clear()
    stage.wait_until_well(stage.clouds)
    now = float(stage.remote.now())
    allowance = max(allowance, slowness()) if episode.starts_anew else 0.0
    for name in stage.clouds:
        evidence = stage.evidence(name, since)
        evidence.allowance = allowance
        if name not in episode.troubled:
            evidence.crashed_at = episode.struck
        _count(evidence, now, tally, title)


def _count(evidence: Evidence, now: float, tally: "Counter[str]", title: str) -> None:
    wrong = {
        "bursts": judge.find_bursts(evidence),
        "pumps past their time": judge.find_late_pumps(evidence, now),
        "ONs without a guard": judge.find_unguarded(evidence),
        "history rows that differ": judge.find_untold(evidence) + judge.find_differences(evidence, slack=SLACK_SECONDS),
    }
    tally["puffs"] += len(evidence.stretches)
    for kind, found in wrong.items():
        tally[kind] += len(found)
        for sentence in found:
            print(f"{title}: {kind}: {sentence}\n    {evidence}", flush=True)


def _draw(stage: Stage, chance: random.Random, tally: "Counter[str]") -> Episode:
    """What the seed has in store."""
    episode = Episode()
    disturbance = chance.choice(list(DISTURBANCES)) if chance.random() < SHARE_WITH_A_DISTURBANCE else None
    troubles = [name for name in TROUBLES if disturbance is None or name not in UNGUARD]
    visitors = list(User.objects.order_by("pk"))
    for cloud in stage.clouds:
        for _ in range(chance.choice([1, 1, 2])):
            who = chance.choice(visitors)
            press = lambda cloud=cloud, who=who: _press(stage, cloud, who, tally)  # noqa: E731
            episode.events.append((chance.uniform(0, EPISODE_SECONDS - 1), press))
        if chance.random() < SHARE_OF_PLUGS_IN_TROUBLE:
            _draw_trouble(stage, chance, cloud, chance.choice(troubles), episode)
            tally["faults of plugs"] += 1
    if disturbance is not None:
        episode.what.append(disturbance)
        episode.starts_anew = DISTURBANCES[disturbance].starts_anew
        episode.events.append((chance.uniform(0.5, EPISODE_SECONDS), lambda: _strike(stage, disturbance, episode)))
        tally["disturbances"] += 1
    return episode


def _draw_trouble(stage: Stage, chance: random.Random, cloud: str, name: str, episode: Episode) -> None:
    trouble, when = TROUBLES[name], chance.choice([None, "on", "off", "any"])
    episode.troubled.add(cloud)
    episode.what.append(f"{cloud} {name}{f' from {when} on' if when else ''}")
    fault = lambda: stage.remote.fault(f"{cloud}/inflate", trouble.name, when=when, **trouble.params)  # noqa: E731
    episode.events.append((chance.uniform(0, EPISODE_SECONDS), fault))


def _strike(stage: Stage, name: str, episode: Episode) -> None:
    disturbance = DISTURBANCES[name]
    if disturbance.is_crash:
        episode.struck.append(float(stage.remote.now()))
    disturbance.strike(stage)
    disturbance.repair(stage)


def _press(stage: Stage, cloud: str, who: User, tally: "Counter[str]") -> None:
    """A visitor presses; that the site is just then away, or says no, is nothing to judge here."""
    tally["presses"] += 1
    try:
        with Visitor(stage.up.port, who) as visitor:
            status, _ = visitor.post(f"/clouds/{stage.clouds[cloud].slug}/press/")
    except OSError:
        status = 0
    tally["presses refused"] += status not in (302, 303)
