"""Everything that a site on one machine needs, with one command."""

import json
import logging
import math
import multiprocessing
import secrets
import socket
import subprocess
import sys
import time
from argparse import ArgumentParser
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import Tags
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.db.utils import OperationalError
from django.utils import timezone
from django_q.conf import Conf
from django_q.tasks import async_task

from clouds import demo, tasks
from clouds.models import GuestPass, User, Venue
from clouds.supervisor import Child, Supervisor

MANAGE = [sys.executable, str(Path(settings.BASE_DIR) / "manage.py")]
ROUND_SECONDS = 0.2
WATCH_EVERY_SECONDS = 1.0

log = logging.getLogger(__name__)


class Command(BaseCommand):
    """Prepares the data, then keeps web server and cluster running until SIGTERM or Ctrl-C; then all pumps are off."""

    help = "Run the whole site on this machine."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to listen, and whether to show how it works."""
        parser.add_argument("--demo", action="store_true", help="add simulated plugs and clouds: no hardware needed")
        parser.add_argument("--host", default="0.0.0.0" if settings.LAN_HTTP else "127.0.0.1")  # noqa: S104
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument(
            "--canary-seconds",
            type=float,
            default=15.0,
            help="how often the cluster has to show that it takes tasks; it is restarted after missing three",
        )

    def handle(self, *, demo: bool, host: str, port: int, canary_seconds: float, **_: Any) -> None:
        """Run until told to end."""
        _check_port(host, port)
        self._prepare()
        # The checks have just been made, and a cluster that is started anew is waited for.
        cluster = Child("cluster", [*MANAGE, "qcluster", "--skip-checks"])
        children = [cluster, Child("web server", _web_server(host, port))]
        simulator = self._simulate() if demo else None
        watch = Watch(cluster, canary_seconds)
        address = settings.SITE_URL if port == 8000 else f"http://localhost:{port}"
        self.stdout.write(f"Cloudsite is at {address}")
        if simulator and (guest_pass := _demo_pass()):
            self.stdout.write(f"A visitor's code on the wall would lead to {address}{guest_pass.path}")
        try:
            Supervisor(children, watch.look).run(ROUND_SECONDS)
            self._confirm_off()
        finally:
            if simulator is not None:
                simulator.end()

    def _prepare(self) -> None:
        """What a first start makes, and what a new version changes."""
        self.check(tags=[Tags.database], databases=["default"])
        # In a process of its own, which takes the 20 MB with it that this needs once: this one stays.
        connections.close_all()
        updating = multiprocessing.get_context("fork").Process(target=_bring_up_to_date)
        updating.start()
        updating.join()
        if updating.exitcode:
            raise CommandError("The database and the files could not be brought up to date; why stands above.")
        tasks.keep_schedule()
        if not User.objects.filter(is_superuser=True).exists():
            password = secrets.token_urlsafe(12)
            User.objects.create_superuser("curator", password)
            self.stdout.write(f"First curator: log in at /admin/ as “curator” with the password {password}")
            self.stdout.write("It is shown this once. Change it after you have logged in.")

    def _simulate(self) -> Child:
        """Start the demo's plugs, and have rows for them."""
        simulator = Child("simulator", [*MANAGE, "simulate", *demo.SIMULATE], stdout=subprocess.PIPE)
        process = simulator.start()
        line = process.stdout.readline() if process.stdout else b""
        if not line:
            raise CommandError("The simulated plugs could not be started.")
        whereabouts = json.loads(line)
        demo.make(whereabouts["clouds"])
        self.stdout.write(f"The simulated plugs are worked at port {whereabouts['control']}.")
        return simulator

    def _confirm_off(self) -> None:
        """The last word: plug by plug, that it is off."""
        ended = subprocess.run([*MANAGE, "alloff"], check=False)
        if ended.returncode:
            raise CommandError("Not every pump is confirmed off.")


class Watch:
    """Sees to it that the cluster takes tasks, and restarts it when it doesn't, and that every venue is conducted."""

    def __init__(self, cluster: Child, canary_seconds: float) -> None:
        self._cluster = cluster
        self._every = canary_seconds
        self._looked = 0.0
        self._sent = -math.inf
        self._expected_since = timezone.now()

    def look(self) -> None:
        """To be called again and again; looks about once a second."""
        now = time.monotonic()
        if now - self._looked < WATCH_EVERY_SECONDS:
            return
        self._looked = now
        try:
            tasks.wake_conductors()
            if now - self._sent >= self._every:
                self._sent = now
                self._hear_canary(now)
        except OperationalError:
            log.warning("The database does not answer.")

    def _hear_canary(self, now: float) -> None:
        sung = Venue.objects.reached_by(str(Conf.CLUSTER_NAME)).order_by("canary_at").first()
        # A cluster without a venue has nowhere to show that it takes tasks.
        if sung is not None and self._is_silent(now, sung.canary_at):
            log.warning("The cluster takes no tasks any more and is restarted.")
            self._cluster.restart()
            self._expected_since = timezone.now()
        async_task("clouds.tasks.canary", task_name="canary")

    def _is_silent(self, now: float, sung_at: datetime | None) -> bool:
        patience = timedelta(seconds=3 * self._every)
        heard = max(moment for moment in (sung_at, self._expected_since) if moment)
        return now - self._cluster.started > patience.total_seconds() and timezone.now() - heard > patience


def _bring_up_to_date() -> None:
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)


def _demo_pass() -> GuestPass | None:
    return demo.guest_pass()


def _check_port(host: str, port: int) -> None:
    """Say at once that the port is taken, and not in a log after all else was started."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            raise CommandError(
                f"Cloudsite can't listen at {host}, port {port}: {error}. Try another --port."
            ) from error


def _web_server(host: str, port: int) -> list[str]:
    return [
        *(sys.executable, "-m", "uvicorn", "cloudsite.asgi:application", "--host", host, "--port", str(port)),
        *("--log-level", "warning", "--no-access-log", "--timeout-graceful-shutdown", "3"),
        *("--app-dir", str(settings.BASE_DIR)),
    ]
