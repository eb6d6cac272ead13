"""When does a show occur? Pure: wall times and a zone in, instants out, and time comes in as an argument.

A rule is wall time where the clouds hang, and each occurrence is resolved by itself: a time that does not exist is the
first instant that does, a time that happens twice happens the first time. Rules are RFC 5545's.
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice, pairwise
from math import gcd
from zoneinfo import ZoneInfo

from dateutil import rrule as rfc

from clouds.wording import Worded, gettext_noop

LONGEST_RULE = 500
FIRST_YEAR, LAST_YEAR = 1970, 2999
MOST_COUNTED = 10_000
CLOSEST = timedelta(minutes=1)
# So far ahead is looked for the next occurrences: twenty leap days that are Mondays take 560 years. Rules that have to
# be followed day by day are given up sooner, since what has not occurred by then is not worth the wait.
LOOKED_FOR_YEARS = 600
LOOKED_FOR_YEARS_BY_DAYS = 120
_DAY = timedelta(days=1)
_ANY_DAY = datetime(2000, 1, 1)
_PARTS = {
    "FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYMONTH", "BYWEEKNO", "BYYEARDAY", "BYMONTHDAY", "BYDAY", "BYHOUR",
    "BYMINUTE", "BYSECOND", "BYSETPOS",
}  # fmt: skip
_STEPS = {"HOURLY": timedelta(hours=1), "MINUTELY": timedelta(minutes=1)}
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


class BadRule(Worded):
    """The rule cannot be followed; the message says why, in a curator's words."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Wall times where the clouds hang: `start`, and by `rrule` again until the day `until`, which is included.

    Days that are `left_out` have none of them; what is `added` comes on top, whatever the rest says.
    """

    start: datetime
    zone: ZoneInfo
    rrule: str = ""
    until: date | None = None
    left_out: frozenset[date] = frozenset()
    added: frozenset[datetime] = frozenset()


def resolve(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant of a wall time, in UTC: its first one or, where it is skipped, the first instant after the gap."""
    instant = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if _wall(instant, zone) == wall:
        return instant
    # In a gap (PEP 495) fold=0 goes by the offset before it, so that this lies after the gap, and fold=1 before it.
    before, after = wall.replace(tzinfo=zone, fold=1).astimezone(UTC), instant
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        before, after = (middle, after) if _wall(middle, zone) < wall else (before, middle)
    return after.replace(microsecond=0)


def _wall(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None)


def occurrences(rule: Rule, after: datetime, before: datetime | None = None) -> Iterator[datetime]:
    """The instants at which it occurs, from `after` on and before `before`, in order and each once, in UTC.

    Raises BadRule for a rule that can't be read.
    """
    last = None
    # A later wall time is never an earlier instant, so that what comes in order stays so.
    for wall in heapq.merge(_rule_walls(rule, _first_wall(after, rule.zone)), sorted(rule.added)):
        instant = resolve(wall, rule.zone)
        if before is not None and instant >= before:
            return
        if instant >= after and (last is None or instant > last):
            last = instant
            yield instant


def _first_wall(after: datetime, zone: ZoneInfo) -> datetime:
    """A wall time before which none is an instant after `after`: earlier where clocks have just changed."""
    after = max(after, _EARLIEST)
    changed = (after - 2 * _DAY).astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset()
    return _wall(after, zone) - (2 * _DAY if changed else timedelta())


def parse(rrule: str) -> str:
    """The text of a rule as it is kept. Raises BadRule if it is none, or occurs more than once a minute."""
    text = rrule.strip().upper().removeprefix("RRULE:").rstrip(";")
    if len(text) > LONGEST_RULE:
        raise BadRule(gettext_noop("A rule may have %(most)s characters."), most=LONGEST_RULE)
    parts = _read(text)
    if parts["FREQ"] == "SECONDLY" or "," in parts.get("BYSECOND", ""):
        raise BadRule(gettext_noop("A show can occur once a minute at most."))
    if parts["FREQ"] in _STEPS and "BYSETPOS" in parts:
        raise BadRule(gettext_noop("BYSETPOS makes sense only for rules by the day, week, month or year."))
    if "COUNT" in parts and int(parts["COUNT"]) > MOST_COUNTED:
        raise BadRule(gettext_noop("COUNT can be %(most)s at most."), most=MOST_COUNTED)
    return text


def check(rule: Rule) -> None:
    """Raise BadRule, with a sentence, for a rule that can't be read, never occurs, or occurs too often."""
    years = [day.year for day in (rule.start, rule.until, *rule.left_out, *rule.added) if day]
    if not all(FIRST_YEAR <= year <= LAST_YEAR for year in years):
        raise BadRule(gettext_noop("Choose days from %(first)s to %(last)s."), first=FIRST_YEAR, last=LAST_YEAR)
    if rule.rrule:
        parse(rule.rrule)
    if rule.until is not None and rule.until < rule.start.date():
        raise BadRule(gettext_noop("The last day is before the first one."))
    found = list(_first(rule, 50))
    if not found:
        raise BadRule(gettext_noop("This never occurs."))
    if any(second - first < CLOSEST for first, second in pairwise(found)):
        raise BadRule(gettext_noop("A show can occur once a minute at most."))


