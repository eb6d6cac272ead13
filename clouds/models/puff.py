"""The history: each stretch of time in which a cloud's pump was on."""

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from clouds.models.cloud import Cloud
from clouds.models.plug import Plug
from clouds.models.rehearsal import ForReal, Rehearsal
from clouds.models.run import Run
from clouds.timeline import Do


class PuffQuerySet(models.QuerySet["Puff"]):
    """Puffs."""

    def still_on(self) -> "PuffQuerySet":
        """Those whose pump has not been confirmed off."""
        return self.filter(off_at__isnull=True)

    def newest_first(self) -> "PuffQuerySet":
        """As the history shows them."""
        return self.order_by("-on_at", "-pk")

    def before(self, on_at: datetime, pk: int) -> "PuffQuerySet":
        """Those that come after this place in the history, newest first."""
        # Said so, it is one range of an index; with an OR of two conditions it would be none.
        return self.filter(on_at__lte=on_at).exclude(on_at=on_at, pk__gte=pk)

    def after(self, on_at: datetime, pk: int) -> "PuffQuerySet":
        """Those that come before this place in the history, newest first."""
        return self.filter(on_at__gte=on_at).exclude(on_at=on_at, pk__lte=pk)


PuffManager = ForReal.from_queryset(PuffQuerySet)


class Puff(models.Model):
    """A row of the history.

    `on_at` is the moment at which the plug was told to switch on, `off_at` the moment at which it was confirmed off,
    so that what is written is never less than what the balloon got. `confirmed` says that the plug itself confirmed
    both; a puff whose times had to be reckoned, after a crash say, is not confirmed.
    """

    class Source(models.TextChoices):
        """Who switched it on."""

        VISITOR = "visitor", _("a visitor")
        CURATOR = "curator", _("a curator")
        SHOW = "show", _("a show")
        API = "api", _("the API")
        HAND = "hand", _("by hand at the plug")

    class Outcome(models.TextChoices):
        """How it ended."""

        ON = "", _("on now")
        DONE = "done", _("done")
        STOPPED = "stopped", _("stopped")
        FAILED = "failed", _("failed")
        LOST = "lost", _("lost")

    cloud = models.ForeignKey(Cloud, on_delete=models.PROTECT, related_name="puffs")
    run = models.ForeignKey(Run, on_delete=models.PROTECT, null=True, blank=True, related_name="puffs")
    step = models.PositiveIntegerField(null=True, blank=True)
    plug = models.ForeignKey(Plug, on_delete=models.SET_NULL, null=True, blank=True, related_name="puffs")
    pump = models.CharField(max_length=8, choices=Plug.Pump)
    source = models.CharField(max_length=8, choices=Source)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="puffs"
    )
    planned_seconds = models.FloatField(null=True, blank=True)
    on_at = models.DateTimeField()
    off_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=8, choices=Outcome, default=Outcome.ON, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    confirmed = models.BooleanField(default=True)
    simulated = models.BooleanField(default=False)
    rehearsal = models.ForeignKey(Rehearsal, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    objects: ClassVar = PuffManager()
    everything: ClassVar = PuffQuerySet.as_manager()

    class Meta:
        ordering = ["-on_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["run", "step"], name="a_step_is_one_puff"),
            models.UniqueConstraint(fields=["plug"], condition=Q(off_at__isnull=True), name="a_plug_is_on_once"),
            models.CheckConstraint(
                name="a_puff_ends_after_it_begins", condition=Q(off_at__isnull=True) | Q(off_at__gte=F("on_at"))
            ),
            models.CheckConstraint(
                name="a_puff_that_is_off_has_an_outcome",
                condition=Q(off_at__isnull=True, outcome="") | Q(off_at__isnull=False) & ~Q(outcome=""),
            ),
        ]
        indexes = [
            models.Index(fields=["-on_at", "-id"], name="history"),
            models.Index(fields=["cloud", "-on_at", "-id"], name="history_of_a_cloud"),
            # Whatever else is asked of a visitor's puffs is looked up here as well, and not puff by puff.
            models.Index(
                fields=["asked_by", "-on_at", "-id", "cloud", "simulated", "source", "outcome"],
                name="puffs_of_a_person",
            ),
            # Every selection of the history is a few ranges of one of these (`clouds/selection.py`).
            models.Index(fields=["simulated", "source", "outcome", "-on_at", "-id"], name="kinds_of_puffs"),
            models.Index(
                fields=["cloud", "simulated", "source", "outcome", "-on_at", "-id"], name="kinds_of_puffs_of_a_cloud"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cloud}, {self.on_at:%Y-%m-%d %H:%M:%S}"

    @property
    def do(self) -> Do:
        """What it did to the balloon."""
        return Do(self.pump)

    @property
    def seconds(self) -> float | None:
        """How long the pump was on; None while it is."""
        return (self.off_at - self.on_at).total_seconds() if self.off_at else None

    @property
    def ended(self) -> str:
        """How it ended, in a word or two."""
        # Django's own get_outcome_display hashes all choices, in the reader's language, each time.
        return str(Puff.Outcome(self.outcome).label)

    @property
    def who(self) -> str:
        """The name to show: an account that was erased leaves its puffs as a visitor's."""
        return self.asked_by.name if self.asked_by else str(Puff.Source(self.source).label)

    @property
    def told(self) -> str:
        """The fact of a story that it told, as it was then; "" if it told none."""
        return self.run.told if self.run else ""
