"""python-kasa and its command line can't tell our plugs from real ones."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from kasa import Device, DeviceConfig, Discover, Module
from kasa.exceptions import KasaException
from kasa.iot import IotPlug

from clouds.simulator import CloudSpec, Simulator
from tests.simulator.client import arm_and_on, codes
from tests.simulator.process import simulate

KASA = Path(sys.executable).parent / "kasa"


def config(plug):
    return DeviceConfig(host=plug.host, port_override=plug.port, timeout=2)


def test_a_device_connects_switches_and_updates():
    async def test():
        async with Simulator([CloudSpec("Big")]) as sim:
            plug = sim.clouds[0].inflate
            device = await Device.connect(config=config(plug))
            assert isinstance(device, IotPlug)
            assert (device.mac, device.alias, device.model) == (plug.mac, "Big inflate", "HS103")
            await device.turn_on()
            await device.update()
            assert device.is_on
            await device.turn_off()
            await device.update()
            assert not device.is_on
            assert [change["state"] for change in sim.record()] == [1, 0]
            await device.disconnect()

    asyncio.run(test())


def test_everything_a_device_asks_at_an_update_is_answered():
    async def test():
        async with Simulator([CloudSpec("Big", model="HS110")]) as sim:
            device = await Device.connect(config=config(sim.clouds[0].inflate))
            await device.turn_on()
            await device.update()
            assert [str(module.name) for module in device.modules.values() if not module.is_supported] == []
            assert device.modules[Module.Energy].current_consumption > 1
            assert device.modules[Module.Energy].consumption_today == 0
            assert abs(device.time.timestamp() - sim.now()) < 2
            await device.set_alias("Nimbus")
            await device.modules[Module.Led].set_led(False)
            await device.update()
            assert (device.alias, device.modules[Module.Led].led) == ("Nimbus", False)
            await device.disconnect()

    asyncio.run(test())


def test_one_frame_arms_and_switches_on():
    async def test():
        async with Simulator([CloudSpec("Big")]) as sim:
            plug = sim.clouds[0].inflate
            device = IotPlug(plug.host, config=config(plug))
            answer = await device.protocol.query(arm_and_on(30), retry_count=0)
            assert set(codes(answer).values()) == {0}
            assert answer["system"]["get_sysinfo"]["relay_state"] == 1
            assert sim.commands()[0]["own"]
            await device.disconnect()

    asyncio.run(test())


def test_an_error_code_reaches_the_caller():
    async def test():
        async with Simulator([CloudSpec("Big")]) as sim:
            plug = sim.clouds[0].inflate
            sim.fault(plug.name, "errors")
            device = IotPlug(plug.host, config=config(plug))
            with pytest.raises(KasaException):
                await device.turn_on()
            await device.disconnect()

    asyncio.run(test())


def test_replies_in_pieces_are_put_together():
    async def test():
        async with Simulator([CloudSpec("Big")]) as sim:
            plug = sim.clouds[0].inflate
            sim.fault(plug.name, "fragments", pieces=20)
            device = await Device.connect(config=config(plug))
            assert device.mac == plug.mac
            await device.disconnect()

    asyncio.run(test())


def test_discovery_finds_a_plug_by_its_address():
    async def test():
        async with Simulator([CloudSpec("Big")]) as sim:
            plug = sim.clouds[0].inflate
            found = await Discover.discover(target=plug.host, port=plug.port, discovery_timeout=1)
            assert [device.mac for device in found.values()] == [plug.mac]
            for device in found.values():
                await device.disconnect()

    asyncio.run(test())


@pytest.fixture
def spread():
    """Two plugs at their own addresses on one port, as a process of their own."""
    with simulate("--clouds", "2", "--spread-addresses") as simulated:
        yield simulated


def kasa(*arguments):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KASA_")}
    done = subprocess.run([KASA, *arguments], capture_output=True, text=True, timeout=20, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux delivers broadcasts on loopback")
def test_the_command_line_finds_all_plugs_and_switches_one(spread):
    port = str(spread.clouds[0]["inflate"]["port"])
    listing = kasa("--port", port, "--target", "127.255.255.255", "--discovery-timeout", "1", "discover", "list")
    for cloud in spread.clouds:
        assert cloud["inflate"]["host"] in listing
        assert cloud["inflate"]["alias"] in listing
    with spread.remote() as remote:
        second = spread.clouds[1]["inflate"]
        kasa("--host", second["host"], "--port", port, "--type", "plug", "on")
        assert remote.wait_for(second["mac"], "relay_on")["plug"] == "Cloud 2/inflate"
        kasa("--host", second["host"], "--port", port, "--type", "plug", "off")
        assert remote.wait_for(second["mac"], "relay_off")["reason"] == "command"
        assert {change["plug"] for change in remote.record()} == {"Cloud 2/inflate"}
