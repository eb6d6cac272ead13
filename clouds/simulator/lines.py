"""Where a plug's frames come from and its answers go: a TCP connection, or the sender of a datagram."""

import asyncio
import random
from collections.abc import Callable
from functools import partial
from typing import Protocol, cast

from clouds.simulator import wire


class Sink(Protocol):
    """What a line needs of its plug."""

    chance: random.Random

    def received(self, body: bytes, line: "Line") -> None:
        """A whole frame has arrived on the line."""

    def opened(self, line: "Connection") -> None:
        """Somebody has connected."""

    def closed(self, line: "Connection") -> None:
        """The connection is gone."""


class Line:
    """Does what it is asked in order, each at its time: a slow answer is never overtaken by a later one."""

    def __init__(self) -> None:
        self._free_at = 0.0
        self._waiting = 0

    def after(self, delay: float, do: Callable[[], None], gap: float = 0.0) -> None:
        """Do it `delay` seconds from now and `gap` after all that waits already; at once, where nothing forbids it."""
        loop = asyncio.get_running_loop()
        at = max(loop.time() + delay, self._free_at + gap)
        if delay <= 0 and gap <= 0 and not self._waiting:
            do()
            return
        # The loop does not keep the order of callbacks due at the same instant.
        self._free_at = at + 1e-6
        self._waiting += 1
        loop.call_at(at, self._do, do)

    def _do(self, do: Callable[[], None]) -> None:
        self._waiting -= 1
        do()

    def answer(self, message: wire.Json, pieces: int, pause: float) -> None:
        """Send it, if there is still somebody to send it to."""

    def close(self) -> None:
        """Hang up."""


class Connection(asyncio.Protocol, Line):
    """A TCP connection."""

    def __init__(self, plug: Sink) -> None:
        super().__init__()
        self._plug = plug
        self._deframer = wire.Deframer()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._plug.opened(self)

    def data_received(self, data: bytes) -> None:
        try:
            bodies = self._deframer.feed(data)
        except wire.FrameTooLongError:
            self.abort()
            return
        for body in bodies:
            self._plug.received(body, self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._plug.closed(self)

    def answer(self, message: wire.Json, pieces: int, pause: float) -> None:
        data = wire.frame(message)
        if pieces == 1:
            self.after(0.0, partial(self._write, data))
            return
        cuts = sorted(self._plug.chance.sample(range(1, len(data)), min(pieces, len(data)) - 1))
        for begin, end in zip([0, *cuts], [*cuts, len(data)], strict=True):
            piece = data[begin:end]
            wait = pause if begin else 0.0
            self.after(wait, partial(self._write, piece), gap=wait)

    def _write(self, data: bytes) -> None:
        if self._transport and not self._transport.is_closing():
            self._transport.write(data)

    def close(self) -> None:
        if self._transport:
            self._transport.close()

    def abort(self) -> None:
        """Reset the connection: what was on its way is lost."""
        if self._transport:
            self._transport.abort()


class Datagram(Line):
    """The sender of one datagram."""

    def __init__(self, transport: asyncio.DatagramTransport, address: tuple[str, int]) -> None:
        super().__init__()
        self._transport, self._address = transport, address

    def answer(self, message: wire.Json, pieces: int, pause: float) -> None:
        if not self._transport.is_closing():
            self._transport.sendto(wire.encode(message), self._address)
