"""One plug and what can be done to it, whichever it is: the fake one, or the simulator's behind python-kasa.

A scene is a coroutine that is given a stage. It is played in an event loop of its own, which it must leave as it found
it: without a task that goes on and without a socket.
"""

import asyncio
import contextlib
import gc
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Protocol

from clouds import plugs
from clouds.plugs import Actor, Address, Driver
from clouds.simulator import CloudSpec, Simulator
from tests.plugs.fake import FakeDriver, FakePlug

NAME = "Cumulus/inflate"
# Enough for a machine that is busy; never waited for when all is well.
AT_MOST_SECONDS = 20.0


class Stage(Protocol):
    """A plug with all that can be wrong with it. Verbs are "on", "off" and "any" (which is a look as well)."""

    def driver(self, mac: str = "") -> Driver:
        """Who speaks to it, and expects this MAC address."""

    @property
    def mac(self) -> str:
        """Its MAC address."""

    @property
    def is_on(self) -> bool:
        """Whether its relay really is on."""

    @property
    def ons(self) -> int:
        """How often it was sent ON."""

    @property
    def offs(self) -> int:
        """How often it was sent OFF."""

    @property
    def frames(self) -> int:
        """How often it was sent anything at all, or would have been."""

    def silent(self, verb: str) -> None:
        """It neither acts nor answers."""

    def mute(self, verb: str) -> None:
        """It acts, and does not answer."""

    def drops(self, verb: str) -> None:
        """It acts, and hangs up."""

    def slow(self, seconds: float) -> None:
        """It acts, and answers, late."""

    def refuses(self, verb: str) -> None:
        """It answers that it won't."""

    def gone(self) -> None:
        """It can't be reached."""

    def cured(self) -> None:
        """All that is over."""

    def restart(self, *, relay_on: bool) -> None:
        """Its power goes and comes back."""

    def press_button(self, state: bool) -> None:
        """Somebody presses its button."""

    def without_timer(self) -> None:
        """It has no timer of its own."""

    def forgets(self) -> None:
        """It loses its rule, and keeps none that it is given."""

    def lose_clock(self, *, stuck: bool) -> None:
        """It does not know the time; a stuck one can't be told."""

    def becomes_another(self) -> None:
        """Another device answers at its address."""


class FakeStage:
    """The fake plug."""

    def __init__(self) -> None:
        self.plug = FakePlug()

    def driver(self, mac: str = "") -> FakeDriver:
        return FakeDriver(self.plug, mac=mac)

    @property
    def mac(self) -> str:
        return self.plug.mac

    @property
    def is_on(self) -> bool:
        return self.plug.relay_on

    @property
    def ons(self) -> int:
        return sum(frame.startswith("on") for frame in self.plug.received)

    @property
    def offs(self) -> int:
        return self.plug.received.count("off")

    @property
    def frames(self) -> int:
        return len(self.plug.told)

    def silent(self, verb: str) -> None:
        self.plug.silent |= _verbs(verb)

    def mute(self, verb: str) -> None:
        self.plug.mute |= _verbs(verb)

    def drops(self, verb: str) -> None:
        self.plug.drops |= _verbs(verb)

    def slow(self, seconds: float) -> None:
        self.plug.slow = dict.fromkeys(_verbs("any"), seconds)

    def refuses(self, verb: str) -> None:
        self.plug.refuses |= _verbs(verb)

    def gone(self) -> None:
        self.plug.is_there = False
        self.plug.power += 1

    def cured(self) -> None:
        self.plug.silent, self.plug.mute, self.plug.refuses, self.plug.slow = set(), set(), set(), {}
        self.plug.drops = set()
        self.plug.is_there, self.plug.forgets_rules = True, False

    def restart(self, *, relay_on: bool) -> None:
        self.plug.restart(relay_on=relay_on)

    def press_button(self, state: bool) -> None:
        self.plug.switch(state)

    def without_timer(self) -> None:
        self.plug.has_timer = False

    def forgets(self) -> None:
        self.plug.forget_rule()
        self.plug.forgets_rules = True

    def lose_clock(self, *, stuck: bool) -> None:
        self.plug.clock_is_set, self.plug.clock_can_be_set = False, not stuck

    def becomes_another(self) -> None:
        self.plug.mac = "50:C7:BF:FF:FF:FF"
        self.plug.power += 1


