"""A plug's door to the network: TCP and UDP on the same number, closed and opened again at a word.

The listening socket is the plug's own, not an `asyncio.Server`'s, because a fault has to close and open it at once,
within the callback of the frame that woke it.
"""

import asyncio
import errno
import socket
from collections.abc import Callable

from clouds.simulator.lines import Connection, Datagram, Line

BACKLOG = 128
TRIES = 50


class Datagrams(asyncio.DatagramProtocol):
    """Hands each datagram on, with a line back to whoever sent it."""

    def __init__(self, received: Callable[[bytes, tuple[str, int]], None]) -> None:
        self._received = received

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._received(data, addr)


class Door:
    """The sockets of one plug on `host`, a loopback address; port 0 takes any that is free for both."""

    def __init__(self, host: str, port: int, connection: Callable[[], Connection]) -> None:
        self.host, self.port = host, port
        self._connection = connection
        self._listening: socket.socket | None = None
        self._datagrams: asyncio.DatagramTransport | None = None
        self._accepting: set[asyncio.Task[object]] = set()

    @property
    def is_open(self) -> bool:
        """Whether it takes connections now."""
        return self._listening is not None

    async def start(self, received: Callable[[bytes, Line], None]) -> None:
        """Bind both sockets and listen. Raises OSError where the port is taken."""

        def hand_on(data: bytes, address: tuple[str, int]) -> None:
            if self._datagrams:
                received(data, Datagram(self._datagrams, address))

        wanted = self.port
        for left in reversed(range(TRIES)):
            self.open()
            try:
                self._datagrams = await datagram_endpoint(self.host, self.port, hand_on)
                return
            except OSError as error:
                self.close()
                # Any free TCP port may be somebody's UDP port.
                if wanted or not left or error.errno != errno.EADDRINUSE:
                    raise
                self.port = 0

    def open(self) -> None:
        """Listen."""
        if self._listening:
            return
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.setblocking(False)
            listening.bind((self.host, self.port))
            listening.listen(BACKLOG)
        except OSError:
            listening.close()
            raise
        self._listening = listening
        self.port = listening.getsockname()[1]
        asyncio.get_running_loop().add_reader(listening.fileno(), self._accept)

    def close(self) -> None:
        """Listen no more: connections are refused."""
        if self._listening:
            asyncio.get_running_loop().remove_reader(self._listening.fileno())
            self._listening.close()
            self._listening = None

    def stop(self) -> None:
        """Close both sockets for good."""
        self.close()
        for task in self._accepting:
            task.cancel()
        if self._datagrams:
            self._datagrams.close()
            self._datagrams = None

    def send(self, data: bytes, address: tuple[str, int]) -> None:
        """A datagram from this plug's own address."""
        if self._datagrams:
            self._datagrams.sendto(data, address)

    def line_to(self, address: tuple[str, int]) -> Datagram | None:
        """A line from this plug's own address to a sender; None once it is stopped."""
        return Datagram(self._datagrams, address) if self._datagrams else None

    def _accept(self) -> None:
        for _ in range(BACKLOG):
            if self._listening is None:
                return
            try:
                accepted, _peer = self._listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            accepted.setblocking(False)
            loop = asyncio.get_running_loop()
            task: asyncio.Task[object] = loop.create_task(loop.connect_accepted_socket(self._connection, accepted))
            self._accepting.add(task)
            task.add_done_callback(self._accepting.discard)


async def datagram_endpoint(
    host: str, port: int, received: Callable[[bytes, tuple[str, int]], None]
) -> asyncio.DatagramTransport:
    """A bound UDP socket whose datagrams go to `received`."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: Datagrams(received), local_addr=(host, port))
    return transport


def free_port(host: str) -> int:
    """A TCP port that nobody has at the moment."""
    with socket.create_server((host, 0)) as listening:
        return int(listening.getsockname()[1])
