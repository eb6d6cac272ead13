"""What really happened: every change of a relay, every command to set one, every balloon that burst.

Append-only and in memory, so that a test can prove what the plugs did; a copy may go to a file of JSON lines.
"""

import asyncio
import json
from collections import deque
from pathlib import Path
from typing import Any, TextIO

from clouds.simulator import clock
from clouds.simulator.wire import Json

FRAMES_KEPT = 10_000


class Record:
    """One record for all plugs of a simulator."""

    def __init__(self, path: Path | None = None) -> None:
        self.changes: list[Json] = []
        self.commands: list[Json] = []
        self.bursts: list[Json] = []
        # Polls outnumber all else and serve only those who wait for them: the last ones are enough.
        self.frames: deque[Json] = deque(maxlen=FRAMES_KEPT)
        self._waiting: list[asyncio.Future[None]] = []
        self._file: TextIO | None = path.open("a", buffering=1, encoding="utf-8") if path else None

    def changed(self, plug: str, at: float, state: int, reason: str) -> None:
        """A relay changed. Reason: command, replay, countdown, restart or button."""
        change = {"plug": plug, "at": at, "state": state, "reason": reason}
        self.changes.append(change)
        self._write("relay", change)
        self._wake()

    def received(self, plug: str, at: float, kind: str) -> None:
        """A frame arrived, whether or not the plug will act on it. Kind: on, off or other."""
        self.frames.append({"plug": plug, "at": at, "kind": kind})
        self._wake()

    def commanded(self, plug: str, at: float, state: Any) -> Json:
        """A command to set a relay arrived: `acted_at` stays None when the plug never acts on it."""
        command = {"plug": plug, "at": at, "state": state, "acted_at": None}
        self._write("received", command)
        command |= {"armed": False, "own": False, "delay": None, "replayed": False}
        self.commands.append(command)
        return command

    def acted(self, command: Json, **circumstances: Any) -> None:
        """The plug acted on the command, under these circumstances."""
        command |= circumstances
        self._write("command", command)

    def burst(self, cloud: str, at: float) -> None:
        """A balloon burst."""
        burst = {"cloud": cloud, "at": at}
        self.bursts.append(burst)
        self._write("burst", burst)
        self._wake()

    def clear(self) -> None:
        """Forget everything (the file keeps it)."""
        for entries in (self.changes, self.commands, self.frames, self.bursts):
            entries.clear()

    def close(self) -> None:
        """Close the file."""
        if self._file:
            self._file.close()
            self._file = None

    async def news(self, until: float) -> bool:
        """Wait for the next frame, change or burst, until a unix time at the latest; whether there was one."""
        heard = asyncio.get_running_loop().create_future()
        self._waiting.append(heard)
        try:
            await asyncio.wait_for(heard, max(0.0, until - clock.now()))
        except TimeoutError:
            return False
        finally:
            self._waiting.remove(heard)
        return True

    def _wake(self) -> None:
        for heard in self._waiting:
            if not heard.done():
                heard.set_result(None)

    def _write(self, kind: str, entry: Json) -> None:
        if self._file:
            self._file.write(json.dumps({"kind": kind, **entry}) + "\n")
