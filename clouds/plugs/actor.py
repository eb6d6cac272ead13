"""One plug's actor: one wanted state with an expiry, never a queue of commands.

ON is tried once and ends by itself; OFF preempts whatever is under way and is retried until the plug confirms it. What
is not known counts as on, and only a confirmed OFF ends it.
"""

import asyncio
import contextlib
import logging
import math
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from clouds import timeline
from clouds.plugs.driver import Driver, Reading
from clouds.plugs.errors import CutShort, NoTimer, PlugError, Preempted, Refused, Unreachable
from clouds.plugs.facts import Confirmed, Relay, Told, why_unguarded

TIMEOUT_SECONDS = 2.0
FIRST_OFF_TIMEOUT_SECONDS = 1.0
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 2.0
LOOK_WHILE_ON_EVERY_SECONDS = 5.0
LOOK_WHILE_OFF_EVERY_SECONDS = 10.0
LOOK_WHILE_IN_TROUBLE_EVERY_SECONDS = 5.0
# Before its end an inflation is looked at once more: whoever has switched it off meanwhile told nobody. But not just
# before, since OFF would have to break off the look, and a plug that is slow would be off later for it.
LAST_LOOK_BEFORE_OFF_SECONDS = 1.75
NO_LOOK_BEFORE_OFF_SECONDS = 1.0
# Nothing is sent at the very moment, and a countdown never counts a second that has begun to run out.
A_LITTLE_LATE_SECONDS = 0.01

PREEMPTED = "Something more urgent came between."
TOO_LATE = "The plug answered so late that the time for it was over."
WAS_ON = "The plug was on already, without having been told to; it was switched off."
OUR_MISTAKE = "Something went wrong in Cloudsite itself; its log says what."

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _On:
    tag: str
    until: float
    end: asyncio.TimerHandle
    over: asyncio.Future[CutShort | None]


