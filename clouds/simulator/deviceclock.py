"""A plug's wall clock, which a power cut without a time server leaves unset; its timer then stands still."""

from collections.abc import Callable
from datetime import UTC, datetime

from clouds.simulator import clock
from clouds.simulator.errors import integer, invalid_argument
from clouds.simulator.wire import Json

UNSET = datetime(2000, 1, 1, tzinfo=UTC).timestamp()
# "UCT" in the table of zones that all plugs share.
UTC_INDEX = 38
_PARTS = {"year": "year", "month": "month", "mday": "day", "hour": "hour", "min": "minute", "sec": "second"}


class DeviceClock:
    """Runs in UTC. `stand_still(bool)` is told when the clock becomes unset and when it is set again."""

    def __init__(self, stand_still: Callable[[bool], None]) -> None:
        self.unset = False
        self._stuck = False
        self._ahead = 0.0
        self._zone = UTC_INDEX
        self._stand_still = stand_still

    def members(self) -> dict[str, Callable[[Json], Json]]:
        """What the module `time` understands."""
        return {
            "get_time": self._get_time,
            "get_timezone": lambda _: {"index": self._zone},
            "set_timezone": self._set_timezone,
            "set_time": self._set_timezone,
        }

    def lose(self, stuck: bool) -> None:
        """It is 2000 now; a stuck clock can't be set."""
        self.unset, self._stuck = True, stuck
        self._ahead = UNSET - clock.now()
        self._stand_still(True)

    def find(self) -> None:
        """A time server answered."""
        self._set(0.0)

    def _set(self, ahead: float) -> None:
        self.unset, self._ahead = False, ahead
        self._stand_still(False)

    def _get_time(self, _arguments: Json) -> Json:
        now = datetime.fromtimestamp(clock.now() + self._ahead, UTC)
        return {short: getattr(now, part) for short, part in _PARTS.items()}

    def _set_timezone(self, arguments: Json) -> Json:
        if "index" in arguments:
            self._zone = integer(arguments, "index", 0, 109)
        if "year" in arguments and not (self.unset and self._stuck):
            self._set(_moment(arguments) - clock.now())
        return {}


def _moment(arguments: Json) -> float:
    parts = {part: integer(arguments, short, 0, 9999) for short, part in _PARTS.items()}
    try:
        return datetime(**parts, tzinfo=UTC).timestamp()
    except ValueError as error:
        raise invalid_argument() from error
