"""A site on simulated plugs, with processes of its own, that is to be disturbed; and what is found of it afterwards."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from django.core.management import call_command
from django.db.models import QuerySet
from django.utils import timezone
from django_q.status import Stat

from clouds import actions
from clouds.models import BalloonNote, Cloud, Plug, Puff, Run, User, Venue
from clouds.views import taps
from tests.site import ROOT, Simulator, Up, Visitor, descendants, environment, until
from tests.survival import judge
from tests.survival.judge import Evidence, Played, Row

PUFF_SECONDS = 3.0
FILL_SECONDS = 60.0
# A balloon that bursts when its pump is on for much longer than planned: a puff and its countdown's margin fit in.
ROOM_SECONDS = 5.2

IDLE_START_SECONDS = 1.5


class Stage:
    """Simulator, site and a visitor, and the clouds by their names."""

    def __init__(self, names: Iterable[str], *up_options: str) -> None:
        self.venue = the_venue()
        self.user = User.objects.create_user("Ada", "a long pass phrase")
        self.simulator = Simulator(*names, options=("--fill-seconds", str(FILL_SECONDS)))
        self.remote = self.simulator.remote
        self.clouds = self.simulator.make_clouds(self.venue, fill_seconds=FILL_SECONDS, puff_seconds=PUFF_SECONDS)
        self._up_options = up_options
        self.up = Up(*up_options)

    def start_up_again(self) -> None:
        """After `up` has ended."""
        self.up = Up(*self._up_options, port=self.up.port)

    def close(self) -> None:
        """End all of it."""
        self.up.kill()
        self.simulator.close()

    # What happens.

    def prepare(self, names: Iterable[str], *, room: float = ROOM_SECONDS) -> float:
        """New balloons with room for little more than a puff, every plug well; the moment from which to judge."""
        names = list(names)
        self.remote.clear()
        self.wait_until_well(names)
        fill = 1 - room / FILL_SECONDS
        for name in names:
            self.remote.new_balloon(name)
            self.remote.set_fill(name, fill)
            actions.note(self.clouds[name], BalloonNote.Kind.SET, fill=fill, by=self.user)
        return float(self.remote.now())

    def press(self, *names: str) -> None:
        """The visitor presses the buttons of these clouds, one after the other, in as many browsers as that takes."""
        for begin in range(0, len(names), taps.MOST):
            with Visitor(self.up.port, self.user) as visitor:
                for name in names[begin : begin + taps.MOST]:
                    status, page = visitor.post(f"/clouds/{self.clouds[name].slug}/press/")
                    assert status in (302, 303), f"{name}: pressed, and got {status}: {page[:3000]}"

    def see_on(self, name: str, since: float) -> None:
        """Wait until a relay that was off since then is on."""
        try:
            self.remote.wait_for(f"{name}/inflate", "relay_on", since=since)
        except TimeoutError as error:
            raise AssertionError(f"It was not switched on: {self.evidence(name, since)}") from error

    def wait_until_well(self, names: Iterable[str], seconds: float = 40.0) -> None:
        """Wait until pages are served, a conductor beats, and these clouds' plugs are seen in order and off."""
        mine = Plug.objects.filter(cloud__in=[self.clouds[name] for name in names])
        until(self.serves, "the web server answers", seconds)
        until(self.is_conducted, "a conductor beats", seconds)
        until(lambda: not self._unwell(mine), "every plug is seen off and in order", seconds)

    def serves(self) -> bool:
        """Whether pages are served."""
        with contextlib.suppress(OSError), Visitor(self.up.port) as somebody:
            return somebody.get("/healthz")[0] in (200, 503)
        return False

    def is_conducted(self) -> bool:
        """Whether a conductor beats."""
        self.venue.refresh_from_db()
        return self.venue.is_conducted(timezone.now())

    def comes_to_rest(self, names: Iterable[str], seconds: float = 40.0) -> bool:
        """Wait until all is over; whether it was. If not, the judge says what isn't."""
        try:
            self.wait_until_over(names, seconds)
        except AssertionError:
            return False
        return True

    def wait_until_over(self, names: Iterable[str], seconds: float = 40.0) -> None:
        """Wait until every relay is off and every run and puff of these clouds has ended."""
        clouds = [self.clouds[name] for name in names]
        until(lambda: not self._still_going(clouds), f"all is over at {', '.join(names)}", seconds, every=0.1)

    def press_again(self, names: Iterable[str]) -> dict[str, str]:
        """The next press: of each cloud on which it does not work, what was seen."""
        names = list(names)
        try:
            since = self.prepare(names)
            self.press(*names)
            self.wait_until_over(names)
        except AssertionError as error:
            return dict.fromkeys(names, f"the next press did not work: {error}")
        return {name: wrong for name in names if (wrong := self._was_no_puff(name, since))}

    def evidence(self, name: str, since: float) -> Evidence:
        """What the plug saw and the site says of one cloud since then."""
        cloud, plug = self.clouds[name], f"{name}/inflate"
        runs = Run.objects.filter(cloud=cloud, asked_at__gte=_moment(since)).order_by("pk")
        puffs = Puff.objects.filter(cloud=cloud, on_at__gte=_moment(since)).order_by("pk")
        return Evidence(
            plug=plug,
            stretches=judge.stretches(self.remote.record(since), plug),
            commands=[command for command in self.remote.commands(since) if command["plug"] == plug],
            bursts=[burst for burst in self.remote.bursts(since) if burst["cloud"] == name],
            rows=[Row.of(puff) for puff in puffs],
            runs=[Played.of(run) for run in runs],
        )

    # Its processes.

    def conductor(self) -> int:
        """The process number of the conductor's worker."""
        until(self.is_conducted, "a conductor beats")
        return int(self.venue.conductor.split(":")[1])

    def sentinel(self) -> int:
        """The cluster's sentinel."""
        return parent_of(self.conductor())

    def main(self) -> int:
        """The cluster's main process, whose process group is the cluster's."""
        return parent_of(self.sentinel())

    def workers(self) -> list[int]:
        """The cluster's workers, as the sentinel tells it."""
        sentinel = self.sentinel()
        stats = until(lambda: [stat for stat in Stat.get_all() if stat.sentinel == sentinel], "the cluster is known")
        return [int(pid) for pid in stats[0].workers]

    def web_server(self) -> int:
        """The web server."""
        children = descendants(self.up.process.pid)
        return next(pid for pid, command in children.items() if "uvicorn" in command)

    def _unwell(self, plugs: "QuerySet[Plug]") -> bool:
        return plugs.exclude(relay=Plug.Relay.OFF, trouble="").exists()

    def _still_going(self, clouds: list[Cloud]) -> bool:
        names = {cloud.name for cloud in clouds}
        if any(plug["relay"] for plug in self.remote.plugs() if plug["cloud"] in names):
            return True
        live = Run.objects.live().filter(cloud__in=clouds).exists()
        return live or Puff.objects.still_on().filter(cloud__in=clouds).exists()

    def _was_no_puff(self, name: str, since: float) -> str:
        evidence = self.evidence(name, since)
        wrong = judge.find_all(evidence, self.remote.now())
        outcomes = [run.outcome for run in evidence.runs]
        if wrong or outcomes != ["done"] or len(evidence.stretches) != 1:
            return f"the next press did not work: {'; '.join(wrong)}\n    {evidence}"
        return ""


