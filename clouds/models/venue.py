"""A place: its time zone, hours, hold and stop, and who conducts it."""

import zoneinfo
from datetime import datetime, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from clouds import processes

# A conductor beats every second; one that has not beaten for so long has lost the baton.
BEAT_LASTS = timedelta(seconds=5)


def validate_time_zone(name: str) -> None:
    """Raise ValidationError unless this is an IANA time zone."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(f"“{name[:40]}” is not a time zone. Write it as Europe/Berlin or America/New_York.")


def default_cluster() -> str:
    """The name of the cluster that a single machine runs."""
    return str(settings.Q_CLUSTER["name"])


class VenueQuerySet(models.QuerySet["Venue"]):
    """Venues."""

    def reached_by(self, cluster: str) -> "VenueQuerySet":
        """The venues whose plugs this django-q2 cluster reaches."""
        return self.filter(cluster=cluster)

    def held_by(self, conductor: str) -> "VenueQuerySet":
        """The venue whose baton this conductor holds."""
        return self.filter(conductor=conductor)


class Venue(models.Model):
    """A place with clouds."""

    name = models.CharField(max_length=80)
    slug = models.SlugField(unique=True)
    time_zone = models.CharField(
        max_length=60, default="UTC", validators=[validate_time_zone], help_text="IANA name, such as Europe/Berlin."
    )
    opens_at = models.TimeField("opens", null=True, blank=True, help_text="Leave both empty if it is always open.")
    closes_at = models.TimeField("closes", null=True, blank=True)
    cluster = models.SlugField(
        default=default_cluster, help_text="The django-q2 cluster that reaches this venue's plugs."
    )

    stopped_at = models.DateTimeField(null=True, editable=False)
    stopped_by = models.CharField(max_length=80, blank=True, editable=False)
    held_until = models.DateTimeField(null=True, editable=False)
    held_because = models.CharField("reason", max_length=200, blank=True, editable=False)

    conductor = models.CharField(max_length=200, blank=True, editable=False)
    conductor_beat_at = models.DateTimeField(null=True, editable=False)
    woken_at = models.DateTimeField(null=True, editable=False)
    canary_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar = VenueQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                name="a_venue_opens_and_closes_or_neither",
                condition=Q(opens_at__isnull=True, closes_at__isnull=True)
                | Q(opens_at__isnull=False, closes_at__isnull=False) & ~Q(opens_at=F("closes_at")),
                violation_error_message="Give an opening and a closing time that differ, or leave both empty.",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        """Its time zone."""
        return ZoneInfo(self.time_zone)

    def is_held(self, now: datetime) -> bool:
        """Whether a hold keeps visitors away at `now`."""
        return self.held_until is not None and now < self.held_until

    def is_open(self, now: datetime) -> bool:
        """Whether `now` lies in its opening hours; hours may go past midnight."""
        if self.opens_at is None or self.closes_at is None:
            return True
        clock = now.astimezone(self.zone).time()
        if self.opens_at < self.closes_at:
            return self.opens_at <= clock < self.closes_at
        return clock >= self.opens_at or clock < self.closes_at

    def next_opening(self, now: datetime) -> datetime:
        """When it opens next, if it is closed at `now`; `now` itself if it is open."""
        if self.opens_at is None or self.is_open(now):
            return now
        local = now.astimezone(self.zone)
        opening = datetime.combine(local.date(), self.opens_at, self.zone)
        return (
            opening if opening > local else datetime.combine(local.date() + timedelta(days=1), self.opens_at, self.zone)
        )

    def is_conducted(self, now: datetime) -> bool:
        """Whether a conductor holds the baton: it has beaten lately, and its process is not known to be gone."""
        if not self.conductor or self.conductor_beat_at is None or processes.is_gone(self.conductor):
            return False
        return now - self.conductor_beat_at < BEAT_LASTS
