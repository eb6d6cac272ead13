"""The web server alone, as `up` starts it, for tests that need one that streams."""

import http.client
import json
import signal
import subprocess
import sys
from typing import Any

from django.conf import settings

from tests.site import PATIENCE_SECONDS, ROOT, Visitor, environment, free_port, until

# A stream's limits can be given as JSON in this variable: {"stream": {"PLACES": 3}}.
LIMITS = "TEST_LIVE_LIMITS"


class Server:
    """uvicorn, with other limits for streams if need be."""

    def __init__(self, limits: dict[str, dict[str, float]] | None = None, **variables: str) -> None:
        self.port = free_port()
        self.log = settings.DATA / f"server-{self.port}.log"
        command = [
            *(sys.executable, "-m", "uvicorn", "tests.web.limited:application", "--port", str(self.port)),
            *("--log-level", "warning", "--no-access-log", "--timeout-graceful-shutdown", "3", "--app-dir", str(ROOT)),
        ]
        env = {**environment(), LIMITS: json.dumps(limits or {}), **variables}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=env)
        until(self._serves, "the web server answers")

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End it, and wait for that; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(PATIENCE_SECONDS)

    def _serves(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            with Visitor(self.port) as somebody:
                return somebody.get("/healthz")[0] in (200, 301, 503)
        except OSError:
            return False


class Listener:
    """One who asks for the event stream, and what they are told."""

    def __init__(self, port: int, path: str = "/events", method: str = "GET", **headers: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
        self._connection.request(method, path, headers={name.replace("_", "-"): said for name, said in headers.items()})
        self.answer = self._connection.getresponse()
        self.status = self.answer.status

    def next(self, kind: str = "sky") -> Any:
        """The data of the next event of this kind; None when the stream has ended in good order."""
        event = ""
        while line := self.answer.readline().decode().rstrip("\n"):
            name, _, value = line.partition(": ")
            if name == "event":
                event = value
            if name == "data":
                assert self.answer.readline() == b"\n"
                if event == kind:
                    return json.loads(value)
        return None

    def text(self) -> str:
        """All that is said, when it isn't a stream."""
        return self.answer.read().decode()

    def close(self) -> None:
        """Leave."""
        self.answer.close()
        self._connection.close()


def clouds_of(message: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The clouds of a message, by slug."""
    return {cloud["slug"]: cloud for cloud in message["clouds"]}
