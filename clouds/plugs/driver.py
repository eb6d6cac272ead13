"""What a plug's actor asks of a device, whatever protocol the device speaks."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Address:
    """Where a plug is and what is known of it. `mac` is "" as long as it has never answered."""

    host: str
    port: int
    child_id: str = ""
    family: str = "legacy"
    mac: str = ""
    simulated: bool = False
    unguarded: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A countdown in the plug: `tag` says which inflation it guards, `delay` and `remain` are whole seconds.

    A rule that has fired stays, with `enabled` False.
    """

    tag: str
    enabled: bool
    delay: int
    remain: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What a plug said of itself. `on_seconds`: how long its relay has been on, in whole seconds."""

    relay_on: bool
    on_seconds: int
    mac: str
    model: str
    has_timer: bool
    clock_is_set: bool
    rule: Rule | None

    @property
    def is_guarded(self) -> bool:
        """Whether its own timer can be relied on: it has one, and a clock for it to go by."""
        return self.has_timer and self.clock_is_set


class Driver(Protocol):
    """Speaks to one device. Each call is one attempt, ends `within` so many seconds, and raises PlugError only.

    A cancelled call leaves no command behind that has not been sent. On a connection that is new, the device is asked
    who it is before it is switched.
    """

    @property
    def is_connected(self) -> bool:
        """Whether a connection stands, as far as this side can tell without asking."""

    @property
    def greeting(self) -> Reading | None:
        """What the device said of itself when the last connection was made; None when it said nothing."""

    async def look(self, *, within: float) -> Reading:
        """What the device says of itself."""

    def make_ready(self, *, countdown: int, tag: str) -> None:
        """Expect to be told `on` with these; nothing is sent, and being told otherwise does no harm."""

    async def on(self, *, countdown: int, tag: str, within: float) -> Reading:
        """Arm the countdown and switch the relay on, in one frame; what the device says of itself then."""

    async def off(self, *, within: float) -> Reading:
        """Switch the relay off; what the device says of itself then. `rule` is the one that it held before."""

    async def test_timer(self, *, within: float) -> Reading:
        """Arm a countdown without switching on, and take it back. Raises NoTimer when the plug would not have it."""

    def abort(self) -> None:
        """Drop the connection at once, and with it whatever is on its way."""
