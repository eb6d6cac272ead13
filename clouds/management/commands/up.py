"""Everything that a site on one machine needs, with one command."""

import json
import secrets
import subprocess
import sys
import time
from argparse import ArgumentParser
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db.utils import OperationalError
from django.utils import timezone
from django_q.tasks import async_task

from clouds import demo, tasks
from clouds.models import User, Venue
from clouds.models.venue import default_cluster
from clouds.supervisor import Child, Supervisor

MANAGE = [sys.executable, str(Path(settings.BASE_DIR) / "manage.py")]
ROUND_SECONDS = 0.2


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
        self._prepare()
        cluster = Child("cluster", [*MANAGE, "qcluster"])
        children = [cluster, Child("web server", _web_server(host, port))]
        simulator = self._simulate() if demo else None
        canary = Canary(cluster, canary_seconds)
        self.stdout.write(f"Cloudsite is at {settings.SITE_URL if port == 8000 else f'http://localhost:{port}'}")
        try:
            Supervisor(children, canary.look).run(ROUND_SECONDS)
            self._confirm_off()
        finally:
            if simulator is not None:
                simulator.end()

    def _prepare(self) -> None:
        """What a first start makes, and what a new version changes."""
        call_command("migrate", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
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


class Canary:
    """Asks the cluster, again and again, to show that it takes tasks, and restarts it when it doesn't."""

    def __init__(self, cluster: Child, every_seconds: float) -> None:
        self._cluster = cluster
        self._every = every_seconds
        self._asked = -every_seconds
        self._asked_at = timezone.now()

    def look(self) -> None:
        """To be called again and again."""
        now = time.monotonic()
        if now - self._asked < self._every:
            return
        self._asked = now
        try:
            sung = Venue.objects.reached_by(default_cluster()).order_by("canary_at").first()
            if self._is_silent(now, sung.canary_at if sung else None):
                self._cluster.restart()
                self._asked_at = timezone.now()
            async_task("clouds.tasks.canary", task_name="canary")
        except OperationalError:
            return

    def _is_silent(self, now: float, sung_at: datetime | None) -> bool:
        patience = timedelta(seconds=3 * self._every)
        heard = max(moment for moment in (sung_at, self._asked_at) if moment)
        return now - self._cluster.started > patience.total_seconds() and timezone.now() - heard > patience


def _web_server(host: str, port: int) -> list[str]:
    return [
        *(sys.executable, "-m", "uvicorn", "cloudsite.asgi:application", "--host", host, "--port", str(port)),
        *("--log-level", "warning", "--no-access-log", "--timeout-graceful-shutdown", "3"),
        *("--app-dir", str(settings.BASE_DIR)),
    ]
