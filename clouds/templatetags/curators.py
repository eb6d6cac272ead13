"""The strip at the top of every curators' page: for each venue its state and its buttons."""

import re
from datetime import datetime
from typing import Any

from django import template
from django.template import RequestContext
from django.utils import timezone
from django.utils.dateformat import format as date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from clouds import planning
from clouds.forms import HoldForm
from clouds.models import Venue
from clouds.templatetags import telling

register = template.Library()


def ago(at: datetime | None) -> str:
    """How long ago, to the second while that matters."""
    if at is None:
        return _("never")
    seconds = (timezone.now() - at).total_seconds()
    how_long = telling.duration(max(0, round(seconds))) if seconds < 120 else timesince(at)
    return _("%(how_long)s ago") % {"how_long": how_long}


def state_of(venue: Venue, now: datetime) -> str:
    """What holds at a venue, in a sentence, with times of the venue."""

    def local(at: datetime) -> str:
        return date_format(at.astimezone(venue.zone), "D j M, H:i")

    if venue.stopped_at:
        return _("Stopped by %(name)s on %(time)s") % {"name": venue.stopped_by, "time": local(venue.stopped_at)}
    if venue.held_until and venue.is_held(now):
        held = _("On hold until %(time)s") % {"time": local(venue.held_until)}
        return f"{held}: {venue.held_because}" if venue.held_because else held
    if not venue.is_open(now):
        opening = venue.next_opening(now)
        if opening is None:
            return _("Closed, with no opening in sight")
        return _("Closed until %(time)s") % {"time": local(opening)}
    return _("Open") if venue.is_conducted(now) else _("Open, but no conductor beats")


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
