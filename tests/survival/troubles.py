"""The faults that plugs have, in the kinds and for the times in which they matter."""

from dataclasses import dataclass
from typing import Any

# Longer than a puff and the countdown that guards it, so that nobody but the plug itself can switch off.
LONG = 7.0
# What an OFF that had to be asked for again may take before it says of itself that it is late.
SLACK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Trouble:
    """A fault of the simulator, and what it is told."""

    name: str
    params: dict[str, Any]


def _for(seconds: float, name: str, **params: Any) -> Trouble:
    return Trouble(name, {"seconds": seconds, **params})


TROUBLES = {
    "silent": _for(LONG, "silent"),
    "silent for a second": _for(1.0, "silent"),
    "mute": _for(LONG, "mute"),
    "mute for a second": _for(1.0, "mute"),
    "drops before": _for(LONG, "drops_before"),
    "drops before for a second": _for(1.0, "drops_before"),
    "drops after": _for(LONG, "drops_after"),
    "drops after for a second": _for(1.0, "drops_after"),
    "refuses": _for(LONG, "refuses"),
    "refuses for a second": _for(1.0, "refuses"),
    "frozen": _for(LONG, "frozen"),
    "frozen for a second": _for(1.0, "frozen"),
    "forgets": _for(LONG, "forgets"),
    "clock unset": _for(LONG, "clock_unset", stuck=True),
    "clock unset until it is told": _for(LONG, "clock_unset"),
    "slow": _for(LONG, "slow", latency=0.3, spread=0.3),
    "slow to answer": _for(LONG, "slow", latency=0.6, acts_first=True),
    "slower than any patience": _for(LONG, "slow", latency=2.5),
    "in pieces": _for(LONG, "fragments", pieces=7, pause=0.01),
    "refuses ON": _for(LONG, "errors", state=1),
    "refuses ON and OFF": _for(LONG, "errors", state="any"),
    "restarts off": _for(0.5, "restart", relay="off"),
    "restarts on": _for(0.5, "restart", relay="on"),
    "acts, and restarts on": _for(0.5, "restart", relay="on", acts=True),
    "restarts as it was, and takes its time": _for(3.0, "restart", relay="same"),
}
# After these a plug's own timer can't be counted on.
UNGUARD = {name for name, trouble in TROUBLES.items() if trouble.name in ("forgets", "clock_unset", "restart")}
