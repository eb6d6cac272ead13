"""The history in three charts: when in the week, how many a day, how much air."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _

from clouds import charts
from clouds.charts import Hour, Stretch
from clouds.models import Cloud, Tally, Venue
from clouds.selection import ChartsForm
from clouds.views.answers import reads

A_DAY = timedelta(days=1)
A_WEEK = 7
# From so many seconds a day on, minutes are easier to grasp.
IN_MINUTES_FROM = 600


@reads
def page(request: HttpRequest) -> HttpResponse:
    """The charts of a cloud, or of all, over a span that ends today."""
    form = ChartsForm(request.GET)
    if not form.is_valid():
        return render(request, "clouds/charts.html", {"form": form}, status=400)
    cloud, days, now = form.cleaned_data["cloud"], form.days, timezone.now()
    venues = [cloud.venue] if cloud else list(Venue.objects.all())
    today = max((now.astimezone(venue.zone).date() for venue in venues), default=now.date())
    since = today - timedelta(days=days - 1) if days else None
    hours = [hour for hour in _hours(venues, cloud, since) if since is None or hour.day >= since]
    first = since or min((hour.day for hour in hours), default=today)
    context = {
        "form": form,
        "spans": [(words, urlencode(form.asked() | {"span": name}), name == form.chosen) for name, words in form.SPANS],
        "zones": sorted({venue.time_zone for venue in venues}),
        "puffs": sum(hour.puffs for hour in hours),
        "seconds": sum(hour.seconds for hour in hours),
        "first": first,
        "today": today,
        **(_charts(hours, first, max(today, *(hour.day for hour in hours))) if hours else {}),
    }
    return render(request, "clouds/charts.html", context)


def _hours(venues: Sequence[Venue], cloud: Cloud | None, since: date | None) -> list[Hour]:
    """What is kept of each hour, on the clocks of its place."""
    zones = {venue.zone for venue in venues}
    found: list[Hour] = []
    for zone in zones:
        kept = Tally.objects.order_by()
        if cloud:
            kept = kept.filter(cloud=cloud)
        elif len(zones) > 1:
            kept = kept.filter(cloud__in=list(Cloud.objects.filter(venue__time_zone=zone.key)))
        if since:
            # A day more, since the day begins sooner in some places than in UTC.
            kept = kept.filter(begins_at__gte=datetime.combine(since - A_DAY, time.min, UTC))
        found += charts.local(kept.values_list("begins_at").annotate(Sum("puffs"), Sum("seconds")), zone)
    return found


def _charts(hours: Sequence[Hour], first: date, last: date) -> dict[str, Any]:
    days = charts.stretches(hours, first, last)
    in_minutes = max(one.seconds_a_day for one in days) >= IN_MINUTES_FROM
    divisor = 60 if in_minutes else 1
    return {
        "heat": charts.heat_map(hours),
        "weekdays": [str(WEEKDAYS_ABBR[number]) for number in range(7)],
        "stretches": days,
        "averaged": _averaged(days),
        "by_month": max(one.days for one in days) > A_WEEK,
        "puffs_a_day": charts.bars(days, [one.puffs_a_day for one in days]),
        "air_a_day": charts.bars(days, [one.seconds_a_day / divisor for one in days]),
        "air_in": _("minutes") if in_minutes else _("seconds"),
        "air_unit": _(" min") if in_minutes else _(" s"),
    }


def _averaged(days: Sequence[Stretch]) -> str:
    """What a bar stands for."""
    longest = max(one.days for one in days)
    if longest == 1:
        return _("One bar for each day.")
    return _("Each bar is the average of a week.") if longest <= A_WEEK else _("Each bar is the average of a month.")
