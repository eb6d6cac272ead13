"""The energy meter of an HS110, which sees a small air pump whenever the relay is on."""

from collections.abc import Callable

from clouds.simulator import clock
from clouds.simulator.wire import Json

VOLTS = 230.512
WATTS_ON = 9.481
WATTS_OFF = 0.0


class Emeter:
    """Counts what the pump has used since the plug was made."""

    def __init__(self) -> None:
        self._watts = WATTS_OFF
        self._since = clock.now()
        self._joules = 0.0

    def switched(self, at: float, state: int) -> None:
        """The relay changed."""
        self._joules += self._watts * (at - self._since)
        self._since = at
        self._watts = WATTS_ON if state else WATTS_OFF

    def members(self) -> dict[str, Callable[[Json], Json]]:
        """What the module `emeter` understands."""
        return {
            "get_realtime": self._get_realtime,
            "get_daystat": lambda _: {"day_list": []},
            "get_monthstat": lambda _: {"month_list": []},
        }

    def _get_realtime(self, _arguments: Json) -> Json:
        kilowatt_hours = (self._joules + self._watts * (clock.now() - self._since)) / 3_600_000
        return {
            "current": self._watts / VOLTS,
            "voltage": VOLTS,
            "power": self._watts,
            "total": kilowatt_hours,
        }
