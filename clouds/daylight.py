"""What time of day it looks like at a place: from where the sun stands over the main city of its time zone. Pure."""

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from importlib import resources

# The tz database tells where each zone's main city lies: ISO 6709, ±DDMM±DDDMM or ±DDMMSS±DDDMMSS.
_PLACE = re.compile(r"^[^#\t]+\t([+-])(\d\d)(\d\d)(?:\d\d)?([+-])(\d{3})(\d\d)(?:\d\d)?\t(\S+)", re.MULTILINE)
# A zone that names no city, such as UTC, is taken for one in the middle of Europe, moved by its hours.
ELSEWHERE = 45.0
J2000 = datetime(2000, 1, 1, 12, tzinfo=UTC)

NIGHT_BELOW = -8.0
DAWN_BELOW = 4.0
DUSK_BELOW = -1.0
GOLDEN_BELOW = 9.0
MORNING_UNTIL = -40.0


class Phase(StrEnum):
    """How the sky looks."""

    NIGHT = "night"
    DAWN = "dawn"
    MORNING = "morning"
    NOON = "noon"
    GOLDEN = "golden"
    DUSK = "dusk"


@dataclass(frozen=True, slots=True)
class Sun:
    """Where it stands, in degrees: above the horizon, and since it stood highest (negative: before)."""

    height: float
    since_noon: float


def phase(at: datetime) -> Phase:
    """What time of day it looks like at this moment, whose time zone tells the place."""
    sun = sun_at(at, *place(at))
    if sun.height < NIGHT_BELOW:
        return Phase.NIGHT
    if sun.since_noon < 0:
        if sun.height < DAWN_BELOW:
            return Phase.DAWN
        return Phase.MORNING if sun.since_noon < MORNING_UNTIL else Phase.NOON
    if sun.height < DUSK_BELOW:
        return Phase.DUSK
    return Phase.GOLDEN if sun.height < GOLDEN_BELOW else Phase.NOON


def place(at: datetime) -> tuple[float, float]:
    """Latitude and longitude of the main city of a moment's time zone, in degrees; roughly, where it names none."""
    offset = at.utcoffset() or timedelta()
    return _places().get(str(at.tzinfo)) or (ELSEWHERE, offset / timedelta(hours=1) * 15)


def sun_at(at: datetime, latitude: float, longitude: float) -> Sun:
    """Where the sun stands, to about a tenth of a degree.

    The U.S. Naval Observatory's approximate solar coordinates (Astronomical Almanac, page C5), good from 1950 to 2050.
    """
    days = (at - J2000) / timedelta(days=1)
    anomaly = math.radians(357.529 + 0.98560028 * days)
    longitude_of_sun = math.radians(
        280.459 + 0.98564736 * days + 1.915 * math.sin(anomaly) + 0.020 * math.sin(2 * anomaly)
    )
    tilt = math.radians(23.439 - 0.00000036 * days)
    ascension = math.atan2(math.cos(tilt) * math.sin(longitude_of_sun), math.cos(longitude_of_sun))
    declination = math.asin(math.sin(tilt) * math.sin(longitude_of_sun))
    sidereal = 280.46062 + 360.98564737 * days + longitude
    hour_angle = (sidereal - math.degrees(ascension) + 180) % 360 - 180
    north = math.radians(latitude)
    sine = math.sin(north) * math.sin(declination)
    sine += math.cos(north) * math.cos(declination) * math.cos(math.radians(hour_angle))
    return Sun(math.degrees(math.asin(max(-1.0, min(1.0, sine)))), hour_angle)


@lru_cache(maxsize=1)
def _places() -> dict[str, tuple[float, float]]:
    table = (resources.files("tzdata") / "zoneinfo" / "zone.tab").read_text("utf-8")
    found = {}
    for north, degrees, minutes, east, far, far_minutes, zone in _PLACE.findall(table):
        latitude = int(degrees) + int(minutes) / 60
        longitude = int(far) + int(far_minutes) / 60
        found[zone] = (latitude if north == "+" else -latitude, longitude if east == "+" else -longitude)
    return found
