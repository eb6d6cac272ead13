"""How a cloud is drawn: a cumulus that grows from its name, and from nothing else. Pure.

The same name gives the same cloud for ever, on every machine; two names give two clouds. All is drawn around (0, 0)
for a balloon that is as full as is safe, inside `VIEW`.
"""

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

# Left, top, width, height. Below the base there is room for rain.
VIEW = (-120, -80, 240, 150)
BASE = 46.0
RAIN_LINES, DROPS = 3, 4
MOST_ARCS = 48

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Lobe:
    """One ball of cotton."""

    x: float
    y: float
    r: float


@dataclass(frozen=True, slots=True)
class Shape:
    """The parts of a drawing: path data of the outline, balls of light from back to front, wisps, lines of rain."""

    outline: str
    lobes: tuple[Lobe, ...]
    wisps: tuple[Lobe, ...]
    rain: tuple[str, ...]

    @property
    def view(self) -> str:
        """The viewBox to draw it in."""
        return " ".join(map(str, VIEW))


@lru_cache(maxsize=1024)
def grow(name: str) -> Shape:
    """The cloud of this name."""
    chance = _chances(name)
    # Once in many thousand names two balls hardly touch, and no edge leads around them: such a name is asked again.
    return next(shape for shape in iter(lambda: _draw(chance), None) if shape.outline)


def _draw(chance: Iterator[float]) -> Shape:
    half = 66 + 12 * next(chance)
    feet = _feet(half, chance)
    heads = list(_heads(half, chance))
    fluff = [small for large in (feet[0], *heads, feet[-1]) for small in _fluff(large, chance)]
    outline = _outline([*feet, *heads, *fluff], feet[0], feet[-1], sag=2 + 4 * next(chance))
    back_to_front = sorted([*feet, *heads, *fluff[4:-3:3]], key=lambda lobe: lobe.y + lobe.r / 2)
    return Shape(outline, tuple(back_to_front), tuple(_wisps(feet, chance)), tuple(_rain(feet, chance)))


def _chances(name: str) -> Iterator[float]:
    """Numbers from 0 to 1 without end: SHA-256 of the name and of a count, which no version of Python changes."""
    count = 0
    while True:
        block = hashlib.sha256(f"{count} {name}".encode()).digest()
        yield from (int.from_bytes(block[place : place + 4], "big") / 2**32 for place in range(0, 32, 4))
        count += 1


def _feet(half: float, chance: Iterator[float]) -> list[Lobe]:
    """Balls that sit on the base, from left to right, so close that they hang together."""
    feet = [
        (place * half + 8 * (next(chance) - 0.5) * (abs(place) < 1), r + 6 * (next(chance) - 0.5))
        for place, r in ((-1, 22), (-0.52, 30), (0, 32), (0.52, 30), (1, 22))
    ]
    return [Lobe(_round(x), _round(BASE - r), _round(r)) for x, r in feet]


def _heads(half: float, chance: Iterator[float]) -> Iterator[Lobe]:
    """Balls under a dome, from left to right; none so high that it would float away from the feet."""
    peak = (next(chance) - 0.5) * 0.9
    height = 54 + 22 * next(chance)
    count = 4 + int(next(chance) * 3)
    for place in range(count):
        across = -1 + (2 * place + 1) / count + (next(chance) - 0.5) * 0.5 / count
        away = abs(across - peak) / (1 + abs(peak))
        r = (0.8 + 0.4 * next(chance)) * (32 - 9 * away) * (1.16 - 0.04 * count)
        up = height * (1 - away**1.7) + 14 * (next(chance) - 0.2)
        yield Lobe(_round(across * (half - 8)), _round(BASE - max(r, min(up, 50 + r / 2))), _round(r))


def _fluff(lobe: Lobe, chance: Iterator[float]) -> Iterator[Lobe]:
    """Smaller balls on the upper edge of a larger one."""
    for side in (-1, 0, 1):
        turn = side * 0.95 + (next(chance) - 0.5) * 0.7
        r = lobe.r * (0.34 + 0.2 * next(chance))
        out = lobe.r * 0.98 - 0.62 * r
        yield Lobe(_round(lobe.x + out * math.sin(turn)), _round(lobe.y - out * math.cos(turn)), _round(r))


