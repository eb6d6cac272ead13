"""Hears that the process is told to end ahead of the web server, which would wait until all streams are over."""

import asyncio
import signal
import threading
from collections.abc import Callable
from types import FrameType


def before_the_server_ends(do: Callable[[], object]) -> None:
    """Have this done in the running loop at SIGTERM or SIGINT, and after it what would be done without this."""
    if threading.current_thread() is not threading.main_thread():
        return  # only there are signals heard, so a server in another thread doesn't hear them either
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        _chain(number, lambda: loop.call_soon_threadsafe(do))


def _chain(number: signal.Signals, do: Callable[[], object]) -> None:
    then = signal.getsignal(number)
    if not callable(then):
        return  # nobody waits for anything: the process just ends

    def heard(heard_number: int, frame: FrameType | None) -> None:
        do()
        then(heard_number, frame)

    signal.signal(number, heard)
