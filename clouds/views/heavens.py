"""Which sky hangs behind a page: the one over its venue at this moment."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core.cache import cache
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from clouds import daylight
from clouds.models import Venue

KEPT_SECONDS = 60


def over(venue: Venue | None, now: datetime) -> str:
    """The time of day there, as `html[data-phase]`; "" without a venue."""
    return daylight.phase(now.astimezone(venue.zone)) if venue else ""


def behind(request: HttpRequest) -> dict[str, Any]:
    """A context processor: `phase`, over the first venue, for pages that are about no venue of their own."""
    return {"phase": SimpleLazyObject(_over_the_first)}


def _over_the_first() -> str:
    zone = cache.get_or_set("first-zone", _zone_of_the_first, KEPT_SECONDS)
    return daylight.phase(timezone.now().astimezone(ZoneInfo(zone))) if zone else ""


def _zone_of_the_first() -> str:
    return Venue.objects.order_by("pk").values_list("time_zone", flat=True).first() or ""
