"""A plug that is made of nothing but Python: it speaks no protocol, and does what a test has it do.

`FakePlug` is the device on the wall, `FakeDriver` the one who speaks to it. What the driver is told is kept in `told`.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from clouds.plugs import NotAPlug, NoTimer, PlugError, Reading, Refused, Rule, Stranger, Unreachable

MAC = "50:C7:BF:00:00:01"
MODEL = "HS103(FAKE)"


@dataclass
class FakePlug:
    """A device, and what is wrong with it.

    `slow`: seconds until it acts, by verb ("look", "on", "off", "test"). `silent`, `mute`: verbs that it neither acts
    upon nor answers, or acts upon without an answer. `drops`: verbs upon which it acts and then hangs up. `refuses`:
    verbs to which it answers that it won't.
    `raises`: what the driver raises for a verb, as no driver should.
    """

    mac: str = MAC
    relay_on: bool = False
    rule: Rule | None = None
    has_timer: bool = True
    clock_is_set: bool = True
    clock_can_be_set: bool = True
    forgets_rules: bool = False
    is_a_plug: bool = True
    is_there: bool = True
    slow: dict[str, float] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    mute: set[str] = field(default_factory=set)
    drops: set[str] = field(default_factory=set)
    refuses: set[str] = field(default_factory=set)
    raises: dict[str, list[BaseException]] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    received: list[str] = field(default_factory=list)
    on_changed: Callable[[bool], None] = lambda _: None
    power: int = 0
    _on_since: float = 0.0
    _countdown: asyncio.TimerHandle | None = None

    def switch(self, state: bool) -> None:
        """The relay is like this from now on."""
        if state and not self.relay_on:
            self._on_since = asyncio.get_running_loop().time()
        if state is not self.relay_on:
            self.relay_on = state
            self.on_changed(state)

    def arm(self, rule: Rule) -> None:
        """A countdown takes the place of the one before."""
        self.forget_rule()
        if self.has_timer and not self.forgets_rules:
            self.rule = rule
            if self.clock_is_set:
                self._countdown = asyncio.get_running_loop().call_later(rule.delay, self.fire)

    def fire(self) -> None:
        """The countdown is over."""
        if self.rule is not None:
            self.rule = Rule(self.rule.tag, False, self.rule.delay, 0)
            self.switch(False)

    def forget_rule(self) -> None:
        """There is no countdown any more."""
        if self._countdown is not None:
            self._countdown.cancel()
        self.rule = self._countdown = None

    def restart(self, *, relay_on: bool) -> None:
        """The power went, and came back."""
        self.forget_rule()
        self.power += 1
        self.switch(False)
        self.switch(relay_on)

    def stop(self) -> None:
        """The test is over."""
        self.forget_rule()

    def say(self) -> Reading:
        """What it says of itself."""
        seconds = int(asyncio.get_running_loop().time() - self._on_since) if self.relay_on else 0
        return Reading(self.relay_on, seconds, self.mac, MODEL, self.has_timer, self.clock_is_set, self.rule)


class FakeDriver:
    """A `Driver` for such a plug."""

    def __init__(self, plug: FakePlug, *, mac: str = "") -> None:
        self.plug = plug
        self._mac = mac
        self._greeting: Reading | None = None
        self._connected_to: int | None = None

    @property
    def is_connected(self) -> bool:
        """Whether the plug still has the power with which it was found."""
        return self._connected_to == self.plug.power

    @property
    def greeting(self) -> Reading | None:
        """What it said when the connection was made."""
        return self._greeting

    async def look(self, *, within: float) -> Reading:
        """Ask; set its clock, if it has to be."""

        def act() -> None:
            if not self.plug.clock_is_set:
                self.plug.clock_is_set = self.plug.clock_can_be_set

        return await self._ask("look", act, within)

    def make_ready(self, *, countdown: int, tag: str) -> None:
        """There is nothing to be made ready."""

    async def on(self, *, countdown: int, tag: str, within: float) -> Reading:
        """Arm and switch on."""

        def act() -> None:
            self.plug.arm(Rule(tag, True, countdown, countdown))
            self.plug.switch(True)

        return await self._ask("on", act, within, f"on {tag} {countdown}")

    async def off(self, *, within: float) -> Reading:
        """Switch off."""
        return await self._ask("off", lambda: self.plug.switch(False), within)

    async def test_timer(self, *, within: float) -> Reading:
        """Arm and take back."""

        def act() -> None:
            if not self.plug.has_timer:
                raise NoTimer("The timer takes no orders.")
            self.plug.forget_rule()

        return await self._ask("test", act, within)

    def abort(self) -> None:
        """Drop the connection, and what is on its way."""
        self._connected_to = None

    async def _ask(self, verb: str, act: Callable[[], None], within: float, told: str = "") -> Reading:
        self.plug.told.append(told or verb)
        if raising := self.plug.raises.get(verb):
            raise raising.pop(0)
        received = len(self.plug.received)

        def sent() -> bool:
            return verb == "off" or (verb == "on" and len(self.plug.received) > received)

        try:
            async with asyncio.timeout(within):
                return await self._exchange(verb, act, told or verb)
        except TimeoutError:
            self.abort()
            raise Unreachable("The plug does not answer in time.", may_have_acted=sent()) from None
        except Refused:
            raise
        except PlugError as error:
            self.abort()
            error.may_have_acted = sent()
            raise
        except asyncio.CancelledError:
            self.abort()
            raise

    async def _exchange(self, verb: str, act: Callable[[], None], told: str) -> Reading:
        if not self.is_connected:
            self._connect()
        await asyncio.sleep(0)
        self.plug.received.append(told)
        if verb in self.plug.silent:
            await asyncio.sleep(3600)
        await asyncio.sleep(self.plug.slow.get(verb, 0.0))
        if verb in self.plug.refuses:
            raise Refused("The plug won't.", may_have_acted=self.plug.relay_on)
        act()
        if verb in self.plug.mute:
            await asyncio.sleep(3600)
        if verb in self.plug.drops or not self.is_connected:
            raise Unreachable("The plug closed the connection.")
        return self.plug.say()

    def _connect(self) -> None:
        self._greeting = None
        if not self.plug.is_there:
            raise Unreachable("The plug can't be reached.")
        if not self.plug.is_a_plug:
            raise NotAPlug("What answers is not a plug.")
        if self._mac and self._mac != self.plug.mac:
            raise Stranger(f"Another device answers: {self.plug.mac}, not {self._mac}.")
        self._mac, self._greeting, self._connected_to = self.plug.mac, self.plug.say(), self.plug.power
