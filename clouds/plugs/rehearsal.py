"""A plug that is not there, for rehearsals: it does what a good plug does, and nothing leaves this process."""

import asyncio
from dataclasses import dataclass, replace

from clouds.plugs.driver import Address, Reading, Rule

FAMILY = "rehearsal"
NOWHERE = Address(host="", port=0, family=FAMILY, simulated=True)
MAC = "02:00:00:00:00:00"
MODEL = "Rehearsal"


@dataclass(slots=True)
class _Countdown:
    rule: Rule
    fires_at: float


class RehearsalDriver:
    """A `Driver` for no device at all: relay and countdown are two fields of it."""

    def __init__(self, address: Address) -> None:
        self._on_since: float | None = None
        self._countdown: _Countdown | None = None

    @property
    def is_connected(self) -> bool:
        """Always: there is nothing to connect to."""
        return True

    @property
    def greeting(self) -> Reading | None:
        """Nothing was said: nobody connected."""
        return None

    async def look(self, *, within: float) -> Reading:
        """As it is."""
        return self._say()

    def make_ready(self, *, countdown: int, tag: str) -> None:
        """There is nothing to be made ready."""

    async def on(self, *, countdown: int, tag: str, within: float) -> Reading:
        """Armed and on."""
        self._say()
        now = _clock()
        self._countdown = _Countdown(Rule(tag, True, countdown, countdown), now + countdown)
        self._on_since = now if self._on_since is None else self._on_since
        return self._say()

    async def off(self, *, within: float) -> Reading:
        """Off, with the countdown left in it, as in a real one."""
        self._say()
        self._on_since = None
        return self._say()

    async def test_timer(self, *, within: float) -> Reading:
        """It has one."""
        self._countdown = None
        return self._say()

    def abort(self) -> None:
        """There is nothing to drop."""

    def _say(self) -> Reading:
        """What it says of itself, after its countdown has done what was due."""
        now, rule = _clock(), None
        if self._countdown is not None:
            rule = replace(self._countdown.rule, remain=max(0, round(self._countdown.fires_at - now)))
            if rule.enabled and now >= self._countdown.fires_at:
                rule = replace(rule, enabled=False)
                self._on_since = None
            self._countdown.rule = rule
        on_seconds = 0 if self._on_since is None else int(now - self._on_since)
        return Reading(self._on_since is not None, on_seconds, MAC, MODEL, True, True, rule)


def _clock() -> float:
    return asyncio.get_running_loop().time()
