"""The balloon as physics has it: air goes in, seeps out, is drawn out, and too much of it bursts the skin.

The house reckons a balloon's fill in `clouds/balloon.py`. This is deliberately another implementation that shares no
code with it: physics is the judge of that reckoning, and a judge who shares the code shares its mistakes.

With a drive d (pump in minus pump out, in fills a second) and a leak k = ln 2 / half-life, f' = d - k f, so
f(t) = f0 e^(-kt) + d (1 - e^(-kt)) / k, which is monotonic: a crossing of empty or of bursting happens once.
"""

from dataclasses import dataclass
from math import exp, expm1, log, log1p


@dataclass(frozen=True, slots=True)
class Measures:
    """Seconds from empty to full, in which half of it seeps out, and to draw it empty; the fill at which it bursts."""

    fill_seconds: float = 60.0
    half_life_seconds: float | None = None
    vent_seconds: float | None = None
    burst_at: float = 1.02

    @property
    def leak(self) -> float:
        """k, per second."""
        return log(2) / self.half_life_seconds if self.half_life_seconds else 0.0


class Balloon:
    """One balloon, integrated in closed form from one change of its pumps to the next."""

    def __init__(self, measures: Measures, at: float) -> None:
        self.measures = measures
        self.at = at
        self.fill = 0.0
        self.peak = 0.0
        self.inflating = False
        self.deflating = False
        self.burst_moment: float | None = None

    def advance(self, at: float) -> None:
        """Live until `at` (unix time); an earlier moment changes nothing."""
        seconds = at - self.at
        if seconds <= 0:
            return
        until_burst = self.seconds_until_burst()
        if until_burst is not None and until_burst <= seconds:
            self._burst(self.at + until_burst)
        elif self.burst_moment is None:
            self.fill = self._fill_after(seconds)
            self.peak = max(self.peak, self.fill)
        self.at = at

    def switch(self, at: float, *, inflating: bool, deflating: bool) -> None:
        """The pumps are like this from `at` on."""
        self.advance(at)
        self.inflating, self.deflating = inflating, deflating

    def set_fill(self, at: float, fill: float) -> None:
        """Somebody's hands: the balloon is this full now. More than it can bear bursts it; a burst one takes no air."""
        self.advance(at)
        if self.burst_moment is not None:
            return
        self.fill = max(0.0, fill)
        self.peak = max(self.peak, self.fill)
        if self.fill > self.measures.burst_at:
            self._burst(at)

    def renew(self, at: float) -> None:
        """A new balloon, empty, on the same pumps."""
        self.advance(at)
        self.fill = self.peak = 0.0
        self.burst_moment = None

    def seconds_until_burst(self) -> float | None:
        """From `self.at`, if the pumps stay as they are; None: it will not, or it has."""
        drive, leak, limit = self._drive(), self.measures.leak, self.measures.burst_at
        if self.burst_moment is not None or drive - leak * limit <= 0:
            return None
        missing = max(0.0, limit - self.fill)
        if not leak:
            return missing / drive
        return log1p(leak * missing / (drive - leak * limit)) / leak

    def _drive(self) -> float:
        vent = self.measures.vent_seconds
        inward = 1 / self.measures.fill_seconds if self.inflating else 0.0
        outward = 1 / vent if self.deflating and vent else 0.0
        return inward - outward

    def _fill_after(self, seconds: float) -> float:
        drive, leak = self._drive(), self.measures.leak
        if not leak:
            return max(0.0, self.fill + drive * seconds)
        return max(0.0, self.fill * exp(-leak * seconds) - drive * expm1(-leak * seconds) / leak)

    def _burst(self, moment: float) -> None:
        self.burst_moment = moment
        self.peak = max(self.peak, self.measures.burst_at)
        self.fill = 0.0
