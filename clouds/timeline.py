"""What should this pump be doing at time t? Pure: steps in, cues out, and time comes in as an argument."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from itertools import groupby, takewhile

from clouds.wording import Worded, gettext_noop

# A plug's own countdown outlasts the inflation by this much, so that it fires only when nobody else switched off.
MARGIN_SECONDS = 2
# Countdowns under about 3 s may never fire on real plugs (docs/design.md, "The plug's own timer").
SHORTEST_COUNTDOWN_SECONDS = 5
# What is left of a step after an interruption is not worth a pump's start when it is shorter.
LEAST_LEFT_SECONDS = 0.5
LONGEST_SECONDS = 48 * 3600
# Repeats included. More would be a program that nobody can look at.
MOST_STEPS = 2000


class Do(StrEnum):
    """What a step has a cloud do."""

    INFLATE = "inflate"
    DEFLATE = "deflate"
    REST = "rest"


class BadSteps(Worded):
    """The steps cannot be played; the message says why, in a curator's words."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do for so many seconds."""

    do: Do
    seconds: float


@dataclass(frozen=True, slots=True)
class Cue:
    """At `at` after the start, begin to `do`, until `until` after the start. `index` is its first step."""

    index: int
    do: Do
    at: timedelta
    until: timedelta

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return (self.until - self.at).total_seconds()


def cues(steps: Iterable[Step]) -> list[Cue]:
    """The moments at which something changes, in order; neighbours that do the same are one cue."""
    found: list[Cue] = []
    at = timedelta()
    for do, group in groupby(enumerate(steps), key=lambda numbered: numbered[1].do):
        same = list(group)
        until = at + timedelta(seconds=sum(step.seconds for _, step in same))
        found.append(Cue(same[0][0], do, at, until))
        at = until
    return found


def state_at(steps: Iterable[Step], at: timedelta) -> Do:
    """What the cloud does `at` after the start; before the start and after the end it rests."""
    return next((cue.do for cue in cues(steps) if cue.at <= at < cue.until), Do.REST)


def length(steps: Iterable[Step]) -> float:
    """Elapsed seconds from the first step to the end of the last."""
    return sum(step.seconds for step in steps)


def rest_of(steps: Iterable[Step], at: timedelta) -> list[Step]:
    """What is left of the steps `at` after the start, the one under way shortened."""
    return [Step(cue.do, (cue.until - max(cue.at, at)).total_seconds()) for cue in cues(steps) if cue.until > at]


def composed(steps: Sequence[Step], repeats: int, scale: float) -> tuple[Step, ...]:
    """The steps so many times over, the inflating ones `scale` times as long (in whole hundredths of seconds).

    Raises BadSteps for none, for rests only, for more than MOST_STEPS, for more than 48 hours.
    """
    if not steps:
        raise BadSteps(gettext_noop("Give at least one step."))
    if all(step.do is Do.REST for step in steps):
        raise BadSteps(gettext_noop("These steps only rest. Have at least one inflate or deflate."))
    if len(steps) * repeats > MOST_STEPS:
        raise BadSteps(
            gettext_noop("These are %(count)s steps with the repeats. At most %(most)s can be played."),
            count=len(steps) * repeats,
            most=MOST_STEPS,
        )
    once = [replace(step, seconds=round(step.seconds * scale, 2)) if step.do is Do.INFLATE else step for step in steps]
    if length(once) * repeats > LONGEST_SECONDS:
        raise BadSteps(
            gettext_noop("This would take %(hours)s hours. At most 48 can be played."),
            hours=f"{length(once) * repeats / 3600:.1f}",
        )
    return tuple(once * repeats)


def resumed(steps: Sequence[Step], at: timedelta, gap: float, *, skip: bool = False) -> tuple[Step, ...]:
    """The steps when what plays `at` after the start is interrupted there, for `gap` seconds.

    What was left is played afterwards, or with `skip` left out. Steps that have begun keep their places, so that what
    was written of them stays true.
    """
    cue = next((cue for cue in cues(steps) if cue.at <= at < cue.until), None)
    if cue is None:
        return tuple(steps)
    last = cue.index + len(list(takewhile(lambda step: step.do is cue.do, steps[cue.index :])))
    begun, left = (at - cue.at).total_seconds(), (cue.until - at).total_seconds()
    played = [Step(cue.do, begun)] if begun > 0 else []
    rest = [Step(Do.REST, gap)] if gap > 0 else []
    later = [] if skip or left < LEAST_LEFT_SECONDS else [Step(cue.do, left)]
    return (*steps[: cue.index], *played, *rest, *later, *steps[last:])


def countdown_seconds(left: float, hard_cap: float) -> int:
    """The delay to arm in a plug that is switched on for `left` more seconds.

    A margin longer than what is left, in whole seconds as plugs count them and never rounded up past the margin; at
    most the cloud's hard cap, whose begun second counts whole; and never so short that a plug might not fire.
    """
    return max(SHORTEST_COUNTDOWN_SECONDS, min(math.floor(left + MARGIN_SECONDS), math.ceil(hard_cap)))


def longest_that_fits(room: float) -> float:
    """The longest inflation whose countdown, were everything else to fail, still ends within `room` seconds."""
    return room - MARGIN_SECONDS if room >= SHORTEST_COUNTDOWN_SECONDS else 0.0


def parse(raw: object) -> tuple[Step, ...]:
    """Steps as they are kept, `[{"do": "inflate", "seconds": 5}]`, checked.

    Raises BadSteps for anything else, for no steps, for seconds that are not positive finite numbers, and for more
    than 48 hours.
    """
    if not isinstance(raw, Sequence) or isinstance(raw, str | bytes) or not raw:
        raise BadSteps(gettext_noop("There are no steps."))
    steps = tuple(_parse_one(number, step) for number, step in enumerate(raw, start=1))
    if length(steps) > LONGEST_SECONDS:
        raise BadSteps(gettext_noop("The steps take more than 48 hours."))
    return steps


def _parse_one(number: int, raw: object) -> Step:
    if not isinstance(raw, Mapping) or raw.get("do") not in list(Do):
        raise BadSteps(gettext_noop("Step %(number)s must inflate, deflate or rest."), number=number)
    seconds = raw.get("seconds")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds < math.inf:
        raise BadSteps(gettext_noop("Step %(number)s must last for a number of seconds above zero."), number=number)
    if seconds > LONGEST_SECONDS:
        raise BadSteps(gettext_noop("Step %(number)s takes more than 48 hours."), number=number)
    return Step(Do(raw["do"]), float(seconds))


def dump(steps: Iterable[Step]) -> list[dict[str, str | float]]:
    """Steps as they are kept; `parse` reads them back."""
    return [{"do": step.do.value, "seconds": step.seconds} for step in steps]
