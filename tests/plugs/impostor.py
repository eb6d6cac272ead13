"""What may listen where a plug is looked for: things that are no plugs, and plugs that have moved to KLAP."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from clouds.simulator import wire

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def listening(answer: Answer) -> AsyncIterator[int]:
    """Somebody listens on loopback, at this port, and treats each connection like this."""
    answering: set[asyncio.Task[object]] = set()

    async def treat(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        answering.add(task)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError), contextlib.closing(writer):
            await answer(reader, writer)

    server = await asyncio.start_server(treat, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in answering:
            task.cancel()
        if answering:
            await asyncio.wait(answering)
        await asyncio.sleep(0)


async def read_frame(reader: asyncio.StreamReader) -> Any:
    """What was sent to a plug."""
    return wire.decode(await reader.readexactly(int.from_bytes(await reader.readexactly(4), "big")))


def says(*replies: bytes) -> Answer:
    """Answers each frame with the next of these, already scrambled, and the last one again and again."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        left = list(replies)
        while True:
            await read_frame(reader)
            body = left.pop(0) if len(left) > 1 else left[0]
            writer.write(len(body).to_bytes(4, "big") + body)

    return answer


def writes(data: bytes) -> Answer:
    """Writes this, whatever it hears, and hangs up."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(data)
        await writer.drain()

    return answer


async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Hangs up at once."""


async def speaks_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A web server, which answers what it does not understand."""
    await reader.read(1)
    writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    await asyncio.sleep(3600)


async def speaks_klap(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A plug with new firmware."""
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"POST /app/handshake1 HTTP/1.1\r\n")
    await reader.readexactly(16)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 48\r\n\r\n" + bytes(48))
    await writer.drain()
