"""Hours on the clocks of a place, and what falls into them. Pure."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from clouds.timeline import Do


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """When a day begins there: where the clocks skip midnight, at the first instant that there is."""
    return datetime.combine(day, time.min, zone)


def begin(at: datetime, zone: ZoneInfo) -> datetime:
    """When the hour in which `at` lies began on the clocks of a zone; the hour that happens twice is two hours."""
    return at.astimezone(zone).replace(minute=0, second=0, microsecond=0).astimezone(UTC)


def tally(puffs: Iterable[tuple[datetime, datetime | None, str]], zone: ZoneInfo) -> dict[datetime, tuple[int, float]]:
    """Of puffs, given as on, off and what the pump did: how many began in each hour, and their seconds of inflating.

    Those that are still on, which have no off, don't count yet.
    """
    found: dict[datetime, tuple[int, float]] = {}
    for on_at, off_at, pump in puffs:
        if off_at is not None:
            hour = begin(on_at, zone)
            count, seconds = found.get(hour, (0, 0.0))
            air = (off_at - on_at).total_seconds() if pump == Do.INFLATE else 0.0
            found[hour] = (count + 1, seconds + air)
    return found
