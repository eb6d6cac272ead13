"""Stop everything, as a curator does it, with 200 pumps on: from the POST to the last relay's change."""

import argparse
import time
from collections.abc import Mapping

from clouds import actions
from clouds.models import Cloud, Puff, Run, User, Venue
from clouds.timeline import Do, Step
from tests.bench import stage
from tests.bench.report import Report, percentile
from tests.site import Simulator, Up, Visitor, running, until

PLAY_SECONDS = 55.0
LIMITS = {"fill_seconds": 3600.0, "hard_cap_seconds": 60.0}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How many, how often."""
    parser.add_argument("--pumps", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)


def measure(report: Report, options: argparse.Namespace) -> None:
    """Several stops, with a release after each."""
    venue, curator = stage.the_venue(), User.objects.create_superuser("A curator", "a long pass phrase")
    names = [f"Cloud-{number}" for number in range(options.pumps)]
    relays: list[float] = []
    last: list[float] = []
    with running(*names, venue=venue, **LIMITS) as (simulator, up, clouds):
        for _ in range(options.rounds):
            _all_on(clouds, curator)
            offs = _stop(simulator, up, venue, curator, options.pumps)
            relays += offs
            last.append(max(offs))
            actions.release(venue, by=curator)
            until(lambda: not Run.objects.live().exists(), "every run has ended")
    report.spread("stop to relay off", relays)
    report.figure("stop to last relay off, median of rounds, ms", percentile(last, 50) * 1000)
    report.at_most("all off, worst round, ms", max(last) * 1000, 300)


def _all_on(clouds: Mapping[str, Cloud], curator: User) -> None:
    for cloud in clouds.values():
        actions.play(cloud, [Step(Do.INFLATE, PLAY_SECONDS)], by=curator)
    until(lambda: Puff.objects.still_on().count() == len(clouds), "every pump is on")


def _stop(simulator: Simulator, up: Up, venue: Venue, curator: User, pumps: int) -> list[float]:
    """Press the button; for each relay the seconds until it was off."""
    with Visitor(up.port, curator) as browser:
        browser.get(f"/admin/clouds/venue/{venue.pk}/change/")
        pressed_at = time.time()
        status, _ = browser.post(f"/admin/clouds/venue/{venue.pk}/stop/")
    assert status == 302, status
    until(lambda: len(_offs(simulator, pressed_at)) == pumps, "every relay is off")
    return [at - pressed_at for at in _offs(simulator, pressed_at)]


def _offs(simulator: Simulator, since: float) -> list[float]:
    return [change["at"] for change in simulator.remote.record(since) if change["state"] == 0]