@contextlib.contextmanager
def staged(names: Iterable[str], *up_options: str) -> Iterator[Stage]:
    """A stage, and a database that is empty again when it is struck."""
    stage = Stage(names, *up_options)
    try:
        yield stage
    finally:
        stage.close()
        call_command("flush", verbosity=0, interactive=False)
        the_venue()


def the_venue() -> Venue:
    """The venue that exists from the start, even where a database has been emptied meanwhile."""
    return Venue.objects.get_or_create(slug="gallery", defaults={"name": "The gallery"})[0]


def parent_of(pid: int) -> int:
    """A process's parent."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def is_alive(pid: int) -> bool:
    """Whether a process is there, and not only waiting to be reaped."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def kill(pid: int, number: int) -> None:
    """Send a signal; a process that has gone meanwhile is gone."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def slowness() -> float:
    """How much longer than on two idle cores it takes now to start Python with all that a conductor needs."""
    began = time.monotonic()
    subprocess.run(
        [sys.executable, "-c", "import django, kasa; django.setup()"], env=environment(), cwd=ROOT, check=True
    )
    return max(0.0, time.monotonic() - began - IDLE_START_SECONDS)


def sleep_until(at: float) -> None:
    """Sleep until this moment of the monotonic clock."""
    time.sleep(max(0.0, at - time.monotonic()))


def _moment(unix: float) -> datetime:
    return datetime.fromtimestamp(unix, UTC)
