"""A simulator as a process of its own."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clouds.simulator import Remote

HOUSE = Path(__file__).parents[2]
END_SECONDS = 5


@dataclass
class Simulated:
    """The process, and what it said of itself."""

    process: subprocess.Popen[str]
    announced: dict[str, Any]

    @property
    def clouds(self) -> list[dict[str, Any]]:
        """Names and addresses."""
        return self.announced["clouds"]

    def remote(self) -> Remote:
        """A control connection."""
        return Remote("127.0.0.1", self.announced["control"])

    def end(self, by: signal.Signals = signal.SIGTERM) -> int:
        """Its exit code, once it has been told to end."""
        self.process.send_signal(by)
        return self.process.wait(END_SECONDS)


def command(*arguments: str) -> list[str]:
    """`manage.py simulate` with these arguments."""
    return [sys.executable, str(HOUSE / "manage.py"), "simulate", *arguments]


def environment() -> dict[str, str]:
    """Of the tests' settings, so that no data folder is made in the checkout."""
    made = {"DJANGO_SETTINGS_MODULE": "tests.settings"}
    return {"CLOUDSITE_DATA": tempfile.gettempdir()} | dict(os.environ) | made


@contextmanager
def simulate(*arguments: str) -> Iterator[Simulated]:
    """`manage.py simulate` on free ports."""
    ports = ["--port", "0", "--control", "0"]
    process = subprocess.Popen(
        command(*ports, *arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=HOUSE,
        env=environment(),
    )
    with process:
        try:
            line = process.stdout.readline()
            if not line:
                raise AssertionError(process.stderr.read())
            yield Simulated(process, json.loads(line))
        finally:
            process.kill()
