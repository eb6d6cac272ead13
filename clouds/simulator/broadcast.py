"""Broadcast discovery on loopback: a datagram to 127.255.255.255 reaches every plug on that port.

The kernel delivers a broadcast only to sockets bound to the broadcast address, so one stands in for the plugs of a
port; each answers from its own address, by which clients tell them apart.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable

from clouds.simulator.plug import Plug
from clouds.simulator.sockets import datagram_endpoint

BROADCAST = "127.255.255.255"


class Broadcasts:
    """The sockets that hear broadcasts, one for each port that plugs share."""

    def __init__(self) -> None:
        self._transports: list[asyncio.DatagramTransport] = []

    async def start(self, plugs: Iterable[Plug]) -> None:
        """Listen for the plugs. Where the system allows no such socket, or another simulator has it, nobody hears."""
        by_port = defaultdict(list)
        for plug in plugs:
            by_port[plug.port].append(plug)
        for port, sharing in by_port.items():
            try:
                await self._listen(port, sharing)
            except OSError:
                continue

    def stop(self) -> None:
        """Listen no more."""
        for transport in self._transports:
            transport.close()

    async def _listen(self, port: int, plugs: list[Plug]) -> None:
        def received(data: bytes, address: tuple[str, int]) -> None:
            for plug in plugs:
                if line := plug.door.line_to(address):
                    plug.received(data, line)

        self._transports.append(await datagram_endpoint(BROADCAST, port, received))
