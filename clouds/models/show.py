"""Shows: a program on one or more clouds, once or again and again."""

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Prefetch, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clouds import recurrence
from clouds.models.cloud import Cloud
from clouds.models.program import MOST_SCALE_PERCENT, Program, scale_field
from clouds.models.venue import Venue

LONGEST_STAGGER_SECONDS = 3600.0


class ShowQuerySet(models.QuerySet["Show"]):
    """Shows."""

    def kept(self) -> "ShowQuerySet":
        """Those that were not deleted."""
        return self.filter(removed_at=None)

    def due(self) -> "ShowQuerySet":
        """Those that play when their time comes."""
        return self.kept().filter(enabled=True)

    def with_all(self) -> "ShowQuerySet":
        """With everything that planning reads of them, in as many queries for a hundred as for one."""
        # Joined: to prefetch the clouds of a thousand lines, Django 5.2 writes a condition too deep for SQLite.
        lines = Prefetch("lines", ShowCloud.objects.select_related("cloud"))
        return self.select_related("venue", "program").prefetch_related("program__steps", "dates", lines)


class Show(models.Model):
    """A program on clouds of a venue, at times there.

    One that a curator deletes stays, with `removed_at`, since the history and the feeds tell of it.
    """

    name = models.CharField(max_length=80)
    venue = models.ForeignKey(Venue, on_delete=models.PROTECT, related_name="shows")
    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="shows")
    stagger_seconds = models.FloatField(
        gettext_lazy("stagger"),
        default=0.0,
        validators=[MinValueValidator(0), MaxValueValidator(LONGEST_STAGGER_SECONDS)],
        help_text=gettext_lazy("Seconds by which each cloud begins after the one before it. 0: all at once."),
    )
    scale_percent = scale_field()
    first_on = models.DateField(gettext_lazy("first day"))
    starts_at = models.TimeField(gettext_lazy("time"), help_text=gettext_lazy("Where the clouds hang."))
    rrule = models.CharField(gettext_lazy("recurrence rule"), max_length=500, blank=True)
    until_on = models.DateField(gettext_lazy("last day"), null=True, blank=True)
    priority = models.BooleanField(
        gettext_lazy("priority over visitors"),
        default=False,
        help_text=gettext_lazy(
            "A visitor's puff that is under way ends when the show begins. Otherwise the show waits for its end, "
            "for up to a minute."
        ),
    )
    protected = models.BooleanField(
        default=True,
        help_text=gettext_lazy(
            "Visitors wait until it is over. Otherwise a visitor who presses ends it on that cloud."
        ),
    )
    enabled = models.BooleanField(gettext_lazy("switched on"), default=True)
    removed_at = models.DateTimeField(null=True, editable=False)
    removed_by = models.CharField(max_length=80, blank=True, editable=False)
    changed_at = models.DateTimeField(auto_now=True, editable=False)

    objects: ClassVar = ShowQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.CheckConstraint(
                name="a_shows_stagger_and_scale_are_within_bounds",
                condition=Q(stagger_seconds__gte=0, stagger_seconds__lte=LONGEST_STAGGER_SECONDS)
                & Q(scale_percent__gte=1, scale_percent__lte=MOST_SCALE_PERCENT),
            ),
            models.CheckConstraint(
                name="a_show_ends_after_it_begins",
                condition=Q(until_on__isnull=True) | Q(until_on__gte=models.F("first_on")),
                violation_error_message=gettext_lazy("The last day is before the first one."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def rule(self) -> recurrence.Rule:
        """When it occurs."""
        return self.rule_with(self.dates.all())

    def rule_with(self, dates: "Iterable[ShowDate]") -> recurrence.Rule:
        """When it would occur if these days were left out and these moments added."""
        dates = list(dates)
        return recurrence.Rule(
            start=datetime.combine(self.first_on, self.starts_at),
            zone=self.venue.zone,
            rrule=self.rrule,
            until=self.until_on,
            left_out=frozenset(date.on for date in dates if date.at is None),
            added=frozenset(datetime.combine(date.on, date.at) for date in dates if date.at is not None),
        )


class ShowCloud(models.Model):
    """A cloud of a show, in its place."""

    show = models.ForeignKey(Show, on_delete=models.CASCADE, related_name="lines")
    cloud = models.ForeignKey(Cloud, on_delete=models.PROTECT, related_name="show_lines")
    position = models.PositiveIntegerField(default=0)

    objects: ClassVar = models.Manager["ShowCloud"]()

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = gettext_lazy("cloud")
        constraints = [
            models.UniqueConstraint(
                fields=["show", "cloud"],
                name="a_show_has_a_cloud_once",
                violation_error_message=gettext_lazy("This cloud is in the show already."),
            )
        ]

    def __str__(self) -> str:
        return str(self.cloud)


class ShowDate(models.Model):
    """A day on which a show is left out or, with a time, a moment at which it plays in addition."""

    show = models.ForeignKey(Show, on_delete=models.CASCADE, related_name="dates")
    on = models.DateField(gettext_lazy("day"))
    at = models.TimeField(
        gettext_lazy("time"), null=True, blank=True, help_text=gettext_lazy("Empty: the day is left out.")
    )

    objects: ClassVar = models.Manager["ShowDate"]()

    class Meta:
        ordering = ["on", "at", "pk"]
        verbose_name = gettext_lazy("day left out or added")
        verbose_name_plural = gettext_lazy("days left out or added")
        constraints = [
            models.UniqueConstraint(
                fields=["show", "on", "at"],
                name="a_moment_is_added_once",
                violation_error_message=gettext_lazy("This moment is given twice."),
            ),
            models.UniqueConstraint(
                fields=["show", "on"],
                condition=Q(at__isnull=True),
                name="a_day_is_left_out_once",
                violation_error_message=gettext_lazy("This day is left out twice."),
            ),
        ]

    def __str__(self) -> str:
        return (_("%(on)s added at %(at)s") if self.at else _("%(on)s left out")) % {"on": self.on, "at": self.at}


class CalledOff(models.Model):
    """An occurrence that was announced and will not be: its show was changed, switched off or deleted."""

    show = models.ForeignKey(Show, on_delete=models.PROTECT, related_name="called_off")
    starts_at = models.DateTimeField()
    title = models.CharField(max_length=80)
    seconds = models.FloatField()
    because = models.CharField(max_length=300)
    called_off_at = models.DateTimeField()

    objects: ClassVar = models.Manager["CalledOff"]()

    class Meta:
        ordering = ["starts_at"]
        constraints = [
            models.UniqueConstraint(fields=["show", "starts_at"], name="an_occurrence_is_called_off_once"),
        ]

    def __str__(self) -> str:
        return f"{self.title}, {self.starts_at:%Y-%m-%d %H:%M}"