def _first(rule: Rule, count: int) -> Iterator[datetime]:
    found = occurrences(rule, resolve(rule.start, rule.zone) - _DAY)
    return (instant for _, instant in zip(range(count), found, strict=False))


def _rule_walls(rule: Rule, since: datetime) -> Iterator[datetime]:
    """The wall times of the rule itself, in order, from about `since` on, which saves looking at all before."""
    until = _until(rule)
    walls = _seek(rule.rrule, rule.start, since, until) if rule.rrule else iter([rule.start])
    for wall in walls:
        if wall > until:
            return
        if wall >= rule.start and wall.date() not in rule.left_out:
            yield wall


def _until(rule: Rule) -> datetime:
    """The last wall time that may be: of the rule's last day, and of UNTIL in its text."""
    last = datetime.combine(rule.until, time.max) if rule.until else datetime(LAST_YEAR, 12, 31, 23, 59, 59)
    text = _read(rule.rrule).get("UNTIL", "") if rule.rrule else ""
    if not text:
        return last
    if "T" not in text:
        return min(last, datetime.combine(_moment(text, "%Y%m%d").date(), time.max))
    moment = _moment(text.rstrip("Z"), "%Y%m%dT%H%M%S")
    return min(last, _wall(moment.replace(tzinfo=UTC), rule.zone) if text.endswith("Z") else moment)


def _moment(text: str, form: str) -> datetime:
    try:
        return datetime.strptime(text, form)
    except ValueError as error:
        raise BadRule(gettext_noop("Write UNTIL as 20261231 or 20261231T235959.")) from error


@lru_cache(maxsize=512)
def _read(text: str) -> dict[str, str]:
    """The parts of a rule. Raises BadRule."""
    pairs = [part.partition("=") for part in text.split(";")]
    parts = {name: value for name, _, value in pairs}
    if len(parts) < len(pairs) or not set(parts) <= _PARTS or not all(parts.values()) or "FREQ" not in parts:
        raise BadRule(
            gettext_noop("“%(text)s” is not a recurrence rule. One looks like FREQ=WEEKLY;BYDAY=MO,FR."), text=text[:60]
        )
    if not all(parts.get(name, "1").isdecimal() and int(parts.get(name, "1")) for name in ("INTERVAL", "COUNT")):
        raise BadRule(gettext_noop("INTERVAL and COUNT are whole numbers from 1."))
    # Whether an interval ever meets the hours and minutes depends on the start (`_ever_meets`).
    _rfc(";".join(f"{name}={value}" for name, value in parts.items() if name not in ("UNTIL", "INTERVAL")), _ANY_DAY)
    days = parts.get("BYDAY", "").split(",")
    if any(len(day) == 2 for day in days) and any(len(day) > 2 for day in days):
        # The library takes “the first Monday, and Tuesdays” for days that are both, of which there are none.
        most = 5 if parts["FREQ"] == "MONTHLY" or "BYMONTH" in parts else 53
        nths = {day: range(1, most + 1) if len(day) == 2 else [""] for day in days}
        parts["BYDAY"] = ",".join(f"{nth}{day}" for day in days for nth in nths[day])
    return parts


def _rfc(text: str, start: datetime) -> "rfc.rrule":
    try:
        found = rfc.rrulestr(text, dtstart=start)
    except (ValueError, TypeError, AttributeError, IndexError, KeyError, OverflowError) as error:
        raise BadRule(
            gettext_noop("“%(text)s” is not a recurrence rule. One looks like FREQ=WEEKLY;BYDAY=MO,FR."), text=text[:60]
        ) from error
    if not isinstance(found, rfc.rrule):
        raise BadRule(gettext_noop("Give one rule."))
    return found


def _seek(text: str, start: datetime, since: datetime, until: datetime) -> Iterator[datetime]:
    """The wall times of a rule from `start` until `until`, without those that lie long before `since`."""
    parts = _read(text)
    if "COUNT" in parts:
        # Counted from the start on; and sought all the same, since one that never occurs has no end of it.
        rest = ";".join(f"{name}={value}" for name, value in parts.items() if name != "COUNT")
        return islice((wall for wall in _seek(rest, start, start, until) if wall >= start), int(parts["COUNT"]))
    if parts["FREQ"] in _STEPS:
        return _within_days(parts, start, since, until)
    parts = _by_years({**parts, **_taken_from(parts, start)})
    text = ";".join(f"{name}={value}" for name, value in parts.items() if name != "UNTIL")
    years = LOOKED_FOR_YEARS_BY_DAYS if parts["FREQ"] == "DAILY" else LOOKED_FOR_YEARS
    last = min(max(start, since) + timedelta(days=366 * years), until.replace(microsecond=0))
    return iter(_rfc(f"{text};UNTIL={last:%Y%m%dT%H%M%S}", _moved(parts, start, since)))


