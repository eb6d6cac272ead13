"""Who taps faster than anybody can is answered in a word: a page that says why not is much work, again and again.

It is counted in memory, by session: a tap more or less, and one count for each process, do no harm. What a visitor may
do is not decided here.
"""

import time
from collections import Counter

# Ten a second, which a child's thumb doesn't reach.
MOST = 20
WITHIN_SECONDS = 2.0


class Taps:
    """The taps of a short while, by whose they are; then all are forgotten, so that there are never many."""

    def __init__(self) -> None:
        self._since = 0.0
        self._counts: Counter[str] = Counter()

    def are_too_many(self, whose: str) -> bool:
        """Count one more of somebody's, and say whether these are too many."""
        now = time.monotonic()
        if now - self._since > WITHIN_SECONDS:
            self._since, self._counts = now, Counter()
        self._counts[whose] += 1
        return self._counts[whose] > MOST
