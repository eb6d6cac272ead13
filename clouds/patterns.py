"""What a curator picks when a show occurs, to and from a recurrence rule, and in words."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time
from enum import StrEnum

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from clouds import recurrence
from clouds.recurrence import BadRule

_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
# Each day of the week: a language may say “on Mondays” as it will.
EACH_DAY = (
    gettext_lazy("Mondays"),
    gettext_lazy("Tuesdays"),
    gettext_lazy("Wednesdays"),
    gettext_lazy("Thursdays"),
    gettext_lazy("Fridays"),
    gettext_lazy("Saturdays"),
    gettext_lazy("Sundays"),
)
NTH_NAMES = {
    1: gettext_lazy("first"),
    2: gettext_lazy("second"),
    3: gettext_lazy("third"),
    4: gettext_lazy("fourth"),
    5: gettext_lazy("fifth"),
    -1: gettext_lazy("last"),
}
# RFC 5545 lets BYSETPOS count up to 366, from either end.
_MOST_PLACES = 366


class Kind(StrEnum):
    """The simple ways in which shows recur, and a rule that is typed for all others."""

    ONCE = "once"
    DAILY = "daily"
    WEEKDAYS = "weekdays"
    MINUTES = "minutes"
    MONTH_DAY = "month_day"
    MONTH_WEEKDAY = "month_weekday"
    TYPED = "typed"


@dataclass(frozen=True, slots=True)
class Pattern:
    """What was picked. Weekdays count from 0, which is Monday; `month_day` and `nth` of -1 are the last.

    With MINUTES a show occurs every so many minutes from its time to `last`, included, on `weekdays` or every day.
    """

    kind: Kind
    weekdays: tuple[int, ...] = ()
    every_minutes: int = 0
    last: time | None = None
    month_day: int = 0
    nth: int = 0
    typed: str = ""


def rrule(pattern: Pattern, start: time) -> str:
    """The rule of a pattern; "" for once. Raises BadRule, with a sentence, when something is missing or can't be."""
    match pattern.kind:
        case Kind.ONCE:
            return ""
        case Kind.DAILY:
            return "FREQ=DAILY"
        case Kind.WEEKDAYS:
            return f"FREQ=WEEKLY;BYDAY={_weekdays(pattern)}"
        case Kind.MINUTES:
            return _minutes(pattern, start)
        case Kind.MONTH_DAY:
            if not (1 <= pattern.month_day <= 31 or pattern.month_day == -1):
                raise BadRule(gettext_noop("Choose a day of the month."))
            return f"FREQ=MONTHLY;BYMONTHDAY={pattern.month_day}"
        case Kind.MONTH_WEEKDAY:
            if pattern.nth not in NTH_NAMES or len(pattern.weekdays) != 1:
                raise BadRule(gettext_noop("Choose which weekday of the month, such as the last Friday."))
            return f"FREQ=MONTHLY;BYDAY={pattern.nth}{_DAYS[pattern.weekdays[0]]}"
        case Kind.TYPED:
            return recurrence.parse(pattern.typed)


def pattern(rule: str, start: time) -> Pattern:
    """The pattern of a rule; one that has no simpler kind is typed."""
    parts = dict(part.split("=", 1) for part in rule.split(";")) if rule else {}
    days = parts.get("BYDAY", "")
    found = Pattern(Kind.TYPED, typed=rule)
    if not rule:
        found = Pattern(Kind.ONCE)
    elif rule == "FREQ=DAILY":
        found = Pattern(Kind.DAILY)
    elif re.fullmatch(r"FREQ=WEEKLY;BYDAY=[A-Z,]+", rule):
        found = Pattern(Kind.WEEKDAYS, weekdays=_numbers(days))
    elif re.fullmatch(r"FREQ=MONTHLY;BYMONTHDAY=-?\d+", rule):
        found = Pattern(Kind.MONTH_DAY, month_day=int(parts["BYMONTHDAY"]))
    elif re.fullmatch(r"FREQ=MONTHLY;BYDAY=-?\d[A-Z]{2}", rule):
        found = Pattern(Kind.MONTH_WEEKDAY, weekdays=_numbers(days[-2:]), nth=int(days[:-2]))
    elif rule.startswith("FREQ=DAILY;BYHOUR="):
        found = _pattern_of_minutes(parts, start) or found
    # What would be written otherwise is shown as it is.
    try:
        return found if rrule(found, start) == rule else Pattern(Kind.TYPED, typed=rule)
    except BadRule:
        return Pattern(Kind.TYPED, typed=rule)


