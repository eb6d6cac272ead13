"""Runs a simulator as a process of its own: says where its plugs are, and goes on until it is told to end."""

import asyncio
import gc
import signal
from collections.abc import Callable, Sequence
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

from clouds.simulator.cloud import Cloud, CloudSpec
from clouds.simulator.plug import Plug
from clouds.simulator.simulator import Simulator
from clouds.simulator.sockets import free_port
from clouds.simulator.wire import Json

ENDINGS = (signal.SIGTERM, signal.SIGINT)


def placed(specs: Sequence[CloudSpec], host: str, port: int, spread: bool) -> list[CloudSpec]:
    """The specs with addresses: consecutive ports on one address, or (`spread`) consecutive addresses at one port.

    The inflate plugs come first, then the deflate plugs. Port 0 is any free one, and when they are spread it is one for
    all, by which a broadcast finds them.
    """

    if spread and not port:
        port = free_port(host)

    def address(place: int) -> tuple[str, int]:
        if spread:
            return str(IPv4Address(host) + place), port
        return host, port + place if port else 0

    vents = len(specs)
    places = []
    for place, spec in enumerate(specs):
        (at, number), (vent_at, vent_number) = address(place), address(vents)
        vents += spec.vent_seconds is not None
        places.append(replace(spec, host=at, port=number, vent_host=vent_at, vent_port=vent_number))
    return places


def run(specs: Sequence[CloudSpec], control_port: int, record: Path | None, announce: Callable[[Json], None]) -> None:
    """Simulate until SIGTERM or SIGINT; `announce` hears where everything is once it is there."""
    asyncio.run(_run(Simulator(specs, control_port=control_port, record=record), announce))


async def _run(simulator: Simulator, announce: Callable[[Json], None]) -> None:
    ended = asyncio.Event()
    for ending in ENDINGS:
        asyncio.get_running_loop().add_signal_handler(ending, ended.set)
    async with simulator:
        # The plugs stay: to search a thousand of them for garbage takes a tenth of a second, in which none would act.
        gc.freeze()
        announce({"control": simulator.control_port, "clouds": [_whereabouts(cloud) for cloud in simulator.clouds]})
        await ended.wait()


def _whereabouts(cloud: Cloud) -> Json:
    deflate = _address(cloud.deflate) if cloud.deflate else None
    return {"name": cloud.name, "inflate": _address(cloud.inflate), "deflate": deflate}


def _address(plug: Plug) -> Json:
    return {"host": plug.host, "port": plug.port, "mac": plug.mac, "alias": plug.alias}
