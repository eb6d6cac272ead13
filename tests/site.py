"""The real thing, for tests and benchmarks: simulator, cluster and web server, each in processes of its own.

What is asked of the site goes over HTTP or through its database, what becomes of it is read from the simulator.
"""

import contextlib
import http.client
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.utils import timezone

from clouds.models import Cloud, Plug, User, Venue
from clouds.simulator.control import Remote

ROOT = Path(__file__).resolve().parent.parent
MANAGE = [sys.executable, str(ROOT / "manage.py")]
PATIENCE_SECONDS = 30.0


def until(true: Callable[[], Any], what: str, seconds: float = PATIENCE_SECONDS, every: float = 0.02) -> Any:
    """Wait until this is true, and return it; fail, saying what was waited for, when it takes too long."""
    end = time.monotonic() + seconds
    while not (answer := true()):
        if time.monotonic() > end:
            raise AssertionError(f"Waited {seconds:g} s in vain until {what}")
        time.sleep(every)
    return answer


def free_port() -> int:
    """A port on loopback that nobody uses, and that the system gives to no connection meanwhile.

    Ports for connections begin at 32768: ip(7), `ip_local_port_range`.
    """
    while True:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", random.randrange(20_000, 32_000)))
            return int(probe.getsockname()[1])


def environment() -> dict[str, str]:
    """What the site's processes are to find: the data, and the database, of this test run."""
    url = {}
    if connection.vendor == "postgresql":
        at = connection.settings_dict
        url["DATABASE_URL"] = f"postgresql://{at['USER']}:{at['PASSWORD']}@{at['HOST']}:{at['PORT']}/{at['NAME']}"
    return {**os.environ, **url, "CLOUDSITE_DATA": str(settings.DATA), "DJANGO_SETTINGS_MODULE": "cloudsite.settings"}


class Simulator:
    """`manage.py simulate`, and what works it."""

    def __init__(self, *names: str, options: tuple[str, ...] = ()) -> None:
        command = [*MANAGE, "simulate", "--names", *names, "--port", "0", "--control", "0", *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment())
        assert self.process.stdout is not None
        self.whereabouts: dict[str, Any] = json.loads(self.process.stdout.readline())
        self.remote = Remote(port=self.whereabouts["control"])

    def another_remote(self) -> Remote:
        """A second line to the simulator, for another thread."""
        return Remote(port=self.whereabouts["control"])

    def close(self) -> None:
        """End it."""
        self.remote.close()
        self.process.terminate()
        self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def make_clouds(self, venue: Venue, **limits: Any) -> dict[str, Cloud]:
        """A row for each simulated cloud and plug; by name."""
        clouds = {}
        for place in self.whereabouts["clouds"]:
            values = {"fill_seconds": 60.0, "rest_seconds": 0.0, "cool_down_seconds": 0.0, **limits}
            cloud = Cloud.objects.create(venue=venue, name=place["name"], slug=place["name"].lower(), **values)
            for pump in Plug.Pump.values:
                if at := place[pump]:
                    Plug.objects.create(
                        venue=venue, cloud=cloud, pump=pump, name=f"{place['name']} {pump}",
                        host=at["host"], port=at["port"], mac=at["mac"], simulated=True,
                    )  # fmt: skip
            clouds[place["name"]] = cloud
        return clouds


class Up:
    """`manage.py up`, and what asks things of it."""

    def __init__(self, *options: str, port: int | None = None) -> None:
        self.port = port or free_port()
        self.log = settings.DATA / "up.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*MANAGE, "up", "--port", str(self.port), *options],
                stdout=log, stderr=subprocess.STDOUT, env=environment(), start_new_session=True,
            )  # fmt: skip

    def wait_until_ready(self, venue: Venue) -> None:
        """Wait until pages are served and every plug of the venue was seen off."""
        until(self._serves, "the web server answers")
        until(lambda: self.conducts(venue), "the venue is conducted")

    def conducts(self, venue: Venue) -> bool:
        """Whether the venue's conductor lives and has every plug confirmed off."""
        venue.refresh_from_db()
        unseen = Plug.objects.filter(venue=venue).exclude(relay=Plug.Relay.OFF, trouble="")
        return venue.is_conducted(timezone.now()) and not unseen.exists()

    def _serves(self) -> bool:
        if self.process.poll() is not None:
            raise AssertionError(f"up ended: {self.log.read_text()[-3000:]}")
        with contextlib.suppress(OSError), Visitor(self.port) as somebody:
            return somebody.get("/healthz")[0] in (200, 503)
        return False

    def pids(self, wanted: str = "") -> list[int]:
        """The processes that `up` has started, those that descend from them, and those they left behind."""
        return [pid for pid, command in descendants(self.process.pid).items() if wanted in command]

    def end(self, number: signal.Signals = signal.SIGTERM, seconds: float = 40.0) -> int:
        """End it as a person would; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(seconds)

    def kill(self) -> None:
        """Make an end of everything that it started."""
        pids = [*self.pids(), self.process.pid]
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(10)


def descendants(root: int) -> dict[int, str]:
    """The command lines of all processes below this one, by their numbers."""
    parents, commands = {}, {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                commands[int(folder.name)] = (folder / "cmdline").read_text().replace("\0", " ").strip()
    found: dict[int, str] = {}
    level = {root}
    while level := {pid for pid, parent in parents.items() if parent in level and pid not in found}:
        found.update({pid: commands[pid] for pid in level})
    return found


class Visitor:
    """A browser of few words: one connection, cookies, and the token that every form has."""

    def __init__(self, port: int, user: User | None = None) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
        self.cookies: dict[str, str] = {}
        if user is not None:
            self.cookies["sessionid"] = _session_of(user)

    def __enter__(self) -> "Visitor":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def get(self, path: str) -> tuple[int, str]:
        """Status and text of a page."""
        return self._ask("GET", path)

    def post(self, path: str, **fields: str) -> tuple[int, str]:
        """Send a form."""
        if "csrftoken" not in self.cookies:
            self.cookies["csrftoken"] = "a" * 32
        return self._ask("POST", path, urlencode({"csrfmiddlewaretoken": self.cookies["csrftoken"], **fields}))

    def close(self) -> None:
        """Leave."""
        self._connection.close()

    def _ask(self, method: str, path: str, body: str = "") -> tuple[int, str]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._connection.request(method, path, body or None, headers)
        answer = self._connection.getresponse()
        for line in answer.headers.get_all("Set-Cookie") or []:
            if found := re.match(r"(\w+)=([^;]*)", line):
                self.cookies[found[1]] = found[2]
        return answer.status, answer.read().decode()


def _session_of(user: User) -> str:
    """A session in which this user is logged in, made without a password's slow check."""
    session = SessionStore()
    session["_auth_user_id"] = str(user.pk)
    session["_auth_user_backend"] = "django.contrib.auth.backends.ModelBackend"
    session["_auth_user_hash"] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


@contextlib.contextmanager
def running(
    *names: str, venue: Venue, options: tuple[str, ...] = (), **limits: Any
) -> Iterator[tuple[Simulator, Up, dict[str, Cloud]]]:
    """A simulator with clouds of these names, and a site that conducts them."""
    simulator = Simulator(*names, options=options)
    try:
        clouds = simulator.make_clouds(venue, **limits)
        up = Up()
        try:
            up.wait_until_ready(venue)
            yield simulator, up, clouds
        finally:
            up.kill()
    finally:
        simulator.close()
