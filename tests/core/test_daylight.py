"""What time of day it looks like: the sun of the place, through its seasons."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from clouds import daylight
from clouds.daylight import Phase


def phases(zone: str, month: int) -> list[str]:
    """Of a day in the middle of a month, hour by hour, each once."""
    begin = datetime(2026, month, 21, tzinfo=ZoneInfo(zone))
    found = [daylight.phase(begin.replace(hour=hour, minute=half)) for hour in range(24) for half in (0, 30)]
    return [phase for phase, before in zip(found, [None, *found], strict=False) if phase != before]


# Sunrise and sunset as almanacs print them, when the sun's middle is 0.833 degrees under the horizon.
@pytest.mark.parametrize(
    ("moment", "zone"),
    [
        ("2026-06-21 04:43", "Europe/Berlin"),
        ("2026-06-21 21:33", "Europe/Berlin"),
        ("2026-12-21 16:32", "America/New_York"),
        ("2026-12-21 05:41", "Australia/Sydney"),
    ],
)
def test_the_sun_rises_and_sets_when_almanacs_say(moment: str, zone: str) -> None:
    at = datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo(zone))
    assert daylight.sun_at(at, *daylight.place(at)).height == pytest.approx(-0.833, abs=0.35)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Sydney", "Asia/Tokyo", "UTC"])
@pytest.mark.parametrize("month", [3, 6, 9, 12])
def test_a_day_has_all_its_times_in_their_order(zone: str, month: int) -> None:
    expected = [Phase.NIGHT, Phase.DAWN, Phase.MORNING, Phase.NOON, Phase.GOLDEN, Phase.DUSK, Phase.NIGHT]
    found = phases(zone, month)
    start = found.index(Phase.DAWN)
    assert found[start : start + 5] == expected[1:6]
    assert set(found) == set(Phase)


def test_evenings_are_longer_in_the_summer_of_either_half_of_the_earth() -> None:
    def at_eight(zone: str, month: int) -> Phase:
        return daylight.phase(datetime(2026, month, 21, 20, 0, tzinfo=ZoneInfo(zone)))

    assert (at_eight("Europe/Berlin", 6), at_eight("Europe/Berlin", 12)) == (Phase.NOON, Phase.NIGHT)
    assert (at_eight("Australia/Sydney", 6), at_eight("Australia/Sydney", 12)) == (Phase.NIGHT, Phase.GOLDEN)


def test_far_north_the_sun_stays_away_in_winter_and_up_in_summer() -> None:
    assert set(phases("Arctic/Longyearbyen", 6)) <= {Phase.MORNING, Phase.NOON, Phase.GOLDEN}
    assert not {Phase.MORNING, Phase.NOON, Phase.GOLDEN} & set(phases("Arctic/Longyearbyen", 12))


def test_every_zone_there_is_has_a_time_of_day() -> None:
    noon = datetime(2026, 3, 21, 12, 0, tzinfo=UTC)
    for name in available_timezones():
        for hours in (0, 6, 12, 18):
            assert daylight.phase((noon + timedelta(hours=hours)).astimezone(ZoneInfo(name))) in Phase
