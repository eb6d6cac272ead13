"""What a process is to the system: a name by which others can tell whether it still lives, and files it may open."""

import contextlib
import os
import resource
import socket
from pathlib import Path


def name_of(pid: int) -> str:
    """`host:pid:start`. The start time tells a process from a later one that was given the same number."""
    return f"{socket.gethostname()}:{pid}:{_start_of(pid)}"


def is_gone(name: str) -> bool:
    """Whether the process is known to have ended: it was on this host, and it is there no more.

    A name may go on after a further colon. Of other hosts nothing is known.
    """
    host, pid, start, *_ = [*name.split(":"), "", "", ""]
    if host != socket.gethostname() or not pid.isdecimal():
        return False
    now = _start_of(int(pid))
    return now == "" or (start not in ("", now))


def _start_of(pid: int) -> str:
    """The moment at which a process began, in clock ticks since boot; "" when there is none, "?" when unknowable.

    Field 22 of /proc/PID/stat, counted after the parenthesis that ends the command's name: proc(5).
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return "" if Path("/proc/self").exists() else _ask_kernel(pid)
    except OSError:
        return ""
    return "" if fields[0] in "ZX" else fields[19]


def _ask_kernel(pid: int) -> str:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        pass
    return "?"


def open_as_many_files_as_allowed() -> None:
    """From now on; the 1,024 that are usual at first are too few for a thousand plugs, or a thousand who watch."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    # A system that won't have it leaves enough for most venues.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
