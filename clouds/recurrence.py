"""When does a show occur? Pure: wall times and a zone in, instants out, and time comes in as an argument."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr


class BadRule(ValueError):
    """The rule cannot be followed; the message says why, in a curator's words."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Wall times where the clouds hang, from `start` on; `until` is the last day, included."""

    start: datetime
    zone: ZoneInfo
    rrule: str = ""
    until: date | None = None
    left_out: frozenset[date] = frozenset()
    added: frozenset[datetime] = frozenset()


def resolve(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant of a wall time: its first one, or where there is none the first instant after the gap."""
    aware = wall.replace(tzinfo=zone, fold=0)
    if aware.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == wall:
        return aware.astimezone(UTC)
    low = wall.replace(tzinfo=UTC) - timedelta(days=2)
    high = wall.replace(tzinfo=UTC) + timedelta(days=2)
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=1) // 2)
        if middle.astimezone(zone).replace(tzinfo=None) < wall:
            low = middle
        else:
            high = middle
    return high


def parse(rrule: str) -> str:
    """The text of a rule as it is kept. Raises BadRule."""
    text = rrule.strip().upper().removeprefix("RRULE:")
    try:
        rrulestr(text, dtstart=datetime(2000, 1, 1))
    except (ValueError, TypeError, AttributeError) as error:
        raise BadRule(f"“{rrule[:60]}” is not a recurrence rule.") from error
    return text


def check(rule: Rule) -> None:
    """Raise BadRule if a rule never occurs."""
    if next(occurrences(rule, datetime(1970, 1, 2, tzinfo=UTC)), None) is None:
        raise BadRule("This never occurs.")


def occurrences(rule: Rule, after: datetime, before: datetime | None = None) -> Iterator[datetime]:
    """The instants from `after` on and before `before`, in order, each once."""
    walls = iter([rule.start]) if not rule.rrule else _walls(rule)
    extra = sorted(rule.added)
    last = None
    for wall in _merged(walls, extra, rule):
        instant = resolve(wall, rule.zone)
        if before is not None and instant >= before:
            return
        if instant >= after and instant != last:
            yield instant
        last = instant


def _walls(rule: Rule) -> Iterator[datetime]:
    try:
        return iter(rrulestr(rule.rrule, dtstart=rule.start))
    except (ValueError, TypeError, AttributeError) as error:
        raise BadRule(f"“{rule.rrule[:60]}” is not a recurrence rule.") from error


def _merged(walls: Iterator[datetime], extra: list[datetime], rule: Rule) -> Iterator[datetime]:
    extra = list(extra)
    for wall in walls:
        if rule.until is not None and wall.date() > rule.until:
            break
        while extra and extra[0] <= wall:
            yield extra.pop(0)
        if wall.date() not in rule.left_out:
            yield wall
    yield from extra
