"""Switches every plug off, and says plug by plug what was confirmed. Needs neither cluster nor web server."""

import asyncio
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from clouds.conductor.desk import address_of
from clouds.models import Plug
from clouds.plugs import actor_for
from clouds.plugs.alloff import Answer, switch_off


class Command(BaseCommand):
    """`manage.py alloff`; ends with an error when a plug was not confirmed off."""

    help = "Switch every plug off, and confirm it."
    requires_system_checks = ["database_url"]

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How long to try."""
        parser.add_argument("--seconds", type=float, default=10.0, help="how long to try (default: 10)")

    def handle(self, *, seconds: float, **_: Any) -> None:
        """Switch off all at once; print a line for each plug as soon as it has answered."""
        try:
            plugs = list(Plug.objects.select_related("cloud"))
        except DatabaseError as error:
            raise CommandError(
                f"Nobody knows where the plugs are: the database can't be read ({error}). Are CLOUDSITE_DATA and "
                "DATABASE_URL set as they are for the site? If need be, pull the pumps' plugs by hand."
            ) from error
        if not plugs:
            self.stdout.write("There are no plugs.")
            return
        answers = asyncio.run(self._answers(plugs, seconds))
        if failed := sum(answer.confirmed is None for answer in answers):
            raise CommandError(f"{failed} of {len(plugs)} plugs NOT confirmed off. Pull their pumps' plugs by hand.")
        self.stdout.write(
            f"All {len(plugs)} plugs are confirmed off." if len(plugs) > 1 else "The plug is confirmed off."
        )

    async def _answers(self, plugs: list[Plug], seconds: float) -> list[Answer]:
        actors = [(f"{plug.name} ({plug.host}:{plug.port})", actor_for(address_of(plug))) for plug in plugs]
        answers = []
        async for answer in switch_off(actors, seconds):
            self.stdout.write(f"{answer.name}: {self._words_for(answer)}")
            answers.append(answer)
        return answers

    @staticmethod
    def _words_for(answer: Answer) -> str:
        if answer.confirmed is None:
            return f"NOT confirmed. {answer.trouble}"
        was_on = answer.confirmed.before is not None and answer.confirmed.before.relay_on
        return "was on, confirmed off" if was_on else "confirmed off"
