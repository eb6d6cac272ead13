"""How long is the puff of an amount? Pure: facts from a spam mail to all of bitcoin go on one scale of seconds.

The amounts of a story may span fifteen powers of ten, so the scale counts these and not the amounts: each further digit
of an amount adds as much to its puff as the one before.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Scale:
    """From `least`, whose puff is the shortest, to `greatest`, whose puff is the longest; both above zero."""

    least: float
    greatest: float

    @classmethod
    def of(cls, amounts: Iterable[float], least: float | None = None, greatest: float | None = None) -> "Scale":
        """The scale of these amounts, whose ends are the least and the greatest of them where none are given."""
        positive = [amount for amount in amounts if amount > 0] or [1.0]
        return cls(least or min(positive), greatest or max(positive))

    def share(self, amount: float) -> float:
        """How far along the scale an amount is, from 0 to 1; never less for a greater amount."""
        if amount <= 0:
            return 0.0
        if amount >= self.greatest:
            return 1.0
        if amount <= self.least:
            return 0.0
        # A difference of logarithms and not the logarithm of a ratio, which could overflow. Rounding must not pass 1.
        span = math.log(self.greatest) - math.log(self.least)
        return min(1.0, (math.log(amount) - math.log(self.least)) / span) if span else 0.0


def seconds(share: float, shortest: float, cap: float) -> float:
    """The puff of what is so far along its scale, in hundredths of seconds: from the shortest to the cap, at most."""
    return min(cap, round(shortest + share * max(0.0, cap - shortest), 2))


def written(amount: float) -> str:
    """An amount as people write it, every digit of it: 0.05, 7.8, 330, 24,860,000; never 2.486e+07."""
    digits = f"{Decimal(repr(float(amount))):,f}"
    return digits.rstrip("0").rstrip(".") if "." in digits else digits
