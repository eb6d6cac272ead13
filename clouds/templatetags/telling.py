"""How moments and durations are told: a moment always in the time zone of the place it belongs to."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from clouds.models import Puff

register = template.Library()

WHY = {
    Puff.Source.VISITOR: "a visitor pressed",
    Puff.Source.CURATOR: "a curator asked",
    Puff.Source.SHOW: "part of a show",
    Puff.Source.API: "asked through the API",
    Puff.Source.HAND: "switched by hand at the plug",
}


def _told(at: datetime, zone: ZoneInfo, form: str) -> SafeString:
    local = at.astimezone(zone)
    return format_html('<time datetime="{}">{}</time>', local.isoformat(timespec="seconds"), local.strftime(form))


@register.filter
def clock(at: datetime, zone: ZoneInfo) -> SafeString:
    """14:03:20."""
    return _told(at, zone, "%H:%M:%S")


@register.filter
def hour(at: datetime, zone: ZoneInfo) -> SafeString:
    """14:03, or 14:03:20 where there are seconds to tell."""
    return _told(at, zone, "%H:%M:%S" if at.second else "%H:%M")


@register.filter
def zoned_clock(at: datetime, zone: ZoneInfo) -> SafeString:
    """14:03:20 CET."""
    return _told(at, zone, "%H:%M:%S %Z")


@register.filter
def day(at: datetime, zone: ZoneInfo) -> SafeString:
    """Sun 22 Nov 2026."""
    return _told(at, zone, "%a %-d %b %Y")


@register.filter
def moment(at: datetime, zone: ZoneInfo) -> SafeString:
    """Sun 22 Nov 2026, 14:03:20 CET."""
    return _told(at, zone, "%a %-d %b %Y, %H:%M:%S %Z")


@register.filter
def when(at: datetime, zone: ZoneInfo) -> SafeString:
    """14:03:20 if that is today, else Mon 23 Nov, 10:00."""
    return _told(at, zone, _form(at, zone))


def plain_when(at: datetime, zone: ZoneInfo) -> str:
    """The same, where no markup may be."""
    return at.astimezone(zone).strftime(_form(at, zone))


def _form(at: datetime, zone: ZoneInfo) -> str:
    today = timezone.now().astimezone(zone).date()
    return "%H:%M:%S" if at.astimezone(zone).date() == today else "%a %-d %b, %H:%M"


@register.filter
def from_when(at: datetime, zone: ZoneInfo) -> SafeString:
    """From 14:03:20 on."""
    return format_html("from {} on", when(at, zone))


@register.filter
def duration(seconds: float) -> str:
    """5 s, or 4.7 s."""
    return f"{number(seconds)} s"


def number(seconds: float) -> str:
    """5, or 4.7."""
    return f"{round(seconds, 1):g}"


@register.filter
def why(puff: Puff) -> str:
    """Why it happened."""
    return WHY[Puff.Source(puff.source)]


@register.filter
def ordinal(place: int) -> str:
    """2nd."""
    ending = "th" if place % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    return f"{place}{ending}"
