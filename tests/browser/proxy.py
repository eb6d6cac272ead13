"""A proxy between a browser and the site, as tunnels have one: it may keep streams back."""

import asyncio
import contextlib
import threading
from typing import Any


class Proxy:
    """Passes every GET on, in a thread of its own; but of /events, when it is to keep that back, not a byte."""

    def __init__(self, port: int, *, keeps_streams_back: bool) -> None:
        self._behind = port
        self._keeps_back = keeps_streams_back
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._server = self._do(asyncio.start_server(self._pass_on, "127.0.0.1", 0))
        self.port = int(self._server.sockets[0].getsockname()[1])
        self.asked: list[str] = []

    def close(self) -> None:
        """End it."""
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, what: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(10)

    async def _end(self) -> None:
        self._server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request a connection, so that each can be told from the next."""
        there, back = await asyncio.open_connection("127.0.0.1", self._behind)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            path = head.split(b" ")[1].decode()
            self.asked.append(path)
            first, *lines = head.split(b"\r\n")
            lines = [line for line in lines if not line.lower().startswith(b"connection:")]
            back.write(b"\r\n".join([first, b"Connection: close", *lines]))
            await self._pour(there, None if self._keeps_back and path.partition("?")[0] == "/events" else writer)
        except (OSError, asyncio.IncompleteReadError):
            pass  # one of them has left
        finally:
            for each in (writer, back):
                each.close()
                with contextlib.suppress(OSError):
                    await each.wait_closed()

    async def _pour(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter | None) -> None:
        while data := await reader.read(65536):
            if writer is not None:
                writer.write(data)
                await writer.drain()
