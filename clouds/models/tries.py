"""How often something was tried of late: rows that keep count, so that every process counts as one."""

from datetime import datetime
from typing import ClassVar

from django.db import models


class Tries(models.Model):
    """Tries of one kind. Whose they are is kept as a keyed hash: neither addresses nor names can be read here."""

    key = models.CharField(max_length=64, unique=True)
    count = models.PositiveIntegerField(default=0)
    since = models.DateTimeField(db_index=True)
    until = models.DateTimeField(null=True)

    objects: ClassVar = models.Manager["Tries"]()

    def __str__(self) -> str:
        return f"{self.count} since {self.since:%Y-%m-%d %H:%M:%S}"

    def waits_until(self, now: datetime) -> datetime | None:
        """Until when nothing may be tried; None if it may."""
        return self.until if self.until and self.until > now else None
