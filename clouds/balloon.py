"""How full is it, how much more can it take? Pure: closed forms, no stepping.

While a pump gives `a` and a balloon loses a share `k` of its air each second, its fill f obeys f' = a - k f, so that
f(t) = a/k + (f(0) - a/k) exp(-k t), and f(t) = f(0) + a t where k = 0. Inflating a = 1/fill_seconds, resting a = 0,
and a deflate plug makes a = -1/vent_seconds, until nothing is left. k = ln 2 / half_life_seconds.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from clouds import timeline
from clouds.timeline import Do

FULL = 1.0
SHORTEST_PUFF_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Measures:
    """A cloud's measures, in seconds.

    `fill`: pump time from empty to as full as is safe. `half_life`: how long a full one takes to sink to a half by
    itself; None = it doesn't. `vent`: from full to empty with the deflate plug on; None = no deflate plug.
    """

    fill: float
    half_life: float | None = None
    vent: float | None = None

    @property
    def loss(self) -> float:
        """k, the share of the air lost in a second."""
        return math.log(2) / self.half_life if self.half_life else 0.0

    def gain(self, do: Do) -> float:
        """a, the fill a second that doing this gives."""
        if do is Do.INFLATE:
            return 1 / self.fill
        return -1 / self.vent if do is Do.DEFLATE and self.vent else 0.0


def after(fill: float, seconds: float, do: Do, measures: Measures) -> float:
    """The fill after so many seconds of doing this, never under 0."""
    a, k = measures.gain(do), measures.loss
    if k == 0:
        return max(0.0, fill + a * seconds)
    # expm1 keeps the digits of a slow leak: exp(-k t) alone would round to 1.
    return max(0.0, fill + (fill - a / k) * math.expm1(-k * seconds))


def seconds_until(level: float, fill: float, do: Do, measures: Measures) -> float:
    """Seconds of doing this until the fill is `level`; 0 when it is there, infinity if it never gets there."""
    a, k = measures.gain(do), measures.loss
    slope = a - k * fill
    if fill == level or (do is Do.INFLATE) == (fill > level):
        return 0.0
    if slope == 0 or (slope > 0) != (level > fill):
        return math.inf
    if k == 0:
        return (level - fill) / a
    target = a / k
    share = (level - target) / (fill - target)
    return -math.log(share) / k if share > 0 else math.inf


def room(fill: float, measures: Measures) -> float:
    """Seconds of pump time until it is as full as is safe; infinity when it leaks faster than the pump can give."""
    return seconds_until(FULL, fill, Do.INFLATE, measures)


def fill_with_room(seconds: float, measures: Measures) -> float | None:
    """The fill from which so many seconds of inflating end just full; None when even an empty one has less room.

    The closed form of the inflation, solved for its beginning: f(0) = a/k + (1 - a/k) exp(k t).
    """
    a, k = measures.gain(Do.INFLATE), measures.loss
    level = FULL - a * seconds if k == 0 else FULL + (FULL - a / k) * math.expm1(k * seconds)
    return level if level >= 0 else None


def seconds_that_fit(fill: float, hard_cap: float, measures: Measures) -> float:
    """The longest inflation, in tenths of seconds, that can't overfill it whatever fails; 0 if there is none."""
    fits = min(hard_cap, timeline.longest_that_fits(room(fill, measures)))
    return math.floor(fits * 10) / 10 if fits >= SHORTEST_PUFF_SECONDS else 0.0


def seconds_until_room(fill: float, measures: Measures) -> float:
    """Seconds of resting until there is room for the shortest inflation a plug can guard; infinity if it never is."""
    sunk = fill_with_room(timeline.SHORTEST_COUNTDOWN_SECONDS, measures)
    return math.inf if sunk is None else seconds_until(sunk, fill, Do.REST, measures)


def overfills_at(fill: float, steps: Iterable[timeline.Step], hard_cap: float, measures: Measures) -> float | None:
    """The second of the steps at which the fill could pass 1, were a plug left to its own countdown; else None."""
    for cue in timeline.cues(steps):
        if cue.do is Do.INFLATE:
            left = room(fill, measures)
            # Whichever lasts longer: a hard cap can make a countdown shorter than what is planned.
            if max(cue.seconds, timeline.countdown_seconds(cue.seconds, hard_cap)) > left:
                return cue.at.total_seconds() + min(left, cue.seconds)
        fill = after(fill, cue.seconds, cue.do, measures)
    return None
