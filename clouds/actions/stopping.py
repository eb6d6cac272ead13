"""A venue is stopped or held, and set free again."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from clouds import refusals
from clouds.actions.waking import tell
from clouds.models import Act, Run, User, Venue


def stop(venue: Venue, *, by: User) -> None:
    """Stop everything: every plug of the venue is switched off, what plays and what waits is ended, until a release.

    Shows that begin later stay as they are: they are skipped when nobody has released it by then.
    """
    now = timezone.now()
    with transaction.atomic():
        Venue.objects.filter(pk=venue.pk, stopped_at=None).update(stopped_at=now, stopped_by=by.name)
        waiting = Run.objects.at(venue).waiting().exclude(source=Run.Source.SHOW, nominal_at__gt=now)
        waiting.end(Run.Outcome.STOPPED, _("Everything was stopped by %(name)s.") % {"name": by.name}, now)
        Act.record(Act.Kind.STOP, venue, by, "", now)
    tell(venue, now)


def release(venue: Venue, *, by: User) -> None:
    """End a stop."""
    now = timezone.now()
    with transaction.atomic():
        Venue.objects.filter(pk=venue.pk).update(stopped_at=None, stopped_by="")
        Act.record(Act.Kind.RELEASE, venue, by, "", now)
    tell(venue, now)


def hold(venue: Venue, *, until: datetime, because: str, by: User) -> None:
    """Keep shows and visitors away until a time, and tell them why.

    What plays ends as planned; visitors who wait, wait; shows that are due meanwhile are skipped.
    """
    now, because = timezone.now(), because.strip()[:200]
    if until <= now:
        raise refusals.OutOfBounds(_("A hold ends at a time that is still to come."))
    with transaction.atomic():
        Venue.objects.filter(pk=venue.pk).update(held_until=until, held_because=because)
        local = f"{until.astimezone(venue.zone):%Y-%m-%d %H:%M}"
        Act.record(Act.Kind.HOLD, venue, by, _("until %(time)s: %(why)s") % {"time": local, "why": because}, now)
    tell(venue, now)


def end_hold(venue: Venue, *, by: User) -> None:
    """End a hold before its time."""
    now = timezone.now()
    with transaction.atomic():
        Venue.objects.filter(pk=venue.pk, held_until__gt=now).update(held_until=now)
        Act.record(Act.Kind.END_HOLD, venue, by, "", now)
    tell(venue, now)