class Actor:
    """The one who switches a plug. It lives in one event loop; times are the loop's."""

    def __init__(self, driver: Driver, *, unguarded: bool = False) -> None:
        self._driver = driver
        self._unguarded = unguarded
        self._turn = asyncio.Lock()
        self._under_way: asyncio.Task[Reading] | None = None
        self._pursuit: asyncio.Task[Confirmed] | None = None
        self._on: _On | None = None
        self._looked = -LOOK_WHILE_OFF_EVERY_SECONDS
        self.relay = Relay.UNKNOWN
        self.trouble = ""
        self.reading: Reading | None = None
        self.off_since = -math.inf
        self.told: Told | None = None

    @property
    def is_ready(self) -> bool:
        """Whether it is known to be off and in order."""
        return self.relay is Relay.OFF and not self.trouble and self._pursuit is None

    @property
    def is_due(self) -> bool:
        """Whether it is time to look after it."""
        now = time.monotonic()
        if self._turn.locked() or self._pursuit is not None:
            return False
        if self._on is None:
            every = LOOK_WHILE_IN_TROUBLE_EVERY_SECONDS if self.trouble else LOOK_WHILE_OFF_EVERY_SECONDS
            return now - self._looked >= every
        left = self._on.until - now
        if left < NO_LOOK_BEFORE_OFF_SECONDS:
            return False
        is_last = left <= LAST_LOOK_BEFORE_OFF_SECONDS < self._on.until - self._looked
        return is_last or not self._driver.is_connected or now - self._looked >= LOOK_WHILE_ON_EVERY_SECONDS

    async def on(
        self, *, until: float, hard_cap: float, tag: str, at: float = -math.inf, check: Callable[[], object] = bool
    ) -> Reading:
        """Switch on at `at`, until `until`, guarded by the plug's own countdown, which bears `tag`.

        All is made ready before `at`. What decides whether it is sent, and with which countdown, is looked at then; at
        last `check` is called, which may raise PlugError. Tried once. Raises PlugError, and pursues OFF, when the plug
        has not confirmed relay and countdown; nothing is sent once `until` is past. At `until` OFF is pursued by
        itself. `told` says when it was sent, None if it wasn't.
        """
        loop = asyncio.get_running_loop()
        self.told = None
        async with self._turn:
            if self.relay is not Relay.OFF:
                raise Refused("The plug is not known to be off.")
            self._on = _On(tag, until, loop.call_at(until, self.switch_off), loop.create_future())
            try:
                reading = await self._alone(lambda: self._switch_on(at, until, hard_cap, tag, check))
            except PlugError as error:
                told = error
                if isinstance(error, Preempted) and loop.time() >= until:
                    told = Unreachable(TOO_LATE, may_have_acted=error.may_have_acted)
                self._failed(told)
                raise told from error.__cause__
            except BaseException:
                self._failed(Preempted(PREEMPTED, may_have_acted=True))
                raise
            self._seen(reading, Relay.ON)
            return reading

    async def stay_on(self) -> None:
        """Wait until it is time for OFF. Raises CutShort as soon as the plug is found not to be on, or unguarded."""
        if self._on is not None and (error := await asyncio.shield(self._on.over)) is not None:
            raise error

    def switch_off(self) -> asyncio.Task[Confirmed]:
        """Pursue OFF until the plug confirms it, whatever is under way."""
        if self._pursuit is None:
            self._forget_on()
            if self._under_way is not None:
                self._under_way.cancel()
                self._driver.abort()
            if self.relay is Relay.ON:
                self.relay = Relay.UNKNOWN
            self._pursuit = asyncio.get_running_loop().create_task(self._pursue())
        return self._pursuit

    async def off(self) -> Confirmed:
        """Switch off, and wait until the plug has confirmed it, for as long as that takes."""
        return await asyncio.shield(self.switch_off())

    async def off_for(self, seconds: float) -> None:
        """Wait until it has been confirmed off for so long."""
        if self.relay is not Relay.OFF:
            await self.off()
        await asyncio.sleep(max(0.0, self.off_since + seconds - asyncio.get_running_loop().time()))

    async def check(self) -> Reading | None:
        """Look after the plug, if it is time to; what it said, if it was asked.

        One that is on and not as it was told to be is switched off. One that was off and is found on is switched
        off, too: `reading.relay_on` tells the caller.
        """
        if not self.is_due:
            return None
        async with self._turn:
            self._looked = time.monotonic()
            try:
                reading = await self._alone(lambda: self._driver.look(within=TIMEOUT_SECONDS))
            except PlugError as error:
                if not isinstance(error, Preempted):
                    self.trouble = str(error)
                return None
            if self._on is not None:
                self._check_still_on(self._on, reading)
            elif reading.relay_on:
                self.relay = Relay.UNKNOWN
                self.switch_off()
            self._seen(reading, self.relay)
            return reading

    async def test(self) -> str:
        """Ask the plug who it is and whether its timer takes orders, without switching it; the answer in words."""
        if self._on is not None or self._pursuit is not None:
            return "It is at work just now. Ask again when it rests."
        async with self._turn:
            try:
                reading = await self._alone(lambda: self._driver.test_timer(within=TIMEOUT_SECONDS))
            except PlugError as error:
                return str(error)
            self._seen(reading, self.relay)
            if reading.relay_on:
                # Looked at again at once, by `check`, which sees to it that it is switched off and written down.
                self._looked = -LOOK_WHILE_OFF_EVERY_SECONDS
        if not reading.clock_is_set:
            return f"{reading.model} answers, but it doesn't know the time, so its timer can't be relied on."
        return f"{reading.model} answers: it is {'on' if reading.relay_on else 'off'}, and its timer takes orders."

    async def close(self) -> None:
        """Let go of the plug, for good. An OFF that is still pursued is given up, and so is whatever is under way."""
        self._forget_on()
        pursuit = self.switch_off()
        pursuit.cancel()
        await asyncio.wait([pursuit])
        self._driver.abort()

    async def _switch_on(
        self, at: float, until: float, hard_cap: float, tag: str, check: Callable[[], object]
    ) -> Reading:
        clock = asyncio.get_running_loop().time
        if clock() < at:
            await self._make_ready(at, until, hard_cap, tag)
            await asyncio.sleep(at - clock())
        await self._meet(until - clock())
        check()
        if (left := until - clock()) <= 0:
            raise Unreachable(TOO_LATE)
        countdown = timeline.countdown_seconds(left, hard_cap)
        asked, held_rule = clock(), self.reading is not None and self.reading.rule is not None
        self.told = told = Told(datetime.now(UTC), asked, held_rule)
        reading = await self._driver.on(countdown=countdown, tag=tag, within=min(TIMEOUT_SECONDS, left))
        self.told = replace(told, seen_on=reading.relay_on)
        self._check_was_off(reading, clock() - asked)
        self._check_on(reading, tag)
        return reading

    async def _make_ready(self, at: float, until: float, hard_cap: float, tag: str) -> None:
        """What can be done before the moment; a plug that can't be reached is asked again then."""
        left = until - at - A_LITTLE_LATE_SECONDS
        self._driver.make_ready(countdown=timeline.countdown_seconds(left, hard_cap), tag=tag)
        with contextlib.suppress(Unreachable):
            await self._meet(at - asyncio.get_running_loop().time())

    async def _meet(self, within: float) -> None:
        """See to it that there is a connection, to a plug that was off when it was made. Raises PlugError."""
        if not self._driver.is_connected:
            self.reading = await self._driver.look(within=min(TIMEOUT_SECONDS, within))
            self._check_was_off(self.reading, -1.0)
        if self.reading is not None and not self.reading.is_guarded and not self._unguarded:
            raise NoTimer(why_unguarded(self.reading))

    async def _alone(self, ask: Callable[[], Coroutine[None, None, Reading]]) -> Reading:
        """One exchange with the plug, which OFF may break off, and which does not begin while OFF is wanted."""
        if self._pursuit is not None:
            raise Preempted(PREEMPTED)
        self._under_way = asyncio.create_task(ask())
        try:
            return await self._under_way
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                self._under_way.cancel()
                raise
            raise Preempted(PREEMPTED, may_have_acted=True) from None
        finally:
            self._under_way = None

    async def _pursue(self) -> Confirmed:
        asked_at, asked = datetime.now(UTC), asyncio.get_running_loop().time()
        within, pause = FIRST_OFF_TIMEOUT_SECONDS, FIRST_PAUSE_SECONDS
        async with self._turn:
            before = None
            while True:
                was_connected = self._driver.is_connected
                try:
                    reading = await self._driver.off(within=within)
                    if not reading.relay_on:
                        break
                    self.trouble = "The plug was told to switch off, and is still on."
                except Exception as error:
                    # OFF is never given up, not even for a mistake of our own.
                    self.trouble, self.relay = str(error), Relay.UNKNOWN
                    if not isinstance(error, PlugError):
                        log.exception("A mistake while switching off")
                        self.trouble = OUR_MISTAKE
                finally:
                    before = before or (None if was_connected else self._driver.greeting)
                await asyncio.sleep(pause)
                within, pause = TIMEOUT_SECONDS, min(LONGEST_PAUSE_SECONDS, pause * 2)
            self._pursuit = None
            self._seen(reading, Relay.OFF)
            self.off_since = asyncio.get_running_loop().time()
            return Confirmed(asked_at, datetime.now(UTC), before, reading, asked, self.off_since)

    def _check_was_off(self, reading: Reading, told_for: float) -> None:
        """Raise when it has been on for longer than it was told to: by its button, or since it got its power back.

        Plugs count whole seconds, so less than one may go unnoticed. `told` is from then on, as far as that is known.
        """
        if reading.relay_on and reading.on_seconds > told_for + 1.0:
            ago = reading.on_seconds + 1
            began, moment = datetime.now(UTC) - timedelta(seconds=ago), asyncio.get_running_loop().time() - ago
            self.told = Told(began, moment, reading.rule is not None, seen_on=True)
            raise Refused(WAS_ON, may_have_acted=True)

    def _check_on(self, reading: Reading, tag: str) -> None:
        """Raise unless the plug confirmed relay and countdown."""
        if not reading.relay_on:
            raise Refused("The plug was told to switch on, and did not.")
        if self._unguarded:
            return
        if not reading.is_guarded:
            raise NoTimer(why_unguarded(reading), may_have_acted=True)
        if reading.rule is None or reading.rule.tag != tag or not reading.rule.enabled:
            raise NoTimer("The plug switched on, but its own timer was not set.", may_have_acted=True)

    def _check_still_on(self, on: _On, reading: Reading) -> None:
        rule = reading.rule
        guards = reading.is_guarded and rule is not None and rule.tag == on.tag and rule.enabled
        if reading.relay_on and (self._unguarded or guards):
            return
        why = "The plug lost its own timer." if reading.relay_on else "The plug switched off by itself."
        if not on.over.done():
            on.over.set_result(CutShort(why))
        self.switch_off()

    def _failed(self, error: PlugError) -> None:
        self._forget_on()
        if not isinstance(error, Preempted):
            self.trouble = str(error)
        if error.may_have_acted:
            self.relay = Relay.UNKNOWN
            self.switch_off()

    def _seen(self, reading: Reading, relay: Relay) -> None:
        self.reading = reading
        self.relay = relay
        guarded = reading.is_guarded or self._unguarded
        self.trouble = "" if guarded else why_unguarded(reading)
        self._looked = time.monotonic()

    def _forget_on(self) -> None:
        if self._on is not None:
            self._on.end.cancel()
            if not self._on.over.done():
                self._on.over.set_result(None)
            self._on = None
