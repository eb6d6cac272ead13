"""Why a plug can't be reached, as far as that can be found out."""

import asyncio
import contextlib
import os

KLAP_PORT = 80
PROBE_SECONDS = 1.0


def words_for(error: BaseException) -> str:
    """The system's own words for an error that python-kasa wrapped, without the library's."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno:
            return os.strerror(cause.errno).lower()
        if isinstance(cause, asyncio.IncompleteReadError | ConnectionError):
            return "it closed the connection"
        cause = cause.__cause__ or cause.__context__
    return "it answers something that is not understood"


def was_refused(error: BaseException) -> bool:
    """Whether somebody is there, and does not listen where a plug would."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ConnectionRefusedError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


async def speaks_klap(host: str) -> bool:
    """Whether the device speaks KLAP, the protocol to which firmware updates move plugs.

    A KLAP device answers 16 bytes posted to /app/handshake1 with 48: python-kasa, `transports/klaptransport.py`.
    """
    with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        async with asyncio.timeout(PROBE_SECONDS):
            reader, writer = await asyncio.open_connection(host, KLAP_PORT)
            with contextlib.closing(writer):
                head = (
                    f"POST /app/handshake1 HTTP/1.1\r\nHost: {host}\r\nContent-Length: 16\r\nConnection: close\r\n\r\n"
                )
                writer.write(head.encode() + bytes(16))
                answer = (await reader.readuntil(b"\r\n\r\n")).lower()
                return answer.startswith(b"http/1.1 200") and b"content-length: 48" in answer
    return False
