"""The strip at the top of every curators' page: for each venue its state and its buttons."""

import re
from datetime import datetime
from typing import Any

from django import template
from django.template import RequestContext
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.timesince import timesince

from clouds import planning
from clouds.forms import HoldForm
from clouds.models import Venue

register = template.Library()


def ago(at: datetime | None) -> str:
    """How long ago, to the second while that matters."""
    if at is None:
        return "never"
    seconds = (timezone.now() - at).total_seconds()
    return f"{max(0, round(seconds))} s ago" if seconds < 120 else f"{timesince(at)} ago"


def state_of(venue: Venue, now: datetime) -> str:
    """What holds at a venue, in a sentence, with times of the venue."""

    def local(at: datetime) -> str:
        return f"{at.astimezone(venue.zone):%a %-d %b, %H:%M}"

    if venue.stopped_at:
        return f"Stopped by {venue.stopped_by} on {local(venue.stopped_at)}"
    if venue.held_until and venue.is_held(now):
        return f"On hold until {local(venue.held_until)}" + (f": {venue.held_because}" if venue.held_because else "")
    if not venue.is_open(now):
        opening = venue.next_opening(now)
        return f"Closed until {local(opening)}" if opening else "Closed, with no opening in sight"
    return "Open" if venue.is_conducted(now) else "Open, but no conductor beats"


@register.filter
def without_empty_heads(html: str) -> SafeString:
    """A table whose columns without a name have no head, since an empty head is read out as one."""
    return mark_safe(re.sub(r"<th([^>]*)></th>", r"<td\1></td>", html))  # noqa: S308 - it came from a template


@register.inclusion_tag("admin/strip.html", takes_context=True)
def strip(context: RequestContext) -> dict[str, Any]:
    """The venues, for those who may see them; the buttons, for those who may press them."""
    request, now = context["request"], timezone.now()
    user = request.user
    may_hold = user.is_staff and user.has_perm("clouds.hold_venue")
    may_see = may_hold or (user.is_staff and user.has_perm("clouds.view_venue"))
    venues = [
        {"venue": venue, "state": state_of(venue, now), "held": venue.is_held(now), "form": HoldForm(venue)}
        for venue in (Venue.objects.all() if may_see else [])
    ]
    back = request.get_full_path() if request.method == "GET" else ""
    behind = planning.clock_is_behind(now) if may_see else None
    return {"venues": venues, "may_hold": may_hold, "back": back, "behind": behind}
