"""A raw legacy client for the tests: it shares neither the simulator's codec nor python-kasa's habits."""

import asyncio
import json
import struct
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from clouds.simulator import CloudSpec, Simulator
from clouds.simulator.plug import Plug

ON = {"system": {"set_relay_state": {"state": 1}}}
OFF = {"system": {"set_relay_state": {"state": 0}}}
SYSINFO = {"system": {"get_sysinfo": {}}}
SECONDS = 3.0


def arm_and_on(delay: int = 60) -> dict[str, Any]:
    """The one frame of a safe puff."""
    rule = {"enable": 1, "delay": delay, "act": 0, "name": "failsafe"}
    return {
        "count_down": {"delete_all_rules": {}, "add_rule": rule},
        "system": {"set_relay_state": {"state": 1}, "get_sysinfo": {}},
    }


def scramble(text: str) -> bytes:
    """XOR autokey, byte by byte, as the protocol's discoverers wrote it."""
    key, out = 171, bytearray()
    for byte in text.encode():
        key ^= byte
        out.append(key)
    return bytes(out)


def unscramble(data: bytes) -> str:
    """The reverse."""
    key, out = 171, bytearray()
    for byte in data:
        out.append(key ^ byte)
        key = byte
    return out.decode()


class Client:
    """One TCP connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def send(self, *requests: Any) -> None:
        """Send frames, all in one go."""
        bodies = [scramble(json.dumps(request)) for request in requests]
        self.writer.write(b"".join(struct.pack(">I", len(body)) + body for body in bodies))

    async def read(self) -> Any:
        """The next answer. Raises IncompleteReadError where the plug hangs up, TimeoutError where it keeps silent."""
        async with asyncio.timeout(SECONDS):
            (length,) = struct.unpack(">I", await self.reader.readexactly(4))
            return json.loads(unscramble(await self.reader.readexactly(length)))

    async def ask(self, request: Any) -> Any:
        """One request, one answer."""
        self.send(request)
        return await self.read()

    async def hears_nothing(self, seconds: float = 0.1) -> bool:
        """Whether the plug keeps silent for so long."""
        try:
            async with asyncio.timeout(seconds):
                await self.reader.readexactly(1)
        except TimeoutError:
            return True
        return False

    async def is_hung_up_on(self) -> bool:
        """Whether the plug has closed the connection without a word."""
        async with asyncio.timeout(SECONDS):
            try:
                return await self.reader.read(1) == b""
            except ConnectionError:
                return True


@asynccontextmanager
async def client(plug: Plug) -> AsyncIterator[Client]:
    """A connection to the plug."""
    reader, writer = await asyncio.open_connection(plug.host, plug.port)
    try:
        yield Client(reader, writer)
    finally:
        writer.close()


async def ask_udp(address: tuple[str, int], request: Any, seconds: float = SECONDS) -> Any:
    """Send one datagram and return the first answer. Raises TimeoutError where none comes."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[bytes] = loop.create_future()

    class Hearer(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
            if not answer.done():
                answer.set_result(data)

    transport, _ = await loop.create_datagram_endpoint(Hearer, remote_addr=address)
    try:
        transport.sendto(scramble(json.dumps(request)))
        async with asyncio.timeout(seconds):
            return json.loads(unscramble(await answer))
    finally:
        transport.close()


def with_plug(test: Callable[[Simulator, Plug, Client], Coroutine[Any, Any, None]], **spec: Any) -> None:
    """Run the coroutine with a simulator of one cloud, its inflate plug, and a connection to it."""

    async def run() -> None:
        async with Simulator([CloudSpec("Big", **spec)]) as sim:
            plug = sim.clouds[0].inflate
            async with client(plug) as connection:
                await test(sim, plug, connection)

    asyncio.run(run())


def codes(answer: Any) -> dict[str, int]:
    """`{"system.get_sysinfo": 0, …}` of a whole answer."""
    return {f"{mod}.{name}": reply["err_code"] for mod, members in answer.items() for name, reply in members.items()}
