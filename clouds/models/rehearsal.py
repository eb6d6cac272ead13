"""Rehearsals: programs and shows played on plugs that are not there, at up to sixty times their speed."""

from typing import ClassVar, TypeVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clouds.models.venue import Venue

FASTEST = 60.0

Row = TypeVar("Row", bound=models.Model, covariant=True)


class ForReal(models.Manager[Row]):
    """Rows of what is played for real. Whoever wants to see rehearsals as well has to say so, with `everything`.

    So nobody who reckons air, looks for what plays, or keeps a visitor waiting can take a rehearsal for a puff.
    """

    def get_queryset(self) -> "QuerySet[Row, Row]":
        """Without rehearsals."""
        return super().get_queryset().filter(rehearsal=None)


class Rehearsal(models.Model):
    """One rehearsal: its runs have it, one for each cloud, and so have their puffs."""

    venue = models.ForeignKey(Venue, on_delete=models.PROTECT, related_name="rehearsals")
    title = models.CharField(max_length=80)
    speed = models.FloatField(
        default=1.0,
        validators=[MinValueValidator(1.0), MaxValueValidator(FASTEST)],
        help_text=gettext_lazy("How many times as fast as for real."),
    )
    fill = models.FloatField(
        default=0.0,
        validators=[MinValueValidator(0.0), MaxValueValidator(1.0)],
        help_text=gettext_lazy("How full the balloons are when it begins, 0 to 1."),
    )
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    objects: ClassVar = models.Manager["Rehearsal"]()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="a_rehearsals_speed_and_fill_are_within_bounds",
                condition=Q(speed__gte=1, speed__lte=FASTEST, fill__gte=0, fill__lte=1),
            )
        ]

    def __str__(self) -> str:
        return _("Rehearsal of %(title)s") % {"title": self.title}