def in_words(rule: str, start: time) -> str:
    """When it occurs, in words: “every day at 19:00”."""
    found, at = pattern(rule, start), {"at": f"{start:%H:%M}"}
    match found.kind:
        case Kind.ONCE:
            return _("once, at %(at)s") % at
        case Kind.DAILY:
            return _("every day at %(at)s") % at
        case Kind.WEEKDAYS:
            return _("%(days)s at %(at)s") % {**at, "days": _days_in_words(found.weekdays)}
        case Kind.MINUTES:
            return _minutes_in_words(found, start)
        case Kind.MONTH_DAY if found.month_day == -1:
            return _("on the last day of each month at %(at)s") % at
        case Kind.MONTH_DAY:
            return _("on day %(day)d of each month at %(at)s") % {**at, "day": found.month_day}
        case Kind.MONTH_WEEKDAY:
            named = {"nth": NTH_NAMES[found.nth], "day": WEEKDAYS[found.weekdays[0]]}
            return _("on the %(nth)s %(day)s of each month at %(at)s") % {**at, **named}
        case Kind.TYPED:
            return _("by the rule %(rule)s") % {"rule": rule}


def _minutes_in_words(found: Pattern, start: time) -> str:
    told = {"every": found.every_minutes, "first": f"{start:%H:%M}", "last": f"{found.last:%H:%M}"}
    if not found.weekdays:
        return _("every %(every)d minutes from %(first)s to %(last)s") % told
    days = _days_in_words(found.weekdays)
    return _("every %(every)d minutes from %(first)s to %(last)s, %(days)s") % {**told, "days": days}


def _days_in_words(weekdays: tuple[int, ...]) -> str:
    if weekdays == (0, 1, 2, 3, 4):
        return _("Mondays to Fridays")
    if weekdays == (5, 6):
        return _("Saturdays and Sundays")
    return listed([str(EACH_DAY[day]) for day in weekdays])


def listed(words: Sequence[str]) -> str:
    """One after the other: “Cumulus, Nimbus and Stratus”."""
    if len(words) < 2:
        return "".join(words)
    return _("%(some)s and %(last)s") % {"some": ", ".join(words[:-1]), "last": words[-1]}


def _weekdays(pattern: Pattern) -> str:
    if not pattern.weekdays:
        raise BadRule(gettext_noop("Choose at least one weekday."))
    return ",".join(_DAYS[day] for day in sorted(set(pattern.weekdays)))


def _numbers(days: str) -> tuple[int, ...]:
    return tuple(_DAYS.index(day) for day in days.split(",") if day in _DAYS)


def _minutes(pattern: Pattern, start: time) -> str:
    """Every so many minutes, beginning anew each day: hours and minutes of the day, and which of these count."""
    every, last = pattern.every_minutes, pattern.last
    if not 1 <= every < 24 * 60:
        raise BadRule(gettext_noop("Choose every how many minutes."))
    if last is None or last < start:
        raise BadRule(gettext_noop("Choose until when on each day, at or after the first time."))
    begin, end = start.hour * 60 + start.minute, last.hour * 60 + last.minute
    moments = list(range(begin, end + 1, every))
    hours = sorted({moment // 60 for moment in moments})
    step = math.gcd(every, 60)
    minutes = sorted({(begin + step * place) % 60 for place in range(60 // step)} & {m % 60 for m in moments})
    grid = [hour * 60 + minute for hour in hours for minute in minutes]
    parts = [f"BYHOUR={_list(hours)}", f"BYMINUTE={_list(minutes)}"]
    if pattern.weekdays:
        parts.append(f"BYDAY={_weekdays(pattern)}")
    if grid != moments:
        parts.append(f"BYSETPOS={_list(_places(grid, moments))}")
    rule = ";".join(["FREQ=DAILY", *parts])
    if len(rule) > recurrence.LONGEST_RULE:
        raise BadRule(
            gettext_noop(
                "That is too many times a day for one show. Choose 5, 10, 15, 20 or 30 minutes, or fewer hours."
            )
        )
    return rule


def _places(grid: list[int], moments: list[int]) -> list[int]:
    wanted = set(moments)
    places = [place for place, moment in enumerate(grid, start=1) if moment in wanted]
    return [place if place <= _MOST_PLACES else place - len(grid) - 1 for place in places]


def _list(numbers: list[int]) -> str:
    return ",".join(map(str, numbers))


def _pattern_of_minutes(parts: dict[str, str], start: time) -> Pattern | None:
    """The pattern whose times of the day are those of these parts."""
    if not {"BYHOUR", "BYMINUTE"} <= set(parts):
        return None
    grid = [
        hour * 60 + minute
        for hour in map(int, parts["BYHOUR"].split(","))
        for minute in map(int, parts["BYMINUTE"].split(","))
    ]
    places = [int(place) for place in parts["BYSETPOS"].split(",")] if "BYSETPOS" in parts else range(1, len(grid) + 1)
    moments = sorted(grid[place - 1 if place > 0 else place] for place in places if abs(place) <= len(grid))
    if not moments or moments[0] != start.hour * 60 + start.minute:
        return None
    every = moments[1] - moments[0] if len(moments) > 1 else 24 * 60 - 1
    last = time(moments[-1] // 60, moments[-1] % 60)
    return Pattern(Kind.MINUTES, weekdays=_numbers(parts.get("BYDAY", "")), every_minutes=every, last=last)