class SimulatedStage:
    """A plug of the simulator, over a socket."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.plug = simulator.plug(NAME)

    def driver(self, mac: str = "") -> Driver:
        return plugs.driver_for(self.address(mac))

    def address(self, mac: str = "") -> Address:
        return Address(self.plug.host, self.plug.port, mac=mac, simulated=True)

    @property
    def mac(self) -> str:
        return self.plug.mac

    @property
    def is_on(self) -> bool:
        return self.plug.is_on

    @property
    def ons(self) -> int:
        return sum(command["state"] == 1 for command in self.simulator.commands())

    @property
    def offs(self) -> int:
        return sum(command["state"] == 0 for command in self.simulator.commands())

    @property
    def frames(self) -> int:
        return len(self.simulator._record.frames)

    def silent(self, verb: str) -> None:
        self.simulator.fault(NAME, "silent", when=None if verb == "any" else verb)

    def mute(self, verb: str) -> None:
        self.simulator.fault(NAME, "mute", when=None if verb == "any" else verb)

    def drops(self, verb: str) -> None:
        self.simulator.fault(NAME, "drops_after", when=None if verb == "any" else verb)

    def slow(self, seconds: float) -> None:
        self.simulator.fault(NAME, "slow", latency=seconds)

    def refuses(self, verb: str) -> None:
        self.simulator.fault(NAME, "errors", state={"on": 1, "off": 0}.get(verb, "any"))

    def gone(self) -> None:
        self.simulator.fault(NAME, "refuses")

    def cured(self) -> None:
        self.simulator.clear(NAME)

    def restart(self, *, relay_on: bool) -> None:
        self.simulator.fault(NAME, "restart", seconds=0.01, relay="on" if relay_on else "off")

    def press_button(self, state: bool) -> None:
        self.simulator.press_button(NAME, int(state))

    def without_timer(self) -> None:
        del self.plug.firmware._modules["count_down"]

    def forgets(self) -> None:
        self.simulator.fault(NAME, "forgets")

    def lose_clock(self, *, stuck: bool) -> None:
        self.simulator.fault(NAME, "clock_unset", stuck=stuck)

    def becomes_another(self) -> None:
        self.plug.firmware._sysinfo["mac"] = "50:C7:BF:FF:FF:FF"
        self.simulator.fault(NAME, "restart", seconds=0.01)


@contextlib.asynccontextmanager
async def set_up(kind: str) -> AsyncIterator[Stage]:
    """A stage of this kind, for a scene."""
    if kind == "fake":
        stage = FakeStage()
        yield stage
        stage.plug.stop()
    else:
        async with Simulator([CloudSpec("Cumulus")]) as simulator:
            yield SimulatedStage(simulator)


def play(kind: str, scene: Callable[[Any], Awaitable[None]]) -> None:
    """Play a scene; nothing may be left of it."""

    async def play_and_look() -> set[asyncio.Task[object]]:
        async with set_up(kind) as stage, asyncio.timeout(AT_MOST_SECONDS):
            await scene(stage)
        await asyncio.sleep(0)
        return asyncio.all_tasks() - {asyncio.current_task()}  # type: ignore[arg-type]

    cleanly(play_and_look())


def cleanly(scene: Any) -> None:
    """Run a coroutine that gives back the tasks that it left behind: there must be none, and no open socket."""
    gc.freeze()  # what was there before is no concern of the scene
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always", ResourceWarning)
        left = asyncio.run(scene)
        gc.collect()
    gc.unfreeze()
    assert not left, f"These go on: {left}"
    assert not warned, f"This was not closed: {[str(warning.message) for warning in warned]}"


@contextlib.asynccontextmanager
async def acting(stage: Stage, *, unguarded: bool = False, mac: str = "") -> AsyncIterator[Actor]:
    """An actor on the stage."""
    actor = Actor(stage.driver(mac), unguarded=unguarded)
    try:
        yield actor
    finally:
        await actor.close()


async def until(true: Callable[[], Any], what: str) -> None:
    """Wait until this is true; fail, saying what was waited for, when it takes too long."""
    end = asyncio.get_running_loop().time() + AT_MOST_SECONDS / 2
    while not true():
        assert asyncio.get_running_loop().time() < end, f"Waited in vain until {what}"
        await asyncio.sleep(0.002)


def now() -> float:
    """The loop's time, in which an actor's moments are."""
    return asyncio.get_running_loop().time()


def _verbs(verb: str) -> set[str]:
    return {"look", "on", "off", "test"} if verb == "any" else {verb}
