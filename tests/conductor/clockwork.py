"""A conductor's whole work in no time: the real `House` on plugs of Python, in a loop whose clock is moved on whenever
nobody has anything to do. A conductor may die there, and the balloon is reckoned by the simulator's physics.
"""

import asyncio
import contextlib
import selectors
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import Future
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.db import DEFAULT_DB_ALIAS, connections
from django.utils import timezone

from clouds.conductor import house, ledger
from clouds.conductor.house import House
from clouds.models import Cloud, Plug, Run, Venue
from clouds.plugs import Actor, Address, Unreachable, actor
from clouds.simulator.balloon import Balloon, Measures
from clouds.timeline import Do
from tests.core.conftest import NOON
from tests.plugs.fake import FakeDriver, FakePlug

NEVER_BURSTS = 1e9
ANSWERED_WITHIN_SECONDS = 0.003


class _Impatient(selectors.SelectSelector):
    """Waits for nobody: the time that it was to wait for is over at once."""

    passed = 0.0
    jumped = 0.0
    traveller: Any = None

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready:
            assert timeout is not None, "Everybody waits, and nothing is to come."
            self.passed += timeout
            self.traveller.move_to(NOON + timedelta(seconds=self.passed + self.jumped))
        return ready


class Clockwork(asyncio.SelectorEventLoop):
    """An event loop in which sleeping takes no time."""

    def __init__(self, traveller: Any) -> None:
        self._impatient = _Impatient()
        self._impatient.traveller = traveller
        super().__init__(self._impatient)

    def time(self) -> float:
        """Seconds since noon."""
        return self._impatient.passed

    def set_clock(self, seconds: float) -> None:
        """Somebody sets the machine's clock, by so many seconds, which the monotonic one does not notice."""
        self._impatient.jumped += seconds


