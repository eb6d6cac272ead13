"""What a bench found: figures as a table for people, and one line of JSON for machines."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest of the values that `percent` of them don't exceed (nearest rank). Raises ValueError on none."""
    if not values:
        raise ValueError("There is nothing to take a percentile of.")
    return sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)]


@dataclass(frozen=True, slots=True)
class Bar:
    """A value that must not pass its limit."""

    value: float
    limit: float
    holds: bool


@dataclass
class Report:
    """Figures and bars of one bench, in the order in which they were added."""

    bench: str
    figures: dict[str, float] = field(default_factory=dict)
    bars: dict[str, Bar] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether no bar was missed."""
        return all(bar.holds for bar in self.bars.values())

    def figure(self, name: str, value: float) -> None:
        """Something measured; its unit is the end of its name."""
        self.figures[name] = round(value, 3)

    def spread(self, name: str, seconds: Sequence[float]) -> None:
        """The spread of some times, in milliseconds."""
        for label, percent in (("p50", 50), ("p90", 90), ("p99", 99), ("max", 100)):
            self.figure(f"{name} {label}, ms", percentile(seconds, percent) * 1000)

    def at_most(self, name: str, value: float, limit: float) -> None:
        """A bar that is missed above its limit. What is no number is missed."""
        self.bars[name] = Bar(round(value, 3), limit, value <= limit)

    def at_least(self, name: str, value: float, limit: float) -> None:
        """A bar that is missed below its limit. What is no number is missed."""
        self.bars[name] = Bar(round(value, 3), limit, value >= limit)

    def table(self) -> str:
        """For people."""
        rows = [(name, f"{value:g}", "") for name, value in self.figures.items()]
        rows += [
            (name, f"{bar.value:g}", f"limit {bar.limit:g}: {'holds' if bar.holds else 'MISSED'}")
            for name, bar in self.bars.items()
        ]
        widths = [max(len(row[column]) for row in rows) for column in (0, 1)] if rows else [0, 0]
        return "\n".join(f"{name:<{widths[0]}}  {value:>{widths[1]}}  {said}".rstrip() for name, value, said in rows)

    def line(self) -> str:
        """For machines: one line of JSON."""
        bars = {name: {"value": bar.value, "limit": bar.limit, "holds": bar.holds} for name, bar in self.bars.items()}
        return json.dumps({"bench": self.bench, "figures": self.figures, "bars": bars})
