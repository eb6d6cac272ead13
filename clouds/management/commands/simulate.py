"""Simulated plugs on this machine, with balloons that can burst: for development, tests and demonstrations."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from clouds import processes
from clouds.simulator import CloudSpec
from clouds.simulator.identity import MODELS
from clouds.simulator.serve import placed, run
from clouds.simulator.simulator import require_loopback
from clouds.simulator.wire import Json


class Command(BaseCommand):
    """Prints one line of JSON when everything is there, and ends cleanly on SIGTERM or Ctrl-C."""

    help = "Simulate Kasa plugs on loopback: clouds with pumps, and balloons that burst when they are overfilled."
    # It needs neither the database nor the rest of the project.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How many, where, and what they are like."""
        parser.add_argument("--clouds", type=int, default=3, metavar="N", help="how many clouds (default: 3)")
        parser.add_argument("--names", nargs="+", metavar="NAME", help="their names, instead of a number of them")
        parser.add_argument("--vents", action="store_true", help="each has a deflate plug, too")
        parser.add_argument("--host", default="127.0.0.1", help="a loopback address (default: 127.0.0.1)")
        parser.add_argument(
            "--port", type=int, default=9999, help="of the first plug; the others follow. 0: any free (default: 9999)"
        )
        parser.add_argument(
            "--spread-addresses",
            action="store_true",
            help="each plug at an address of its own and all at one port, so that a broadcast finds them all",
        )
        parser.add_argument("--control", type=int, default=9998, metavar="PORT", help="0: any free (default: 9998)")
        parser.add_argument("--model", choices=sorted(MODELS), default="HS103")
        parser.add_argument("--fill-seconds", type=float, default=60.0, metavar="S", help="pump time to full")
        parser.add_argument("--half-life", type=float, metavar="S", help="half the air seeps out (default: none does)")
        parser.add_argument("--vent-seconds", type=float, default=60.0, metavar="S", help="full to empty, with --vents")
        parser.add_argument("--burst-at", type=float, default=1.02, metavar="FILL", help="(default: 1.02)")
        parser.add_argument("--record", type=Path, metavar="PATH", help="append what happens to a file of JSON lines")

    def handle(self, **options: Any) -> None:
        """Run until told to end."""
        try:
            require_loopback(options["host"])
            processes.open_as_many_files_as_allowed()
            specs = placed(_specs(options), options["host"], options["port"], options["spread_addresses"])
            run(specs, options["control"], options["record"], self._announce)
        except ValueError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"could not listen: {error}") from error

    def _announce(self, whereabouts: Json) -> None:
        self.stdout.write(json.dumps(whereabouts))
        self.stdout.flush()


def _specs(options: dict[str, Any]) -> list[CloudSpec]:
    names = options["names"] or [f"Cloud {number}" for number in range(1, options["clouds"] + 1)]
    return [
        CloudSpec(
            name,
            model=options["model"],
            fill_seconds=options["fill_seconds"],
            half_life_seconds=options["half_life"],
            vent_seconds=options["vent_seconds"] if options["vents"] else None,
            burst_at=options["burst_at"],
        )
        for name in names
    ]