def _outline(lobes: list[Lobe], first: Lobe, last: Lobe, sag: float) -> str:
    """The edge of them all together: arcs, clockwise from under the first to under the last, and back along the base.

    "" where the edge of the first does not lead to the last.
    """
    at, lobe = (first.x, BASE), first
    path = [f"M{first.x:g} {BASE:g}"]
    while len(path) < MOST_ARCS:
        meeting = _next_meeting(lobe, at, lobes)
        if lobe == last and (meeting is None or _turn(lobe, at, (last.x, BASE)) <= _turn(lobe, at, meeting[0])):
            path.append(_arc(last, at, (last.x, BASE)))
            return "".join(path) + f"Q{_round((first.x + last.x) / 2):g} {_round(BASE + sag):g} {first.x:g} {BASE:g}Z"
        if meeting is None:
            break
        path.append(_arc(lobe, at, meeting[0]))
        at, lobe = meeting
    return ""


def _next_meeting(lobe: Lobe, at: Point, lobes: list[Lobe]) -> tuple[Point, Lobe] | None:
    """Where the edge of a ball, followed clockwise, first goes under another one; and which one that is."""
    meetings = [(point, other) for other in lobes if other != lobe for point in _crossings(lobe, other)]
    ahead = [meeting for meeting in meetings if _turn(lobe, at, meeting[0]) > 1e-6]
    return min(ahead, key=lambda meeting: _turn(lobe, at, meeting[0]), default=None)


def _crossings(one: Lobe, two: Lobe) -> list[Point]:
    """Where two circles cross: two points, or none."""
    across, down = two.x - one.x, two.y - one.y
    apart = math.hypot(across, down)
    if not abs(one.r - two.r) < apart < one.r + two.r:
        return []
    along = (one.r**2 - two.r**2 + apart**2) / (2 * apart)
    aside = math.sqrt(max(0.0, one.r**2 - along**2))
    x, y = one.x + along * across / apart, one.y + along * down / apart
    return [(x + side * aside * down / apart, y - side * aside * across / apart) for side in (1, -1)]


def _turn(lobe: Lobe, start: Point, end: Point) -> float:
    """The angle from one point of its edge clockwise to another, in radians, from 0 to a whole turn."""
    angles = [math.atan2(y - lobe.y, x - lobe.x) for x, y in (start, end)]
    turn = (angles[1] - angles[0]) % math.tau
    return 0.0 if math.tau - turn < 1e-9 else turn


def _arc(lobe: Lobe, start: Point, end: Point) -> str:
    large = int(_turn(lobe, start, end) > math.pi)
    # Flags need nothing between them and what follows (SVG 2, 9.3.9).
    return f"A{lobe.r:g} {lobe.r:g} 0 {large}1{_fine(end[0]):g} {_fine(end[1]):g}"


def _wisps(lobes: list[Lobe], chance: Iterator[float]) -> Iterator[Lobe]:
    """Two thin veils that lie at its sides; `r` is half their length."""
    for lobe in (lobes[0], lobes[-1]):
        r = 20 + 10 * next(chance)
        x = math.copysign(min(abs(lobe.x) + 8, 116 - r), lobe.x)
        yield Lobe(_round(x), _round(lobe.y + lobe.r * (0.2 + 0.7 * next(chance))), _round(r))


def _rain(lobes: list[Lobe], chance: Iterator[float]) -> Iterator[str]:
    """Drops under the base, in lines that fall one after the other."""
    left, right = lobes[0].x, lobes[-1].x
    for line in range(RAIN_LINES):
        drops = []
        for place in range(DROPS):
            x = left + (right - left) * (place + 0.15 + 0.7 * next(chance)) / DROPS
            drops.append(f"M{_round(x):g} {_round(BASE + 5 + 4 * line + 5 * next(chance)):g}v9")
        yield "".join(drops)


def _round(value: float) -> float:
    return float(round(value))


def _fine(value: float) -> float:
    return round(value, 1) + 0.0  # never -0
