"""Counts the history anew for the charts: after rows were put into it, or taken out of it, by hand."""

from typing import Any

from django.core.management.base import BaseCommand

from clouds.models import Cloud, tally


class Command(BaseCommand):
    """`manage.py recount`; the site may run meanwhile."""

    help = "Count every puff anew, for the charts of the history."

    def handle(self, **_: Any) -> None:
        """Count cloud by cloud; print a line for each."""
        for cloud in Cloud.objects.select_related("venue"):
            self.stdout.write(f"{cloud}: {tally.recount(cloud)} puffs")
