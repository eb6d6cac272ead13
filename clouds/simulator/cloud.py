"""A simulated cloud: one balloon, the plug whose pump fills it, and perhaps one whose pump empties it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from clouds.simulator import clock
from clouds.simulator.balloon import Balloon, Measures
from clouds.simulator.identity import MODELS, Identity
from clouds.simulator.plug import Plug
from clouds.simulator.record import Record
from clouds.simulator.wire import Json


@dataclass(frozen=True, slots=True)
class CloudSpec:
    """What to simulate. `vent_seconds` of None means that there is no deflate plug; port 0 takes any that is free."""

    name: str
    model: str = "HS103"
    host: str = "127.0.0.1"
    port: int = 0
    vent_host: str = "127.0.0.1"
    vent_port: int = 0
    fill_seconds: float = 60.0
    half_life_seconds: float | None = None
    vent_seconds: float | None = None
    burst_at: float = 1.02

    def __post_init__(self) -> None:
        if self.model not in MODELS:
            raise ValueError(f"no model is called {self.model!r}: there are {', '.join(MODELS)}")
        measures = (self.fill_seconds, self.half_life_seconds, self.vent_seconds, self.burst_at)
        if any(measure is not None and measure <= 0 for measure in measures):
            raise ValueError(f"the measures of {self.name!r} must be more than 0")

    @property
    def measures(self) -> Measures:
        """What the balloon is like."""
        return Measures(self.fill_seconds, self.half_life_seconds, self.vent_seconds, self.burst_at)


class Cloud:
    """The plugs are called "<cloud>/inflate" and "<cloud>/deflate"."""

    def __init__(self, spec: CloudSpec, record: Record, taken: set[str]) -> None:
        self.name = spec.name
        self._record = record
        self._balloon = Balloon(spec.measures, clock.now())
        self._bursting: asyncio.TimerHandle | None = None
        self._noted: float | None = None
        plug = _maker(spec, record, taken, self._relay_changed)
        self.inflate = plug("inflate", (spec.host, spec.port))
        vented = spec.vent_seconds is not None
        self.deflate = plug("deflate", (spec.vent_host, spec.vent_port)) if vented else None

    @property
    def plugs(self) -> list[Plug]:
        """One or two."""
        return [self.inflate, self.deflate] if self.deflate else [self.inflate]

    def balloon(self) -> Json:
        """How the balloon is now."""
        self._live(at := clock.now())
        balloon = self._balloon
        return {
            "cloud": self.name,
            "at": at,
            "fill": balloon.fill,
            "peak": balloon.peak,
            "burst": balloon.burst_moment is not None,
            "burst_at": balloon.burst_moment,
            "inflating": balloon.inflating,
            "deflating": balloon.deflating,
        }

    def new_balloon(self) -> None:
        """Somebody has put on a new one, empty."""
        at = clock.now()
        self._live(at)
        self._balloon.renew(at)
        self._noted = None
        self._expect_burst()

    def set_fill(self, fill: float) -> None:
        """Somebody has let air in or out by hand."""
        at = clock.now()
        self._live(at)
        self._balloon.set_fill(at, fill)
        self._note_burst()
        self._expect_burst()

    def stop(self) -> None:
        """Expect nothing more."""
        if self._bursting:
            self._bursting.cancel()
            self._bursting = None

    def _relay_changed(self, at: float) -> None:
        deflating = self.deflate is not None and self.deflate.is_on
        self._balloon.switch(at, inflating=self.inflate.is_on, deflating=deflating)
        self._note_burst()
        self._expect_burst()

    def _live(self, at: float) -> None:
        self._balloon.advance(at)
        self._note_burst()

    def _note_burst(self) -> None:
        moment = self._balloon.burst_moment
        if moment is not None and moment != self._noted:
            self._noted = moment
            self._record.burst(self.name, moment)

    def _expect_burst(self) -> None:
        """Wake up when it bursts, for those who wait for it; its moment is exact however late the waking."""
        self.stop()
        seconds = self._balloon.seconds_until_burst()
        if seconds is not None:
            loop = asyncio.get_running_loop()
            self._bursting = loop.call_later(seconds, self._look_for_burst)

    def _look_for_burst(self) -> None:
        self._live(clock.now())
        if self._balloon.burst_moment is None:
            self._expect_burst()


def _maker(
    spec: CloudSpec, record: Record, taken: set[str], relay_changed: Callable[[float], None]
) -> Callable[[str, tuple[str, int]], Plug]:
    def plug(role: str, address: tuple[str, int]) -> Plug:
        identity = Identity.of(f"{spec.name}/{role}", spec.model, f"{spec.name} {role}", taken)
        taken.add(identity.mac)
        return Plug(identity, address, record, relay_changed)

    return plug
