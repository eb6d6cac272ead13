"""Who did what: an append-only record of what curators had the house do."""

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models

from clouds.models.venue import Venue

if TYPE_CHECKING:
    from clouds.models.user import User


class Act(models.Model):
    """One act of a curator. The name stays when the account goes."""

    class Kind(models.TextChoices):
        """What was done."""

        STOP = "stop", "stopped everything"
        RELEASE = "release", "released"
        HOLD = "hold", "held"
        END_HOLD = "end_hold", "ended a hold"
        PLAY = "play", "ran something now"
        REPLACE = "replace", "replaced what played"
        END = "end", "ended a run"
        PAUSE = "pause", "paused a run"
        RESUME = "resume", "resumed a run"
        SKIP = "skip", "skipped a step"
        NOTE = "note", "noted a fill"
        WISH = "wish", "asked something of a plug"
        SHOW = "show", "changed a show"
        REHEARSE = "rehearse", "rehearsed"
        PASS = "pass", "changed a guest pass"
        RENAME = "rename", "replaced a name"

    kind = models.CharField("what", max_length=8, choices=Kind)
    venue = models.ForeignKey(
        Venue, on_delete=models.PROTECT, null=True, related_name="acts", help_text="Empty: it was about no venue."
    )
    about = models.CharField(max_length=300, blank=True)
    done_at = models.DateTimeField()
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    name = models.CharField("who", max_length=80)

    objects: ClassVar = models.Manager["Act"]()

    class Meta:
        ordering = ["-done_at", "-pk"]
        indexes = [models.Index(fields=["-done_at", "-id"], name="acts")]

    def __str__(self) -> str:
        return f"{self.name} {self.get_kind_display()}"

    @classmethod
    def record(cls, kind: Kind, venue: Venue | None, by: "User", about: str, now: datetime) -> None:
        """Write down who did what; nobody changes that any more."""
        cls.objects.create(kind=kind, venue=venue, about=about[:300], done_at=now, done_by=by, name=by.name)
