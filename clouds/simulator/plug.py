"""One simulated plug: the firmware behind its door, with the faults between them."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from clouds.simulator import clock, wire
from clouds.simulator.faults import Fault, Faults, Treatment
from clouds.simulator.firmware import Firmware, Handling
from clouds.simulator.identity import Identity
from clouds.simulator.lines import Connection, Line
from clouds.simulator.record import Record
from clouds.simulator.sockets import Door
from clouds.simulator.wire import Json

DOWN_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Arrival:
    """A frame that has arrived, and what is to be noted when it is acted on."""

    request: Json
    line: Line
    command: Json | None
    life: int


class Plug:
    """`relay_changed(at)` tells the balloon. Its life ends with each restart, and with it all that was under way."""

    def __init__(
        self, identity: Identity, address: tuple[str, int], record: Record, relay_changed: Callable[[float], None]
    ):
        self.identity = identity
        self.firmware = Firmware(identity, self._note_change, self._reboot)
        self.chance = random.Random(identity.name)  # noqa: S311 - of latencies, not of secrets
        self.faults = Faults()
        self.door = Door(*address, lambda: Connection(self))
        self._record = record
        self._relay_changed = relay_changed
        self._connections: set[Connection] = set()
        self._held: list[Arrival] = []
        self._life = 0
        self._down = False
        self._timers: dict[str, asyncio.TimerHandle] = {}

    @property
    def name(self) -> str:
        """What the control connection calls it."""
        return self.identity.name

    @property
    def host(self) -> str:
        """Its loopback address."""
        return self.door.host

    @property
    def port(self) -> int:
        """TCP and UDP."""
        return self.door.port

    @property
    def mac(self) -> str:
        """Its MAC, with colons."""
        return self.identity.mac

    @property
    def alias(self) -> str:
        """What the plug itself says it is called."""
        return self.firmware.alias

    @property
    def is_on(self) -> bool:
        """Whether air flows."""
        return bool(self.firmware.relay)

    async def start(self) -> None:
        """Listen. Raises OSError where the address is taken."""
        await self.door.start(self.received)

    def stop(self) -> None:
        """Hang up and listen no more."""
        self._end_life()
        for timer in self._timers.values():
            timer.cancel()
        self.firmware.countdown.forget()
        self.door.stop()

    def fault(self, name: str, when: str | None = None, once: bool = False, **params: Any) -> None:
        """Have this fault from now on, or from the next frame of kind `when` on. Raises ValueError for nonsense."""
        fault = Fault(name, when, once, params)
        if name == "restart" and fault.when is None:
            self.restart(**params)
            return
        self.clear(name)
        self.faults.add(fault)
        if fault.when is None:
            self._begin(fault)

    def clear(self, name: str | None = None) -> None:
        """End this fault, or all of them: a frozen plug thaws, one that refused listens again."""
        for each in [name] if name else self.faults.names():
            if timer := self._timers.pop(each, None):
                timer.cancel()
            was = self.faults.active(each)
            self.faults.remove(each)
            if was:
                self._end(each)

    def press_button(self, state: int | None = None) -> None:
        """Somebody presses the plug's own button: the other state, or the one given."""
        self.firmware.set_relay(1 - self.firmware.relay if state is None else state, "button")

    def restart(self, seconds: float = DOWN_SECONDS, relay: str = "off", acts: bool = False) -> None:
        """The power goes and comes back after `seconds`, with the relay "on" or "off" then, or the "same" as before."""
        if relay not in ("on", "off", "same"):
            raise ValueError(f"a relay comes back on, off or the same, not {relay!r}")
        before = self.firmware.relay
        self._end_life()
        self.door.close()
        self._down = True
        self.firmware.countdown.forget()
        self.firmware.set_relay(0, "restart")
        after = before if relay == "same" else int(relay == "on")
        self._later("down", seconds, lambda: self._come_back(after))

    # What the lines tell the plug.

    def opened(self, line: Connection) -> None:
        """Somebody has connected; too late, if the plug has closed its door meanwhile."""
        self._connections.add(line)
        if not self.door.is_open:
            line.abort()

    def closed(self, line: Connection) -> None:
        """The connection is gone. What it has sent is still acted on."""
        self._connections.discard(line)

    def received(self, body: bytes, line: Line) -> None:
        """A whole frame: note it, let it wake faults, and see how it fares."""
        request = wire.decode(body)
        if request is None or not self.door.is_open:
            return
        arrival, kind = self._note(request, line)
        for fault in self.faults.wake(kind):
            if fault.name == "restart":
                self._restart_by(fault, arrival)
                return
            self._begin(fault)
        treatment = self.faults.treatment(self.chance.random())
        self.line_up(arrival, treatment)
        for spent in self.faults.spend():
            self._end(spent)

    def line_up(self, arrival: Arrival, treatment: Treatment) -> None:
        """Held while frozen, lost while refusing; else handled in its turn."""
        if self.faults.active("frozen"):
            self._held.append(arrival)
        elif self.door.is_open:
            arrival.line.after(treatment.delay, lambda: self._handle(arrival, treatment))

    def _note(self, request: Json, line: Line) -> tuple[Arrival, str]:
        at = clock.now()
        wanted = _wanted_state(request)
        kind = {0: "off", 1: "on"}.get(wanted, "other") if isinstance(wanted, int) else "other"
        command = None if wanted is None else self._record.commanded(self.name, at, wanted)
        self._record.received(self.name, at, kind)
        return Arrival(request, line, command, self._life), kind

    def _handle(self, arrival: Arrival, treatment: Treatment) -> None:
        if arrival.life != self._life:
            return
        if self.faults.active("frozen"):
            self._held.append(arrival)
            return
        answer = self._act(arrival, treatment) if treatment.acts else {}
        # Plugs work side by side: none waits until another, whose frame has arrived as well, has found its words.
        asyncio.get_running_loop().call_soon(self._reply, arrival.line, answer, treatment)

    @staticmethod
    def _reply(line: Line, answer: Json, treatment: Treatment) -> None:
        if treatment.closes:
            line.close()
        elif treatment.replies:
            reply = lambda: line.answer(answer, treatment.pieces, treatment.pause)  # noqa: E731
            line.after(treatment.delay_of_reply, reply)

    def _act(self, arrival: Arrival, treatment: Treatment, reason: str = "command") -> Json:
        handling = Handling(reason, treatment.refused)
        handling.acted = lambda state: self._note_act(arrival, handling)
        return self.firmware.execute(arrival.request, handling)

    def _note_act(self, arrival: Arrival, handling: Handling) -> None:
        if arrival.command is None:
            return
        rule = self.firmware.countdown.running
        armed = rule if rule and rule.act == 0 else None
        self._record.acted(
            arrival.command,
            acted_at=clock.now(),
            armed=armed is not None,
            own=armed is not None and armed.frame == handling.number,
            delay=armed.delay if armed else None,
            replayed=handling.reason == "replay",
        )

    def _note_change(self, at: float, state: int, reason: str) -> None:
        self._record.changed(self.name, at, state, reason)
        self._relay_changed(at)

    # Faults that do something when they begin or end.

    def _begin(self, fault: Fault) -> None:
        match fault.name:
            case "refuses":
                self._end_life()
                self.door.close()
            case "forgets":
                self.firmware.countdown.forget()
                self.firmware.countdown.forgets = True
            case "clock_unset":
                self.firmware.clock.lose(stuck=bool(fault["stuck"]))
        if fault.seconds is not None:
            self._later(fault.name, fault.seconds, lambda: self.clear(fault.name))

    def _end(self, name: str) -> None:
        match name:
            case "refuses":
                self._listen_again()
            case "forgets":
                self.firmware.countdown.forgets = False
            case "clock_unset":
                self.firmware.clock.find()
            case "frozen":
                self._thaw()

    def _thaw(self) -> None:
        held, self._held = self._held, []
        for arrival in held:
            if arrival.life == self._life:
                arrival.line.answer(self._act(arrival, Treatment(), "replay"), 1, 0.0)

    def _restart_by(self, fault: Fault, arrival: Arrival) -> None:
        self.faults.remove("restart")
        if fault["acts"]:
            self._act(arrival, Treatment())
        self.restart(**fault.params)

    def _reboot(self, delay: float) -> None:
        self._later("reboot", delay, lambda: self.restart(relay="same"))

    def _come_back(self, relay: int) -> None:
        self._down = False
        self._listen_again()
        self.firmware.set_relay(relay, "restart")

    def _listen_again(self) -> None:
        if not self._down and not self.faults.active("refuses"):
            self.door.open()

    def _end_life(self) -> None:
        self._life += 1
        self._held.clear()
        for line in list(self._connections):
            line.abort()

    def _later(self, what: str, seconds: float, do: Callable[[], None]) -> None:
        if timer := self._timers.get(what):
            timer.cancel()
        self._timers[what] = asyncio.get_running_loop().call_later(seconds, do)


def _wanted_state(request: Json) -> Any:
    """The state a frame would set the relay to; None where it sets none."""
    system = request.get("system")
    relay = system.get("set_relay_state") if isinstance(system, dict) else None
    return relay.get("state") if isinstance(relay, dict) else None
