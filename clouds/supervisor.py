"""Keeps the site's processes running: starts them, starts them again when they die, and ends them in good order."""

import contextlib
import logging
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

TERM_WITHIN_SECONDS = 15.0
# What survives its leader is asked to end, and after this long made to.
SURVIVORS_WITHIN_SECONDS = 5.0
# A process that dies at once is not started again at once, for ever.
FIRST_PAUSE_SECONDS = 0.0
LONGEST_PAUSE_SECONDS = 5.0
HEALTHY_AFTER_SECONDS = 10.0

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Child:
    """One program, in a process group of its own, so that a Ctrl-C at the terminal reaches the supervisor alone."""

    name: str
    command: Sequence[str]
    stdout: int | None = None
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    _pause: float = FIRST_PAUSE_SECONDS
    _survivors: dict[int, float] = field(default_factory=dict)

    def start(self) -> "subprocess.Popen[bytes]":
        """Start it."""
        self.process = subprocess.Popen(self.command, start_new_session=True, stdout=self.stdout)  # noqa: S603
        self.started = time.monotonic()
        return self.process

    def see_to(self) -> None:
        """Start it again if it has ended, and make an end of what it left behind."""
        self._end_survivors()
        if self.process is None or self.process.poll() is None:
            return
        lived = time.monotonic() - self.started
        self._pause = 0.0 if lived > HEALTHY_AFTER_SECONDS else self._pause
        if lived < self._pause:
            return
        log.warning("The %s has ended (%s) and is started again.", self.name, self.process.returncode)
        self._pause = min(LONGEST_PAUSE_SECONDS, max(1.0, self._pause * 2))
        self._release(self.process.pid)
        self.start()

    def restart(self) -> None:
        """End the whole group, which no longer does its work, and start anew."""
        if self.process is not None and self.process.poll() is None:
            self._release(self.process.pid)
            self.process = None
        self.start()

    def end(self) -> bool:
        """End it and wait for it; whether it ended in good order."""
        if self.process is None:
            return True
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()
        try:
            self.process.wait(TERM_WITHIN_SECONDS)
            in_order = True
        except subprocess.TimeoutExpired:
            in_order = False
        for group in [self.process.pid, *self._survivors]:
            _signal_group(group, signal.SIGKILL)
        self.process.wait()
        return in_order

    def _release(self, group: int) -> None:
        if _signal_group(group, signal.SIGTERM):
            self._survivors[group] = time.monotonic() + SURVIVORS_WITHIN_SECONDS

    def _end_survivors(self) -> None:
        for group, until in list(self._survivors.items()):
            if time.monotonic() >= until:
                _signal_group(group, signal.SIGKILL)
                del self._survivors[group]


class Supervisor:
    """Sees to its children until it is told to end by SIGTERM or Ctrl-C."""

    def __init__(self, children: Sequence[Child], every_round: Callable[[], None]) -> None:
        self._children = children
        self._every_round = every_round
        self._ending = False

    def run(self, round_seconds: float) -> None:
        """Start the children and see to them, round after round, until told to end. The last started ends first."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        try:
            for child in self._children:
                if child.process is None:
                    child.start()
            while not self._ending:
                for child in self._children:
                    child.see_to()
                self._every_round()
                time.sleep(round_seconds)
        finally:
            for child in reversed(self._children):
                if not child.end():
                    log.error("The %s did not end and was killed.", child.name)

    def _end(self, *_: object) -> None:
        self._ending = True


def _signal_group(group: int, number: signal.Signals) -> bool:
    """Whether there was anybody to hear it."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True
