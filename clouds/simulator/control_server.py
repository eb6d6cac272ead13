"""Lets other processes work the simulator: JSON lines over TCP on 127.0.0.1.

Each request `{"id": 1, "do": "fault", "with": {…}}` has one answer, `{"id": 1, "result": …}` or
`{"id": 1, "error": "…", "kind": "LookupError"}`. A connection waits for its own answers only.
"""

import asyncio
import inspect
import json
from typing import Any, cast

from clouds.simulator.wire import Json

HOST = "127.0.0.1"
OFFERED = {
    "plugs",
    "now",
    "record",
    "commands",
    "bursts",
    "clear_record",
    "balloon",
    "new_balloon",
    "set_fill",
    "fault",
    "clear",
    "press_button",
    "wait_for",
}


class ControlServer:
    """Offers some methods of its target."""

    def __init__(self, target: object, port: int) -> None:
        self.port = port
        self._target = target
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[Any]] = set()

    async def start(self) -> None:
        """Listen. Raises OSError where the port is taken."""
        self._server = await asyncio.start_server(self._serve, HOST, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Listen no more, and end every connection."""
        if self._server:
            self._server.close()
        for client in list(self._clients):
            client.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = cast("asyncio.Task[None]", asyncio.current_task())
        self._clients.add(task)
        try:
            while line := await reader.readline():
                writer.write(json.dumps(await self._answer(line)).encode() + b"\n")
                await writer.drain()
        except (ConnectionError, asyncio.CancelledError):
            return
        finally:
            self._clients.discard(task)
            writer.close()

    async def _answer(self, line: bytes) -> Json:
        identifier = None
        try:
            request = json.loads(line)
            identifier = request.get("id")
            return {"id": identifier, "result": await self._do(request["do"], request.get("with", {}))}
        except Exception as error:  # whatever a client asked for, it is the client's to hear of
            return {"id": identifier, "error": str(error), "kind": type(error).__name__}

    async def _do(self, name: str, arguments: Json) -> Any:
        if name not in OFFERED:
            raise LookupError(f"there is no {name!r}: there are {', '.join(sorted(OFFERED))}")
        result = getattr(self._target, name)(**arguments)
        return await result if inspect.isawaitable(result) else result
