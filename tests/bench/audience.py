"""Many who watch, in a process of their own: `python -m tests.bench.audience PORT COUNT`.

Each has an event stream open. A line is printed when everybody has heard something, and when standard input ends one
more: JSON with what was heard, `said`, and for each who watches the unix times and the places in `said`.
"""

import asyncio
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE_SECONDS = 30.0
AT_ONCE = 50
REQUEST = b"GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Heard:
    """How a cloud stood, as one who watches was told at this unix time."""

    at: float
    slug: str
    state: str


class Audience:
    """That process."""

    def __init__(self, port: int, count: int) -> None:
        command = [sys.executable, "-m", "tests.bench.audience", str(port), str(count)]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        if self._process.stdout.readline() != "ready\n":
            raise AssertionError("Not everybody heard something.")

    def leave(self) -> list[list[Heard]]:
        """What each heard, in order."""
        found = json.loads(self._process.communicate(timeout=PATIENCE_SECONDS)[0])
        said = [_parse(text) for text in found["said"]]
        return [
            [Heard(at, slug, state) for at, place in times for slug, state in said[place]] for times in found["heard"]
        ]


def _parse(text: str) -> list[tuple[str, str]]:
    events = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: {")]
    return [(cloud["slug"], cloud["state"]) for event in events for cloud in json.loads(event)["clouds"]]


class Line(asyncio.Protocol):
    """One who watches. What comes is kept as it came, since looking at it would take time from the others."""

    def __init__(self) -> None:
        self.came: list[tuple[float, bytes]] = []
        self.first: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        """Ask."""
        transport.write(REQUEST)

    def data_received(self, data: bytes) -> None:
        """Note when."""
        self.came.append((time.time(), data))
        if not self.first.done() and b"event: sky" in data:
            self.first.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody is to be sent away."""
        if not self.first.done():
            self.first.set_exception(exc or EOFError("A stream ended"))


async def _watch(port: int, count: int) -> list[Line]:
    loop = asyncio.get_running_loop()
    lines: list[Line] = []
    while len(lines) < count:
        connecting = (loop.create_connection(Line, "127.0.0.1", port) for _ in range(min(AT_ONCE, count - len(lines))))
        new = [line for _, line in await asyncio.gather(*connecting)]
        await asyncio.wait_for(asyncio.gather(*(line.first for line in new)), PATIENCE_SECONDS)
        lines += new
    print("ready", flush=True)
    enough = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), enough.set)
    await enough.wait()
    loop.remove_reader(sys.stdin.fileno())
    return lines


def _main(port: int, count: int) -> None:
    lines = asyncio.run(_watch(port, count))
    places: dict[bytes, int] = {}
    heard = [[(at, places.setdefault(data, len(places))) for at, data in line.came] for line in lines]
    print(json.dumps({"said": [data.decode() for data in places], "heard": heard}))


if __name__ == "__main__":
    _main(*map(int, sys.argv[1:]))
