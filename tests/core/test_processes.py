"""Whether a process still lives: never a doubt that lets two conductors play, nor one that keeps a dead one's baton."""

import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from clouds import processes

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="Zombies and start times need /proc.")


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    """A process that lives until it is killed."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def test_a_process_that_lives_is_not_gone(child: subprocess.Popen[bytes]) -> None:
    assert not processes.is_gone(processes.name_of(child.pid))
    assert not processes.is_gone(processes.name_of(os.getpid()))


def test_a_killed_process_is_gone_before_anybody_has_reaped_it(child: subprocess.Popen[bytes]) -> None:
    name = processes.name_of(child.pid)
    child.send_signal(signal.SIGKILL)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # waits for its end and leaves it a zombie
    assert Path(f"/proc/{child.pid}").exists()
    assert processes.is_gone(name)


def test_a_killed_process_is_gone_when_it_has_been_reaped(child: subprocess.Popen[bytes]) -> None:
    name = processes.name_of(child.pid)
    child.kill()
    child.wait(timeout=10)
    assert processes.is_gone(name)


def test_a_later_process_of_the_same_number_is_another(child: subprocess.Popen[bytes]) -> None:
    host, pid, start = processes.name_of(child.pid).split(":")
    assert processes.is_gone(f"{host}:{pid}:{int(start) - 1}")
    assert processes.is_gone(f"{host}:{pid}:{int(start) - 1}:token")


def test_a_name_may_go_on_after_a_colon(child: subprocess.Popen[bytes]) -> None:
    name = f"{processes.name_of(child.pid)}:token:and:more"
    assert not processes.is_gone(name)
    child.kill()
    child.wait(timeout=10)
    assert processes.is_gone(name)


def test_a_command_name_with_spaces_and_parentheses_is_no_trouble(tmp_path: Path) -> None:
    odd = tmp_path / "a) Z 1 ("
    odd.symlink_to("/bin/sh")
    with subprocess.Popen([odd, "-c", "read line"], stdin=subprocess.PIPE) as process:
        name = processes.name_of(process.pid)
        assert not processes.is_gone(name)
        process.kill()
        process.wait(timeout=10)
        assert processes.is_gone(name)


def test_of_other_hosts_nothing_is_known() -> None:
    assert not processes.is_gone("another-host:999999999:1")
    assert not processes.is_gone(f"x{processes.name_of(os.getpid())}")


def test_a_number_that_nobody_has_is_gone() -> None:
    assert processes.is_gone(f"{socket.gethostname()}:999999999:1")
    assert processes.is_gone(f"{socket.gethostname()}:999999999:")


@pytest.mark.parametrize(
    "rest", ["", ":", "::", ":pid", ":-1:5", ":1.5:5", ": :5", ":²:5", ":../self:5", ":self:5", ":0x1:5"]
)
def test_what_names_no_process_is_not_known_to_be_gone(rest: str) -> None:
    assert not processes.is_gone(f"{socket.gethostname()}{rest}")


@pytest.mark.parametrize("name", ["", ":", "garbage", "\0", "🌥:☁:⛅", ":1:1"])
def test_garbage_is_not_known_to_be_gone(name: str) -> None:
    assert not processes.is_gone(name)


def test_a_process_may_open_as_many_files_as_it_is_allowed() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(512, before[1]), before[1]))
    try:
        processes.open_as_many_files_as_allowed()
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (before[1], before[1])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
