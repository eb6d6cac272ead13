"""What an actor knows of its plug, and says of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from clouds.plugs.driver import Reading


class Relay(StrEnum):
    """Whether a plug is on, as far as anyone can know."""

    ON = "on"
    OFF = "off"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The plug confirmed that it is off, at `at`; it was asked first at `asked_at`.

    `before`: what it said before it was switched off, if it was asked; `reading`: what it said then, with the rule
    that it held when OFF came. `asked` and `moment` are the same two by the loop's clock, which nobody sets.
    """

    asked_at: datetime
    at: datetime
    before: Reading | None
    reading: Reading
    asked: float = 0.0
    moment: float = 0.0


@dataclass(frozen=True, slots=True)
class Told:
    """The plug was told at `at` to switch on, which by the loop's clock was `moment`.

    `held_rule`: whether a countdown, new or old, was in it until then; `seen_on`: whether it said then that it is on.
    """

    at: datetime
    moment: float
    held_rule: bool
    seen_on: bool = False


def why_unguarded(reading: Reading) -> str:
    """Why its own timer can't be relied on, in a curator's words."""
    if not reading.has_timer:
        return (
            "The plug has no timer of its own, so nothing would switch it off if everything here failed at once. "
            "Tick “unguarded” to use it all the same."
        )
    return "The plug doesn't know the time, so its own timer can't be relied on. Let it reach a time server."