def run(scene: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Play a scene from noon on."""
    mine = connections[DEFAULT_DB_ALIAS]

    async def play() -> None:
        # A loop has connections of its own, and this one is to see what the test has not committed.
        connections[DEFAULT_DB_ALIAS] = mine
        await scene()

    with (
        time_machine.travel(NOON, tick=False) as traveller,
        asyncio.Runner(loop_factory=lambda: Clockwork(traveller)) as runner,
    ):
        runner.run(play())


def prepare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the conductor go by the loop's clock, and look round less often than it does where it must be quick."""
    clock = SimpleNamespace(monotonic=lambda: asyncio.get_running_loop().time())
    for module in (ledger, actor):
        monkeypatch.setattr(module, "time", clock)
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # one thread is all there is
    for often in ("LOOK_ROUND_EVERY_SECONDS", "READ_EVERY_SECONDS", "READ_PLUGS_EVERY_SECONDS"):
        monkeypatch.setattr(house, often, 4.0)
    monkeypatch.setattr(House, "_beat", lambda self: asyncio.sleep(1e9))


class _Driver(FakeDriver):
    """Whoever uses it may die: what was sent by then is acted upon, and nothing more is sent."""

    is_dead = False
    _sent: Callable[[], None] | None = None

    def die(self) -> None:
        if self._sent is not None:
            self._sent()
        self.is_dead = True

    async def _exchange(self, verb: str, act: Callable[[], None], told: str) -> Any:
        if self.is_dead:
            raise Unreachable("Whoever asks is dead.")
        self._sent = act if verb not in self.plug.silent and verb not in self.plug.refuses else None
        try:
            return await super()._exchange(verb, lambda: None if self.is_dead else act(), told)
        finally:
            self._sent = None


class _Journal:
    """Answers at once, and writes late: what a dead conductor had not written stays unwritten."""

    def __init__(self, stage: "Stage") -> None:
        self._stage = stage
        self._last = 0.0
        self.is_dead = False

    async def ask(self, question: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if self.is_dead:
            await asyncio.sleep(1e9)
        await asyncio.sleep(ANSWERED_WITHIN_SECONDS)
        return question(*args, **kwargs)

    def write(self, entry: Callable[..., object], *args: Any, **kwargs: Any) -> "Future[None]":
        loop, done = asyncio.get_running_loop(), Future[None]()

        def take() -> None:
            if not self.is_dead and not done.cancelled():
                entry(*args, **kwargs)
                done.set_result(None)
                self._stage.bell.set()

        self._last = max(self._last, loop.time() + self._stage.lag)
        loop.call_at(self._last, take)
        return done


class _Baton:
    def __init__(self, venue_id: int, holder: str, silent_since: datetime | None) -> None:
        self.venue_id, self.holder, self.silent_since = venue_id, holder, silent_since
        Venue.objects.filter(pk=venue_id).update(conductor=holder, conductor_beat_at=timezone.now())

    def allows_to_begin(self) -> bool:
        return True

    def lay_down(self) -> None:
        return None


class Stage:
    """A cloud on plugs of Python, its balloon, and whoever conducts it at the time."""

    def __init__(self, cloud: Cloud, fill: float) -> None:
        self.cloud = cloud
        self.lag = 0.0
        self.bell = asyncio.Event()
        self.plugs = {Do(plug.pump): FakePlug(mac=plug.mac) for plug in Plug.objects.filter(cloud=cloud)}
        self._drivers: list[_Driver] = []
        self._lives = 0
        self._journal: _Journal | None = None
        self._house: House | None = None
        self._keeping: list[asyncio.Task[None]] = []
        half, vent = cloud.half_life_seconds, cloud.vent_seconds
        self.balloon = Balloon(Measures(cloud.fill_seconds, half, vent, NEVER_BURSTS), self.now())
        self.balloon.set_fill(self.now(), fill)
        for plug in self.plugs.values():
            plug.on_changed = self._switched

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def _switched(self, _: bool) -> None:
        on = {do: plug.relay_on for do, plug in self.plugs.items()}
        self.balloon.switch(self.now(), inflating=on[Do.INFLATE], deflating=on.get(Do.DEFLATE, False))

    @contextlib.asynccontextmanager
    async def _listen(self) -> AsyncIterator[Callable[[float], Coroutine[Any, Any, None]]]:
        async def bell(wait: float) -> None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self.bell.wait()
            self.bell.clear()

        yield bell

    def _actor(self, address: Address) -> Actor:
        plug = next(plug for plug in self.plugs.values() if plug.mac == address.mac)
        self._drivers.append(_Driver(plug, mac=address.mac))
        return Actor(self._drivers[-1])

    def conduct(self, monkeypatch: pytest.MonkeyPatch, silent_since: datetime | None = None) -> None:
        """Somebody takes the baton."""
        monkeypatch.setattr(house.doorbell, "listen", self._listen)
        monkeypatch.setattr(house.plugs, "actor_for", self._actor)
        self._lives += 1
        self._journal = _Journal(self)
        baton: Any = _Baton(self.cloud.venue_id, f"here:1:1:{self._lives}", silent_since)
        self._house = House(baton, self._journal)  # type: ignore[arg-type]
        self._keeping.append(asyncio.ensure_future(self._house.keep()))

    @property
    def is_conducted(self) -> bool:
        """Whether anybody conducts."""
        return self._journal is not None and not self._journal.is_dead

    def die(self) -> None:
        """Whoever conducts is killed: nothing of theirs goes on but what the plugs were told."""
        assert self._journal is not None
        self._journal.is_dead = True
        for driver in self._drivers:
            driver.die()
        self._drivers.clear()
        self._keeping[-1].cancel()

    async def comes_to_rest(self, within: float) -> None:
        """Wait until nothing plays or waits, and every plug is off."""
        end = self.now() + within
        while Run.objects.live().exists() or any(plug.relay_on for plug in self.plugs.values()):
            assert self.now() < end, f"{list(Run.objects.live())} did not end"
            await asyncio.sleep(1.0)

    async def close(self) -> None:
        """All is over."""
        assert self._house is not None
        while not self.is_conducted:
            await asyncio.sleep(1.0)
        self._house.leave("The test is over.")
        await asyncio.gather(*self._keeping, return_exceptions=True)
        for plug in self.plugs.values():
            plug.stop()
