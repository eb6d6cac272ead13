"""Visitors with phones, as light as can be, because they share the machine with what they press.

A phone is one connection kept open; what it sends is made ready beforehand.
"""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tests.site import PATIENCE_SECONDS, Simulator, Visitor, until

TOKEN = "a" * 32
BODY = f"csrfmiddlewaretoken={TOKEN}".encode()
TAKEN = (204, 302, 303)


class Phone:
    """One connection, one request at a time."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._line: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._turn = asyncio.Lock()

    async def connect(self) -> None:
        """Have a connection."""
        self._line = self._line or await asyncio.open_connection("127.0.0.1", self._port)

    async def ask(self, request: bytes) -> tuple[float, float, int]:
        """Send a request and read the answer: the unix times of both, and the status."""
        async with self._turn, asyncio.timeout(PATIENCE_SECONDS):
            await self.connect()
            assert self._line is not None
            reader, writer = self._line
            sent_at = time.time()
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            answered_at = time.time()
            length = head.partition(b"content-length: ")[2].partition(b"\r\n")[0]
            await reader.readexactly(int(length or 0))
            return sent_at, answered_at, int(head.split(b" ", 2)[1])


@dataclass(frozen=True, slots=True)
class Order:
    """A press to be made `at` seconds after the start, which is to switch this plug on."""

    at: float
    plug: str
    phone: Phone
    request: bytes


@dataclass(frozen=True, slots=True)
class Press:
    """A press that was made, and after how many seconds it was answered and the relay was on."""

    plug: str
    answered_after: float
    on_after: float


def post(path: str, visitor: Visitor | None = None) -> bytes:
    """A form, sent by this visitor, who is logged in, or by nobody."""
    cookies = {**(visitor.cookies if visitor else {}), "csrftoken": TOKEN}
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Cookie: " + "; ".join(f"{name}={value}" for name, value in cookies.items()),
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(BODY)}",
        "",
        "",
    ]
    return "\r\n".join(lines).encode() + BODY


def press(simulators: Sequence[Simulator], orders: Sequence[Order]) -> list[Press]:
    """Have these presses made, each at its time, and see what the plugs of these simulators did then."""
    answers = asyncio.run(_carry_out(orders))
    refused = [
        (order.plug, status) for order, (_, _, status) in zip(orders, answers, strict=True) if status not in TAKEN
    ]
    if refused:
        raise AssertionError(f"{len(refused)} of {len(orders)} presses were not taken: {refused[:5]}")
    since = min(sent_at for sent_at, _, _ in answers)
    wanted = [(order.plug, sent_at) for order, (sent_at, _, _) in zip(orders, answers, strict=True)]
    on_after = until(lambda: _on_after(simulators, wanted, since), "every relay was on", every=0.5)
    return [
        Press(order.plug, answered_at - sent_at, seconds)
        for order, (sent_at, answered_at, _), seconds in zip(orders, answers, on_after, strict=True)
    ]


async def _carry_out(orders: Iterable[Order]) -> list[tuple[float, float, int]]:
    orders = list(orders)
    await asyncio.gather(*(phone.connect() for phone in {order.phone for order in orders}))
    clock = asyncio.get_running_loop().time
    start = clock()

    async def one(order: Order) -> tuple[float, float, int]:
        await asyncio.sleep(start + order.at - clock())
        return await order.phone.ask(order.request)

    return await asyncio.gather(*(one(order) for order in orders))


def _on_after(simulators: Sequence[Simulator], wanted: Iterable[tuple[str, float]], since: float) -> list[float] | None:
    """Seconds from each of these times until that plug's relay was first on; None if one was not, so far."""
    times: dict[str, list[float]] = {}
    for change in (change for simulator in simulators for change in simulator.remote.record(since)):
        if change["state"] == 1:
            times.setdefault(change["plug"], []).append(change["at"])
    found = [min((at - sent for at in times.get(plug, []) if at >= sent), default=None) for plug, sent in wanted]
    seconds = [one for one in found if one is not None]
    return seconds if len(seconds) == len(found) else None


def beside_plan(simulator: Simulator, planned: Mapping[float, str]) -> list[float]:
    """How far, in seconds, from each of these planned ends its plug's relay went off."""
    offs: dict[str, list[float]] = {}
    for change in simulator.remote.record():
        if change["state"] == 0:
            offs.setdefault(change["plug"], []).append(change["at"])
    return [min(abs(at - end) for at in offs[plug]) for end, plug in planned.items()]
