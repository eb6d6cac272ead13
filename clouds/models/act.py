"""Who did what: an append-only record of what curators had the house do."""

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from clouds.models.venue import Venue

if TYPE_CHECKING:
    from clouds.models.user import User


class Act(models.Model):
    """One act of a curator. The name stays when the account goes."""

    class Kind(models.TextChoices):
        """What was done."""

        STOP = "stop", _("stopped everything")
        RELEASE = "release", _("released")
        HOLD = "hold", _("held")
        END_HOLD = "end_hold", _("ended a hold")
        PLAY = "play", _("ran something now")
        REPLACE = "replace", _("replaced what played")
        END = "end", _("ended a run")
        PAUSE = "pause", _("paused a run")
        RESUME = "resume", _("resumed a run")
        SKIP = "skip", _("skipped a step")
        NOTE = "note", _("noted a fill")
        WISH = "wish", _("asked something of a plug")
        SHOW = "show", _("changed a show")
        REHEARSE = "rehearse", _("rehearsed")
        PASS = "pass", _("changed a guest pass")
        RENAME = "rename", _("replaced a name")
        KIOSK = "kiosk", _("changed a kiosk")

    kind = models.CharField(_("what"), max_length=8, choices=Kind)
    venue = models.ForeignKey(
        Venue, on_delete=models.PROTECT, null=True, related_name="acts", help_text=_("Empty: it was about no venue.")
    )
    about = models.CharField(max_length=300, blank=True)
    done_at = models.DateTimeField()
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    name = models.CharField(_("who"), max_length=80)

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
