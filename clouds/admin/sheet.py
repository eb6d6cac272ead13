"""The day sheet of a venue, and its week: what is due in order, and what is in the way of it."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from clouds import daysheet, recurrence
from clouds.daysheet import Sky
from clouds.models import Venue

WIDTH, HEIGHT = 640, 120
HOURS = (0, 6, 12, 18, 24)


class BadDay(ValueError):
    """The day that was asked for is none."""


def context_of(venue: Venue, request: HttpRequest) -> dict[str, Any]:
    """What the day sheet shows. Raises BadDay."""
    now = timezone.now()
    today = now.astimezone(venue.zone).date()
    day = _day(request.GET.get("on", ""), today)
    since, until = _midnight(day, venue), _midnight(day + timedelta(days=1), venue)
    dues, skies = daysheet.make(venue, since, until, now)
    return {
        "venue": venue,
        "day": day,
        "before": day - timedelta(days=1),
        "after": day + timedelta(days=1),
        "is_today": day == today,
        "is_held": venue.is_held(now),
        "hours": _hours(venue, day),
        "visitors": _visitors(venue, day, since, until, now),
        "dues": dues,
        "curves": [] if until <= now else [_curve(sky, since, until) for sky in skies],
        "marks": [(round(hour / 24 * WIDTH), f"{hour}:00") for hour in HOURS],
        "week": [day + timedelta(days=ahead) for ahead in range(7)],
    }


def week_of(venue: Venue, request: HttpRequest) -> dict[str, Any]:
    """What the week's view shows: seven days from the one that is asked for. Raises BadDay."""
    now = timezone.now()
    first = _day(request.GET.get("on", ""), now.astimezone(venue.zone).date())
    days = [first + timedelta(days=ahead) for ahead in range(7)]
    dues, _skies = daysheet.make(venue, _midnight(first, venue), _midnight(days[-1] + timedelta(days=1), venue), now)
    found: dict[date, dict[tuple[str, bool], list[datetime]]] = {day: {} for day in days}
    for due in dues:
        at = due.event.starts_at.astimezone(venue.zone)
        found[at.date()].setdefault((due.event.title, due.plays), []).append(at)
    week = [(day, _hours(venue, day), [(*key, times) for key, times in shows.items()]) for day, shows in found.items()]
    return {
        "venue": venue,
        "days": week,
        "before": first - timedelta(days=7),
        "after": first + timedelta(days=7),
    }  # fmt: skip


def _day(text: str, today: date) -> date:
    try:
        day = date.fromisoformat(text) if text else today
    except ValueError as error:
        raise BadDay(_("Write the day as 2026-12-31.")) from error
    if not 1971 <= day.year <= 2998:
        raise BadDay(_("Choose a day from 1971 to 2998."))
    return day


def _midnight(day: date, venue: Venue) -> datetime:
    return recurrence.resolve(datetime.combine(day, time()), venue.zone)


def _hours(venue: Venue, day: date) -> str:
    """When it is open on a day, in words."""
    because = venue.closed_because(day)
    if because is not None:
        return _("Closed: %(because)s") % {"because": because} if because else _("Closed")
    if venue.opens_at is None or venue.closes_at is None:
        return _("Always open")
    hours = {"begin": f"{venue.opens_at:%H:%M}", "end": f"{venue.closes_at:%H:%M}"}
    return _("Open %(begin)s to %(end)s") % hours


def _visitors(venue: Venue, day: date, since: datetime, until: datetime, now: datetime) -> str:
    """What all this means for visitors on a day, in a sentence; "" for a day that is over."""
    if until <= now:
        return ""
    hours = venue.hours_on(day)
    if hours is None:
        return _("Visitors can't puff, and are told that it is closed.")
    if venue.stopped_at:
        return _("Visitors can't puff until somebody releases it.")
    begins, ends = hours
    sentence = _("Visitors may puff, and wait while a protected show plays.")
    if venue.opens_at is not None:
        spoken = {"begin": f"{begins.astimezone(venue.zone):%H:%M}", "end": f"{ends.astimezone(venue.zone):%H:%M}"}
        sentence = _("Visitors may puff from %(begin)s to %(end)s, and wait while a protected show plays.") % spoken
    if venue.held_until and max(now, since) < venue.held_until:
        held = f"{min(venue.held_until, until).astimezone(venue.zone):%H:%M}"
        whole = venue.held_until >= min(until, ends)
        sentence = (
            _("Visitors can't puff on this day: it is on hold.")
            if whole
            else sentence + " " + _("Until %(time)s they can't: it is on hold.") % {"time": held}
        )
    return sentence


def _curve(sky: Sky, since: datetime, until: datetime) -> dict[str, Any]:
    """How full a cloud gets over the day, as a line; what lies outside the day is left out."""
    span = (until - since).total_seconds()
    points = [
        f"{(at - since).total_seconds() / span * WIDTH:.1f},{HEIGHT * (1 - min(fill, 1.0)):.1f}"
        for at, fill in sky.curve
        if since <= at <= until
    ]
    most = max((fill for _at, fill in sky.curve), default=0.0)
    return {"cloud": sky.cloud, "points": " ".join(points), "most": round(most * 100), "width": WIDTH, "height": HEIGHT}
