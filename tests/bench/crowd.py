"""Visitors with phones, as light as can be, because they share the machine with what they press.

A phone is one connection kept open and one request, made ready beforehand.
"""

import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.site import PATIENCE_SECONDS, Visitor

BODY = b"csrfmiddlewaretoken=" + b"a" * 32


@dataclass(frozen=True, slots=True)
class Answer:
    """A request's times, in unix seconds, and how it was answered."""

    sent_at: float
    answered_at: float
    status: int


@dataclass(frozen=True, slots=True)
class Order:
    """A press to be made `at` seconds after the start: on what, and how."""

    at: float
    plug: str
    phone: "Phone"
    request: bytes


class Phone:
    """One connection, one request at a time."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._line: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._turn = asyncio.Lock()

    async def connect(self) -> None:
        """Have a connection."""
        self._line = await asyncio.open_connection("127.0.0.1", self._port)

    async def ask(self, request: bytes) -> Answer:
        """Send a request and read the answer to its end."""
        async with self._turn, asyncio.timeout(PATIENCE_SECONDS):
            if self._line is None:
                await self.connect()
            assert self._line is not None
            reader, writer = self._line
            sent_at = time.time()
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            answered_at = time.time()
            _, _, rest = head.partition(b"content-length: ")
            await reader.readexactly(int(rest.partition(b"\r\n")[0] or 0))
            return Answer(sent_at, answered_at, int(head.split(b" ", 2)[1]))

    def close(self) -> None:
        """Hang up."""
        if self._line is not None:
            self._line[1].close()


def post(path: str, visitor: Visitor | None = None) -> bytes:
    """A form sent by this visitor, who is logged in; or by nobody."""
    cookies = {**(visitor.cookies if visitor else {}), "csrftoken": "a" * 32}
    headers = {
        "Host": "127.0.0.1",
        "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
        "Content-Type": "application/x-www-form-urlencoded",
        "Content-Length": str(len(BODY)),
    }
    return _head("POST", path, headers) + BODY


def get(path: str, visitor: Visitor | None = None) -> bytes:
    """A page asked for by this visitor, or by nobody."""
    cookies = visitor.cookies if visitor else {}
    return _head("GET", path, {"Host": "127.0.0.1", "Cookie": "; ".join(f"{k}={v}" for k, v in cookies.items())})


def _head(method: str, path: str, headers: Mapping[str, str]) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


async def carry_out(orders: Iterable[Order]) -> list[tuple[str, Answer]]:
    """Make each press at its time; on which plug, and how it was answered."""
    clock = asyncio.get_running_loop().time
    start = clock()

    async def one(order: Order) -> tuple[str, Answer]:
        await asyncio.sleep(max(0.0, start + order.at - clock()))
        return order.plug, await order.phone.ask(order.request)

    return await asyncio.gather(*(one(order) for order in orders))


def play(orders: Iterable[Order]) -> list[tuple[str, Answer]]:
    """The same from where there is no event loop; every press must have been taken."""
    answers = asyncio.run(carry_out(orders))
    if bad := [(plug, answer.status) for plug, answer in answers if answer.status not in (204, 302, 303)]:
        raise AssertionError(f"{len(bad)} of {len(answers)} presses were not taken: {bad[:5]}")
    return answers


class Relays:
    """The simulator's record of what relays did."""

    def __init__(self, changes: Iterable[Mapping[str, Any]]) -> None:
        self._changes: dict[str, list[tuple[float, int]]] = {}
        for change in changes:
            self._changes.setdefault(change["plug"], []).append((change["at"], change["state"]))

    def seconds_until(self, state: int, plug: str, at: float) -> float:
        """From `at` until this plug's relay was first so; raises LookupError if it never was."""
        for changed_at, new in self._changes.get(plug, []):
            if new == state and changed_at >= at:
                return changed_at - at
        raise LookupError(f"{plug} was never switched {'on' if state else 'off'} after {at}")
