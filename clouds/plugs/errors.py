"""What can go wrong with a plug, in a curator's words."""


class PlugError(Exception):
    """`str()` is a sentence for the curator. `may_have_acted`: whether the plug may have switched on all the same."""

    def __init__(self, sentence: str, *, may_have_acted: bool = False) -> None:
        super().__init__(sentence)
        self.may_have_acted = may_have_acted


class Unreachable(PlugError):
    """It doesn't answer, or not in time."""


class Refused(PlugError):
    """It answers that it won't."""


class NotAPlug(PlugError):
    """What answers is no plug."""


class Stranger(PlugError):
    """Another device answers at the plug's address."""


class NoTimer(PlugError):
    """Its own timer can't be relied on."""


class CutShort(PlugError):
    """It was on, and is no longer as it was told to be."""


class Preempted(PlugError):
    """Something more urgent came between."""