def _by_years(parts: dict[str, str]) -> dict[str, str]:
    """The same rule by years where it is one by days whose days are given: years are looked through much faster."""
    days = {"BYWEEKNO", "BYYEARDAY", "BYMONTHDAY", "BYDAY"} & set(parts)
    if parts["FREQ"] != "DAILY" or parts.get("INTERVAL", "1") != "1" or "BYSETPOS" in parts:
        return parts
    if not days and "BYMONTH" in parts:
        return {**parts, "FREQ": "YEARLY", "BYMONTHDAY": ",".join(map(str, range(1, 32)))}
    return {**parts, "FREQ": "YEARLY"} if days else parts


def _taken_from(parts: dict[str, str], start: datetime) -> dict[str, str]:
    """What a rule takes from its start where it doesn't say it itself: with it, its start can be moved."""
    more = {"BYHOUR": str(start.hour), "BYMINUTE": str(start.minute), "BYSECOND": str(start.second)}
    days = {"BYWEEKNO", "BYYEARDAY", "BYMONTHDAY", "BYDAY"} & set(parts)
    if not days and parts["FREQ"] == "YEARLY":
        more |= {"BYMONTH": str(start.month), "BYMONTHDAY": str(start.day)}
    elif not days and parts["FREQ"] == "MONTHLY":
        more["BYMONTHDAY"] = str(start.day)
    elif "BYDAY" not in parts and parts["FREQ"] == "WEEKLY":
        more["BYDAY"] = _DAYS[start.weekday()]
    return {name: value for name, value in more.items() if name not in parts}


def _moved(parts: dict[str, str], start: datetime, since: datetime) -> datetime:
    """The start, moved by whole intervals to shortly before `since`: what follows is the same."""
    every, freq = int(parts.get("INTERVAL", "1")), parts["FREQ"]
    if since <= start:
        return start
    if freq in ("DAILY", "WEEKLY"):
        step = timedelta(days=every * (7 if freq == "WEEKLY" else 1))
        return start + max(0, (since - start) // step - 1) * step
    months = every * (12 if freq == "YEARLY" else 1)
    passed = (since.year - start.year) * 12 + since.month - start.month
    moved = start.year * 12 + start.month - 1 + max(0, passed // months - 1) * months
    # The first of a month is there in each; the days that count are written out, and what is too early is left out.
    return start.replace(year=moved // 12, month=moved % 12 + 1, day=1, hour=0, minute=0, second=0)


def _within_days(parts: dict[str, str], start: datetime, since: datetime, until: datetime) -> Iterator[datetime]:
    """Every so many hours or minutes: the days that fit are found first, and then the times of each."""
    names = ("BYMONTH", "BYWEEKNO", "BYYEARDAY", "BYMONTHDAY", "BYDAY", "WKST")
    days = {name: parts[name] for name in names if name in parts}
    midnights = ";".join(["FREQ=DAILY", "BYHOUR=0", "BYMINUTE=0", "BYSECOND=0", *map("=".join, days.items())])
    low = max(start, since).replace(minute=0, second=0, microsecond=0)
    first = datetime.combine(low.date(), time())
    step = int(parts.get("INTERVAL", "1")) * _STEPS[parts["FREQ"]]
    for day in _seek(midnights, first, first, until) if _ever_meets(parts, start, step) else ():
        yield from _times_of(parts, day, max(low, day), start, step)


def _ever_meets(parts: dict[str, str], start: datetime, step: timedelta) -> bool:
    """Whether the steps from the start ever come to an hour and a minute that the rule names."""
    hours = _numbers(parts, "BYHOUR") or range(24)
    minutes = [start.minute] if parts["FREQ"] == "HOURLY" else _numbers(parts, "BYMINUTE") or range(60)
    apart, begin = gcd(step // timedelta(minutes=1), 24 * 60), start.hour * 60 + start.minute
    return any((hour * 60 + minute - begin) % apart == 0 for hour in hours for minute in minutes)


def _times_of(
    parts: dict[str, str], day: datetime, low: datetime, start: datetime, step: timedelta
) -> Iterator[datetime]:
    """The times of a day, from `low` on."""
    hours = _numbers(parts, "BYHOUR")
    minutes = _numbers(parts, "BYMINUTE") or ([start.minute] if parts["FREQ"] == "HOURLY" else [])
    second = int(parts.get("BYSECOND", start.second))
    unit = _STEPS[parts["FREQ"]]
    base = start.replace(second=0) if parts["FREQ"] == "MINUTELY" else start.replace(minute=0, second=0)
    wall = base + -((base - low) // step) * step if low > base else base
    while wall < day + _DAY:
        if wall >= low and (not hours or wall.hour in hours):
            for minute in minutes if unit > timedelta(minutes=1) else [wall.minute]:
                if unit > timedelta(minutes=1) or not minutes or minute in minutes:
                    yield wall.replace(minute=minute, second=second)
        wall += step


def _numbers(parts: dict[str, str], name: str) -> list[int]:
    return sorted(map(int, parts[name].split(","))) if name in parts else []


_EARLIEST = datetime(FIRST_YEAR, 1, 4, tzinfo=UTC)
