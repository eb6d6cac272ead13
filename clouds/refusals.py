"""Why something that was asked for is not done: each with a sentence for the person, and a time where there is one."""

from datetime import datetime


class Refused(Exception):
    """Nothing was changed. `str()` is the sentence, without the time; `until` is when to try again, where known."""

    def __init__(self, sentence: str, until: datetime | None = None) -> None:
        super().__init__(sentence)
        self.until = until


class SwitchedOff(Refused):
    """The cloud is switched off."""


class Stopped(Refused):
    """Everything at the venue is stopped until somebody releases it."""


class Held(Refused):
    """The venue is held until a time."""


class Closed(Refused):
    """The venue is closed."""


class Unreachable(Refused):
    """The cloud's plug doesn't do what it should."""


class AlreadyAsked(Refused):
    """The person has a live request on the cloud."""


class CoolingDown(Refused):
    """The person's last puff is too recent."""


class Resting(Refused):
    """The cloud rests, and nobody may wait for it."""


class Busy(Refused):
    """The cloud is puffing, and nobody may wait for it."""


class QueueFull(Refused):
    """As many wait as may."""


class NoRoom(Refused):
    """Another puff could make it too full."""


class NotTold(Refused):
    """The cloud's story has no such fact, or no more."""


class TooLate(Refused):
    """What was to be ended or changed is over."""


class OutOfBounds(Refused):
    """A number is not one that can be used."""
