"""What Cloudsite is held against: a bare ASGI handler that asks the plug itself, one that runs the `kasa` command.

And `switch_on`, a task for a django-q2 schedule.

`POST /connect?PORT` awaits python-kasa's `Device.connect` and `turn_on` for the plug at that port of 127.0.0.1;
`POST /command?PORT` runs `kasa --type plug --host 127.0.0.1 --port PORT on`, which is what The Cloud did.
"""

import asyncio
import sys
from pathlib import Path
from typing import Any

from kasa import Device, DeviceConfig

KASA = str(Path(sys.executable).parent / "kasa")


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """The whole of it."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    port = int(scope["query_string"])
    await (_connect if scope["path"] == "/connect" else _command)(port)
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


def switch_on(ports: list[int]) -> None:
    """The task: all of these plugs, side by side."""

    async def all_of_them() -> None:
        await asyncio.gather(*(_connect(port) for port in ports))

    asyncio.run(all_of_them())


async def _connect(port: int) -> None:
    device = await Device.connect(config=DeviceConfig(host="127.0.0.1", port_override=port, timeout=2))
    await device.turn_on()
    await device.disconnect()


async def _command(port: int) -> None:
    command = [KASA, "--type", "plug", "--host", "127.0.0.1", "--port", str(port), "on"]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL)
    if await process.wait():
        raise RuntimeError("kasa failed")
