"""A plug that is not there: before an actor it is like a good one."""

import asyncio

import pytest

from clouds import plugs
from clouds.plugs import Actor
from clouds.plugs.rehearsal import RehearsalDriver
from tests.plugs.stage import cleanly


async def ready() -> Actor:
    """An actor whose plug is off."""
    actor = plugs.actor_for(plugs.NOWHERE)
    await actor.off()
    return actor


def test_an_actor_switches_it_on_and_off() -> None:
    async def scene() -> None:
        actor = await ready()
        until = asyncio.get_running_loop().time() + 0.05
        reading = await actor.on(until=until, hard_cap=60, tag="7.0")
        assert (reading.relay_on, reading.rule and reading.rule.tag) == (True, "7.0")
        await actor.stay_on()
        confirmed = await actor.off()
        assert asyncio.get_running_loop().time() == pytest.approx(until, abs=0.04)
        assert not confirmed.reading.relay_on
        assert confirmed.reading.rule is not None
        assert confirmed.reading.rule.enabled
        await actor.close()

    cleanly(scene())


def test_its_countdown_switches_it_off(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        loop = asyncio.get_running_loop()
        driver = RehearsalDriver(plugs.NOWHERE)
        assert (await driver.on(countdown=5, tag="7.0", within=1)).relay_on
        now = loop.time()
        monkeypatch.setattr("clouds.plugs.rehearsal._clock", lambda: now + 4.9)
        assert (await driver.look(within=1)).relay_on
        monkeypatch.setattr("clouds.plugs.rehearsal._clock", lambda: now + 5.1)
        reading = await driver.look(within=1)
        assert not reading.relay_on
        assert reading.rule is not None
        assert (reading.rule.enabled, reading.rule.remain) == (False, 0)

    cleanly(scene())
