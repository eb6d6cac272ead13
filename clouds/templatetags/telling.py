"""How moments and durations are told: a moment always in the time zone of the place it belongs to."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django import template
from django.utils import timezone
from django.utils.dateformat import format as date_format
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy, pgettext
from django.utils.translation import gettext as _

from clouds.models import Puff
from clouds.models.program import DOES
from clouds.timeline import Do

register = template.Library()

WHY = {
    Puff.Source.VISITOR: gettext_lazy("a visitor pressed"),
    Puff.Source.CURATOR: gettext_lazy("a curator asked"),
    Puff.Source.SHOW: gettext_lazy("part of a show"),
    Puff.Source.API: gettext_lazy("asked through the API"),
    Puff.Source.HAND: gettext_lazy("switched by hand at the plug"),
}

ENDINGS = {
    Puff.Outcome.ON: gettext_lazy("The pump is on now."),
    Puff.Outcome.DONE: gettext_lazy("It went as planned."),
    Puff.Outcome.STOPPED: gettext_lazy("It was ended before its time."),
    Puff.Outcome.FAILED: gettext_lazy("It did not work out."),
    Puff.Outcome.LOST: gettext_lazy("It was lost sight of while it played."),
}


def _told(at: datetime, zone: ZoneInfo, form: str) -> SafeString:
    local = at.astimezone(zone)
    return format_html('<time datetime="{}">{}</time>', local.isoformat(timespec="seconds"), date_format(local, form))


@register.filter
def clock(at: datetime, zone: ZoneInfo) -> SafeString:
    """14:03:20."""
    return _told(at, zone, "H:i:s")


@register.filter
def precise(at: datetime, zone: ZoneInfo) -> SafeString:
    """14:03:20.123."""
    local = at.astimezone(zone)
    told = f"{local:%H:%M:%S}.{local.microsecond // 1000:03}"
    return format_html('<time datetime="{}">{}</time>', local.isoformat(timespec="milliseconds"), told)


@register.filter
def hour(at: datetime, zone: ZoneInfo) -> SafeString:
    """14:03, or 14:03:20 where there are seconds to tell."""
    return _told(at, zone, "H:i:s" if at.second else "H:i")


@register.filter
def zoned_clock(at: datetime, zone: ZoneInfo) -> SafeString:
    """14:03:20 CET."""
    return _told(at, zone, "H:i:s T")


@register.filter
def day_and_clock(at: datetime, zone: ZoneInfo) -> SafeString:
    """Sun 22 Nov 2026, 14:03:20."""
    return _told(at, zone, "D j M Y, H:i:s")


@register.filter
def plain_minute(at: datetime, zone: ZoneInfo) -> str:
    """14:03, for a picture, where no elements can stand."""
    return f"{at.astimezone(zone):%H:%M}"


@register.filter
def day(at: datetime, zone: ZoneInfo) -> SafeString:
    """Sun 22 Nov 2026."""
    return _told(at, zone, "D j M Y")


@register.filter
def moment(at: datetime, zone: ZoneInfo) -> SafeString:
    """Sun 22 Nov 2026, 14:03:20 CET."""
    return _told(at, zone, "D j M Y, H:i:s T")


@register.filter
def when(at: datetime, zone: ZoneInfo) -> SafeString:
    """14:03:20 if that is today, else Mon 23 Nov, 10:00."""
    return _told(at, zone, _form(at, zone))


def plain_when(at: datetime, zone: ZoneInfo) -> str:
    """The same, where no markup may be."""
    return date_format(at.astimezone(zone), _form(at, zone))


def _form(at: datetime, zone: ZoneInfo) -> str:
    today = timezone.now().astimezone(zone).date()
    return "H:i:s" if at.astimezone(zone).date() == today else "D j M, H:i"


@register.filter
def from_when(at: datetime, zone: ZoneInfo) -> SafeString:
    """From 14:03:20 on."""
    return format_html(_("from {} on"), when(at, zone))


@register.filter
def duration(seconds: float) -> str:
    """5 s, or 4.7 s."""
    return _("%(number)s s") % {"number": number(seconds)}


def number(seconds: float) -> str:
    """5, or 4.7."""
    return f"{round(seconds, 1):g}"


@register.filter
def long_duration(seconds: float) -> str:
    """45 s, 12 min, or 17.5 h."""
    if seconds < 60:
        return duration(round(seconds))
    if seconds < 7200:
        return _("%(number)d min") % {"number": round(seconds / 60)}
    return _("%(number)s h") % {"number": f"{round(seconds / 3600, 1):g}"}


@register.filter
def thousands(number: int) -> str:
    """12,345."""
    return number_format(number, force_grouping=True)


@register.filter
def pick(these: Sequence[str], place: int) -> str:
    """The one at this place."""
    return these[place]


@register.filter
def doing(do: Do) -> str:
    """What a step does, in a word."""
    return str(DOES[do.value])


@register.filter
def why(puff: Puff) -> str:
    """Why it happened."""
    return str(WHY[Puff.Source(puff.source)])


@register.filter
def in_words(puff: Puff) -> str:
    """How it ended, in a sentence."""
    return str(ENDINGS[Puff.Outcome(puff.outcome)])


@register.filter
def ordinal(place: int) -> str:
    """2nd."""
    if not (get_language() or "en").startswith("en"):
        return pgettext("a place in line", "%(place)d.") % {"place": place}
    ending = "th" if place % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    return f"{place}{ending}"
