"""Works a simulator from another process, or from a thread: one socket, one answer at a time."""

import json
import socket
from types import TracebackType
from typing import Any, Self, cast

from clouds.simulator.wire import Json

ANSWER_SECONDS = 10.0
_ERRORS: dict[str, type[Exception]] = {
    "LookupError": LookupError,
    "ValueError": ValueError,
    "TypeError": TypeError,
    "TimeoutError": TimeoutError,
}


class Remote:
    """The methods of a `Simulator`, called from elsewhere. Not to be shared by threads; have several.

    Raises what the simulator raised (LookupError, ValueError, TypeError, TimeoutError), and OSError once it is gone.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 9998) -> None:
        self._socket = socket.create_connection((host, port), timeout=ANSWER_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._lines = self._socket.makefile("rb")
        self._asked = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._lines.close()
        self._socket.close()

    def plugs(self) -> list[Json]:
        """Every plug: {name, cloud, host, port, mac, alias, model, relay, faults}."""
        return cast(list[Json], self._ask("plugs"))

    def now(self) -> float:
        """The unix time of the simulator's own clock."""
        return cast(float, self._ask("now"))

    def record(self, since: float | None = None) -> list[Json]:
        """Changes of relays after `since`, or all: {plug, at, state, reason}."""
        return cast(list[Json], self._ask("record", since=since))

    def commands(self, since: float | None = None) -> list[Json]:
        """Commands to set a relay: {plug, at, state, acted_at, armed, own, delay, replayed}."""
        return cast(list[Json], self._ask("commands", since=since))

    def bursts(self, since: float | None = None) -> list[Json]:
        """Balloons that have burst: {cloud, at}."""
        return cast(list[Json], self._ask("bursts", since=since))

    def clear_record(self) -> None:
        """Forget what has happened so far."""
        self._ask("clear_record")

    def balloon(self, cloud: str) -> Json:
        """How the balloon is now: {cloud, at, fill, peak, burst, burst_at, inflating, deflating}."""
        return cast(Json, self._ask("balloon", cloud=cloud))

    def new_balloon(self, cloud: str) -> None:
        """A new balloon, empty."""
        self._ask("new_balloon", cloud=cloud)

    def set_fill(self, cloud: str, fill: float) -> None:
        """Air let in or out by hand."""
        self._ask("set_fill", cloud=cloud, fill=fill)

    def fault(self, plug: str, name: str, when: str | None = None, once: bool = False, **params: Any) -> None:
        """Have this fault, at once or from the next frame of kind `when` on: "on", "off" or "any". See `faults`."""
        self._ask("fault", plug=plug, name=name, when=when, once=once, **params)

    def clear(self, plug: str = "*", name: str | None = None) -> None:
        """End this fault of the plug, or all of them, or all of every plug."""
        self._ask("clear", plug=plug, name=name)

    def press_button(self, plug: str, state: int | None = None) -> None:
        """The button on the plug itself: the other state, or the one given."""
        self._ask("press_button", plug=plug, state=state)

    def wait_for(self, plug: str, event: str, timeout: float = 10.0, since: float | None = None) -> Json:
        """Block until "on", "off" or "any" frame has arrived, the relay is so, or the balloon has burst.

        See `Simulator.wait_for` for what each of them returns. Raises TimeoutError.
        """
        self._socket.settimeout(timeout + ANSWER_SECONDS)
        try:
            return cast(Json, self._ask("wait_for", plug=plug, event=event, timeout=timeout, since=since))
        finally:
            self._socket.settimeout(ANSWER_SECONDS)

    def _ask(self, do: str, /, **arguments: Any) -> Any:
        self._asked += 1
        request = {"id": self._asked, "do": do, "with": arguments}
        self._socket.sendall(json.dumps(request).encode() + b"\n")
        line = self._lines.readline()
        if not line:
            raise ConnectionError("the simulator is gone")
        answer = json.loads(line)
        if "error" in answer:
            raise _ERRORS.get(answer["kind"], RuntimeError)(answer["error"])
        return answer["result"]
