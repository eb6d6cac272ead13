"""A place: its time zone, hours, hold and stop, and who conducts it."""

import re
import zoneinfo
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clouds import processes, recurrence

# A conductor beats every second; one that has not beaten for so long has lost the baton.
BEAT_LASTS = timedelta(seconds=5)


def validate_time_zone(name: str) -> None:
    """Raise ValidationError unless this is an IANA time zone."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(
            _("“%(name)s” is not a time zone. Write it as Europe/Berlin or America/New_York.") % {"name": name[:40]}
        )


_CLOSED = re.compile(
    r"(?P<first>\d{4}-\d\d-\d\d)(?:\s*(?:to|–|-)\s*(?P<last>\d{4}-\d\d-\d\d))?(?:\s*[:,]?\s+(?P<why>.*))?"
)
MOST_CLOSED_LINES = 400
# A year of closed days in a row, and some: further on nobody looks for an opening.
LOOK_AHEAD_DAYS = 400


@dataclass(frozen=True, slots=True)
class Closed:
    """Days on which a venue stays closed, both included, and why."""

    first: date
    last: date
    because: str


@lru_cache(maxsize=64)
def closed_days(text: str) -> tuple[Closed, ...]:
    """The closed days that a curator wrote, a line each. Raises ValidationError, naming the line."""
    found = []
    for line in filter(None, map(str.strip, text.splitlines())):
        parts = _CLOSED.fullmatch(line)
        try:
            first = date.fromisoformat(parts["first"]) if parts else None
            last = date.fromisoformat(parts["last"]) if parts and parts["last"] else first
        except ValueError:
            first = last = None
        if parts is None or first is None or last is None:
            raise ValidationError(
                _("“%(line)s” is not a day. Write it as 2026-12-24, or 2026-12-24 to 2026-12-26: Christmas.")
                % {"line": line[:60]}
            )
        if last < first:
            raise ValidationError(_("“%(line)s” ends before it begins.") % {"line": line[:60]})
        found.append(Closed(first, last, parts["why"] or ""))
    if len(found) > MOST_CLOSED_LINES:
        raise ValidationError(
            _("Give at most %(most)s lines; days that are over can go.") % {"most": MOST_CLOSED_LINES}
        )
    return tuple(found)


def validate_closed_days(text: str) -> None:
    """Raise ValidationError unless each line is a day or a span of days."""
    closed_days(text)


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
        max_length=60,
        default="UTC",
        validators=[validate_time_zone],
        help_text=gettext_lazy("IANA name, such as Europe/Berlin."),
    )
    opens_at = models.TimeField(
        gettext_lazy("opens"), null=True, blank=True, help_text=gettext_lazy("Leave both empty if it is always open.")
    )
    closes_at = models.TimeField(gettext_lazy("closes"), null=True, blank=True)
    closed_on = models.TextField(
        gettext_lazy("closed days"),
        blank=True,
        max_length=20_000,
        validators=[validate_closed_days],
        help_text=gettext_lazy(
            "One line for each: 2026-12-25, or 2026-12-24 to 2026-12-26: Christmas. "
            "Hours that go past midnight belong to the day on which they begin."
        ),
    )
    cluster = models.SlugField(
        default=default_cluster, help_text=gettext_lazy("The django-q2 cluster that reaches this venue's plugs.")
    )

    stopped_at = models.DateTimeField(null=True, editable=False)
    stopped_by = models.CharField(max_length=80, blank=True, editable=False)
    held_until = models.DateTimeField(null=True, editable=False)
    held_because = models.CharField(gettext_lazy("reason"), max_length=200, blank=True, editable=False)

    conductor = models.CharField(max_length=200, blank=True, editable=False)
    conductor_beat_at = models.DateTimeField(null=True, editable=False)
    woken_at = models.DateTimeField(null=True, editable=False)
    canary_at = models.DateTimeField(null=True, editable=False)
    planned_until = models.DateTimeField(null=True, editable=False)

    objects: ClassVar = VenueQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        permissions = [("hold_venue", "Can stop, release and hold a venue")]
        constraints = [
            models.CheckConstraint(
                name="a_venue_opens_and_closes_or_neither",
                condition=Q(opens_at__isnull=True, closes_at__isnull=True)
                | Q(opens_at__isnull=False, closes_at__isnull=False) & ~Q(opens_at=F("closes_at")),
                violation_error_message=gettext_lazy(
                    "Give an opening and a closing time that differ, or leave both empty."
                ),
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

    def closed_because(self, day: date) -> str | None:
        """Why it stays closed on a day, "" for no reason given; None if it doesn't."""
        return next((days.because for days in closed_days(self.closed_on) if days.first <= day <= days.last), None)

    def hours_on(self, day: date) -> tuple[datetime, datetime] | None:
        """When the opening that begins on this day begins and ends; None if there is none."""
        if self.closed_because(day) is not None:
            return None
        opens_at, closes_at = self.opens_at or time.min, self.closes_at or time.min
        ends_on = day if opens_at < closes_at else day + timedelta(days=1)
        return (
            recurrence.resolve(datetime.combine(day, opens_at), self.zone),
            recurrence.resolve(datetime.combine(ends_on, closes_at), self.zone),
        )

    def is_open(self, now: datetime) -> bool:
        """Whether `now` lies in its opening hours; hours may go past midnight."""
        if self.opens_at is None and not self.closed_on:
            return True
        return self._opening_at(now) is not None

    def next_opening(self, now: datetime) -> datetime | None:
        """When it opens next, if it is closed at `now`; `now` itself if it is open; None if it stays closed."""
        if self.is_open(now):
            return now
        today = now.astimezone(self.zone).date()
        openings = (self.hours_on(today + timedelta(days=ahead)) for ahead in range(LOOK_AHEAD_DAYS))
        return next((hours[0] for hours in openings if hours and hours[0] > now), None)

    def next_closing(self, now: datetime) -> datetime | None:
        """When the opening at `now` ends; None if it is closed, or open for ever."""
        if self.opens_at is None:
            return None
        hours = self._opening_at(now)
        return hours[1] if hours else None

    def _opening_at(self, now: datetime) -> tuple[datetime, datetime] | None:
        today = now.astimezone(self.zone).date()
        openings = [self.hours_on(today - timedelta(days=1)), self.hours_on(today)]
        return next((hours for hours in openings if hours and hours[0] <= now < hours[1]), None)

    def is_conducted(self, now: datetime) -> bool:
        """Whether a conductor holds the baton: it has beaten lately, and its process is not known to be gone."""
        if not self.conductor or self.conductor_beat_at is None or processes.is_gone(self.conductor):
            return False
        return now - self.conductor_beat_at < BEAT_LASTS
