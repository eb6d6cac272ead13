"""All the simulated clouds of one process, and what may be done to them and asked of them."""

import asyncio
import ipaddress
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from clouds.simulator import clock
from clouds.simulator.broadcast import Broadcasts
from clouds.simulator.cloud import Cloud, CloudSpec
from clouds.simulator.control_server import ControlServer
from clouds.simulator.plug import Plug
from clouds.simulator.record import Record
from clouds.simulator.wire import Json

FRAMES = {"on", "off", "any"}
RELAYS = {"relay_on": 1, "relay_off": 0}


class Simulator:
    """`async with Simulator([CloudSpec("Big")]) as sim:` and its plugs are there until the block ends.

    Plugs are named "<cloud>/inflate" and "<cloud>/deflate", or by their MAC; "*" means every plug, where several make
    sense. With a `control_port` (0: any free one) other processes reach the same methods through `control.Remote`.
    Raises ValueError for an address that is not loopback and OSError for one that is taken.
    """

    def __init__(self, specs: Iterable[CloudSpec], *, control_port: int | None = None, record: Path | None = None):
        self._specs = list(specs)
        for spec in self._specs:
            require_loopback(spec.host)
            require_loopback(spec.vent_host)
        if len({spec.name for spec in self._specs}) < len(self._specs):
            raise ValueError("two clouds have the same name")
        self._path = record
        self._control = ControlServer(self, control_port) if control_port is not None else None
        self._broadcasts = Broadcasts()
        self._clouds: dict[str, Cloud] = {}
        self._plugs: dict[str, Plug] = {}

    @property
    def clouds(self) -> list[Cloud]:
        """In the order of their specs."""
        return list(self._clouds.values())

    @property
    def control_port(self) -> int | None:
        """Where `control.Remote` connects to, on 127.0.0.1."""
        return self._control.port if self._control else None

    def cloud(self, name: str) -> Cloud:
        """That cloud. Raises LookupError."""
        if name not in self._clouds:
            raise LookupError(f"no cloud is called {name!r}")
        return self._clouds[name]

    def plug(self, name: str) -> Plug:
        """The plug of this name or MAC. Raises LookupError."""
        for plug in [self._plugs[name]] if name in self._plugs else self._plugs.values():
            if name in (plug.name, plug.mac):
                return plug
        raise LookupError(f"no plug is called {name!r}")

    async def __aenter__(self) -> Self:
        self._record = Record(self._path)
        try:
            await self._start()
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop()

    # What the control connection offers. Everything it takes and gives is JSON.

    def plugs(self) -> list[Json]:
        """Every plug, cloud by cloud."""
        return [
            {
                "name": plug.name,
                "cloud": cloud.name,
                "host": plug.host,
                "port": plug.port,
                "mac": plug.mac,
                "alias": plug.alias,
                "model": plug.identity.model,
                "relay": plug.firmware.relay,
                "faults": plug.faults.names(),
            }
            for cloud in self.clouds
            for plug in cloud.plugs
        ]

    def now(self) -> float:
        """The unix time of the simulator's own clock, in which all its moments are."""
        return clock.now()

    def record(self, since: float | None = None) -> list[Json]:
        """Changes of relays after `since`, or all: {plug, at, state, reason}."""
        return _after(since, self._record.changes)

    def commands(self, since: float | None = None) -> list[Json]:
        """Commands to set a relay: {plug, at, state, acted_at, armed, own, delay, replayed}."""
        return _after(since, self._record.commands)

    def bursts(self, since: float | None = None) -> list[Json]:
        """Balloons that have burst: {cloud, at}."""
        for cloud in self.clouds:
            cloud.balloon()
        return _after(since, self._record.bursts)

    def clear_record(self) -> None:
        """Forget what has happened so far."""
        self._record.clear()

    def balloon(self, cloud: str) -> Json:
        """How the balloon is now: {cloud, at, fill, peak, burst, burst_at, inflating, deflating}."""
        return self.cloud(cloud).balloon()

    def new_balloon(self, cloud: str) -> None:
        """A new balloon, empty."""
        self.cloud(cloud).new_balloon()

    def set_fill(self, cloud: str, fill: float) -> None:
        """By hand."""
        self.cloud(cloud).set_fill(fill)

    def fault(self, plug: str, name: str, when: str | None = None, once: bool = False, **params: Any) -> None:
        """See `faults`."""
        for each in self._those(plug):
            each.fault(name, when, once, **params)

    def clear(self, plug: str = "*", name: str | None = None) -> None:
        """End this fault of the plug, or all of them."""
        for each in self._those(plug):
            each.clear(name)

    def press_button(self, plug: str, state: int | None = None) -> None:
        """The button on the plug itself."""
        self.plug(plug).press_button(state)

    async def wait_for(
        self,
        plug: str,
        event: str,
        timeout: float = 10.0,  # noqa: ASYNC109 - comes over the control connection as it is
        since: float | None = None,
    ) -> Json:
        """The first such event after `since` (or since the record was cleared), as soon as there is one.

        Events: a frame that contains "on" or "off", or "any" frame, as it arrives: {plug, at, kind}; "relay_on" and
        "relay_off": {plug, at, state, reason}, also when the relay is so already and `since` is not given; "burst", of
        the plug's cloud: {cloud, at}. Raises TimeoutError.
        """
        until = clock.now() + timeout
        while (found := self._find(self.plug(plug), event, since)) is None:
            if not await self._record.news(until):
                raise TimeoutError(f"{plug}: no {event} within {timeout} s")
        return found

    def _find(self, plug: Plug, event: str, since: float | None) -> Json | None:
        if event in FRAMES:
            frames = _after(since, self._record.frames)
            return next((f for f in frames if f["plug"] == plug.name and event in ("any", f["kind"])), None)
        if event == "burst":
            cloud = plug.name.rpartition("/")[0]
            return next((burst for burst in self.bursts(since) if burst["cloud"] == cloud), None)
        if event not in RELAYS:
            raise ValueError(f"nobody can wait for {event!r}: there are {', '.join([*FRAMES, *RELAYS, 'burst'])}")
        state = RELAYS[event]
        changes = [c for c in self.record(since) if c["plug"] == plug.name and c["state"] == state]
        if since is not None:
            return changes[0] if changes else None
        if plug.firmware.relay != state:
            return None
        return changes[-1] if changes else {"plug": plug.name, "at": clock.now(), "state": state, "reason": None}

    def _those(self, plug: str) -> list[Plug]:
        return list(self._plugs.values()) if plug == "*" else [self.plug(plug)]

    async def _start(self) -> None:
        taken: set[str] = set()
        for spec in self._specs:
            cloud = Cloud(spec, self._record, taken)
            self._clouds[cloud.name] = cloud
            for plug in cloud.plugs:
                self._plugs[plug.name] = plug
                await plug.start()
        await self._broadcasts.start(self._plugs.values())
        if self._control:
            await self._control.start()

    async def _stop(self) -> None:
        if self._control:
            await self._control.stop()
        self._broadcasts.stop()
        for cloud in self.clouds:
            cloud.stop()
            for plug in cloud.plugs:
                plug.stop()
        self._record.close()
        # Closed transports take their leave of the loop one turn later.
        await asyncio.sleep(0)


def require_loopback(host: str) -> None:
    """Raises ValueError unless `host` is an address that only this machine can reach."""
    try:
        loopback = ipaddress.IPv4Address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise ValueError(f"simulated plugs listen on this machine only: {host!r} is not an address in 127.0.0.0/8")


def _after(since: float | None, entries: Iterable[Json]) -> list[Json]:
    return list(entries) if since is None else [entry for entry in entries if entry["at"] > since]
