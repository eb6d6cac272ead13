"""What every `Driver` keeps: the fake one, and the one for legacy plugs, before the simulator."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from clouds.plugs import Driver, NoTimer, PlugError, Reading, Refused, Rule, Stranger, Unreachable
from tests.plugs.conftest import Play
from tests.plugs.stage import Stage, until

# For what is answered, and for what is not.
PATIENCE = 5.0
SOON = 0.15


async def expect(error: type[PlugError], asking: object, *, may_have_acted: bool) -> None:
    """This is how it fails."""
    with pytest.raises(error) as caught:
        await asking  # type: ignore[misc]
    assert caught.value.may_have_acted is may_have_acted
    assert str(caught.value).endswith(".")


async def when_back(ask: Callable[[], Awaitable[Reading]]) -> Reading:
    """The answer of a plug that is restarting, as soon as it can be reached."""
    while True:
        try:
            return await ask()
        except Unreachable:
            await asyncio.sleep(0.01)


async def switched_on(driver: Driver, tag: str = "7.0", countdown: int = 60) -> None:
    """It is on."""
    reading = await driver.on(countdown=countdown, tag=tag, within=PATIENCE)
    assert reading.relay_on


def test_a_plug_says_what_it_is(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        driver = stage.driver()
        assert not driver.is_connected
        assert driver.greeting is None
        reading = await driver.look(within=PATIENCE)
        assert (reading.relay_on, reading.on_seconds, reading.rule) == (False, 0, None)
        assert (reading.mac, reading.model[:5]) == (stage.mac, "HS103")
        assert reading.is_guarded
        assert driver.is_connected
        assert driver.greeting == reading
        driver.abort()

    play(scene)


def test_on_arms_the_countdown_and_switches_on_at_once(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        driver = stage.driver()
        reading = await driver.on(countdown=60, tag="7.0", within=PATIENCE)
        assert stage.is_on
        assert reading.relay_on
        assert reading.rule is not None
        assert (reading.rule.tag, reading.rule.enabled, reading.rule.delay) == ("7.0", True, 60)
        assert 55 <= reading.rule.remain <= 60
        assert (stage.ons, stage.offs) == (1, 0)
        driver.abort()

    play(scene)


def test_a_countdown_takes_the_place_of_the_one_before(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        driver = stage.driver()
        await switched_on(driver, "7.0", 60)
        reading = await driver.on(countdown=30, tag="8.1", within=PATIENCE)
        assert reading.rule is not None
        assert (reading.rule.tag, reading.rule.delay) == ("8.1", 30)
        driver.abort()

    play(scene)


@pytest.mark.parametrize("ready", [(60, "8.1"), (30, "7.0"), (30, "8.1")])
def test_what_was_made_ready_is_sent_only_if_it_is_what_on_says(play: Play, ready: tuple[int, str]) -> None:
    async def scene(stage: Stage) -> None:
        driver = stage.driver()
        await driver.look(within=PATIENCE)
        driver.make_ready(countdown=ready[0], tag=ready[1])
        assert stage.frames == 1
        reading = await driver.on(countdown=30, tag="8.1", within=PATIENCE)
        assert reading.rule is not None
        assert (reading.rule.tag, reading.rule.delay) == ("8.1", 30)
        driver.abort()

    play(scene)


def test_off_tells_which_countdown_was_held(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        driver = stage.driver()
        await switched_on(driver, "7.0")
        reading = await driver.off(within=PATIENCE)
        assert not reading.relay_on
        assert not stage.is_on
        assert reading.rule is not None
        assert (reading.rule.tag, reading.rule.enabled) == ("7.0", True)
        driver.abort()

    play(scene)


def test_a_plug_that_is_off_may_be_switched_off(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        driver = stage.driver()
        assert not (await driver.off(within=PATIENCE)).relay_on
        driver.abort()

    play(scene)


def test_a_countdown_that_has_fired_stays_and_is_seen_as_such(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        driver = stage.driver()
        await switched_on(driver, "7.0", 1)
        await until(lambda: not stage.is_on, "the countdown fires")
        assert (await driver.look(within=PATIENCE)).rule == Rule("7.0", enabled=False, delay=1, remain=0)
        driver.abort()

    play(scene)


def test_who_connects_anew_hears_how_the_plug_was_before_it_was_switched_off(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        stage.press_button(True)
        driver = stage.driver()
        assert not (await driver.off(within=PATIENCE)).relay_on
        assert driver.greeting is not None
        assert driver.greeting.relay_on
        driver.abort()

    play(scene)


def test_how_the_plug_was_is_known_although_the_answer_to_off_is_lost(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        stage.press_button(True)
        stage.mute("off")
        driver = stage.driver()
        await expect(Unreachable, driver.off(within=SOON), may_have_acted=True)
        assert not driver.is_connected
        assert driver.greeting is not None
        assert driver.greeting.relay_on

    play(scene)


def test_a_plug_that_is_gone_says_nothing_of_how_it_was(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        driver = stage.driver()
        await driver.look(within=PATIENCE)
        stage.gone()
        await until(lambda: not driver.is_connected, "the connection is seen to be lost")
        await expect(Unreachable, driver.off(within=PATIENCE), may_have_acted=True)
        assert driver.greeting is None

    play(scene)


@pytest.mark.parametrize(("verb", "may_have_acted"), [("look", False), ("on", True), ("off", True), ("test", False)])
def test_silence_ends_in_time_and_lets_go_of_the_plug(play: Play, verb: str, may_have_acted: bool) -> None:
    async def scene(stage: Stage) -> None:
        driver = stage.driver()
        await driver.look(within=PATIENCE)
        stage.silent("any")
        begin = asyncio.get_running_loop().time()
        asking = {
            "look": lambda: driver.look(within=SOON),
            "on": lambda: driver.on(countdown=60, tag="7.0", within=SOON),
            "off": lambda: driver.off(within=SOON),
            "test": lambda: driver.test_timer(within=SOON),
        }
        await expect(Unreachable, asking[verb](), may_have_acted=may_have_acted)
        assert SOON * 0.9 <= asyncio.get_running_loop().time() - begin < PATIENCE
        assert not driver.is_connected
        assert not stage.is_on

    play(scene)


def test_on_is_sent_once_even_if_its_answer_is_lost(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        driver = stage.driver()
        stage.mute("on")
        await expect(Unreachable, driver.on(countdown=60, tag="7.0", within=SOON), may_have_acted=True)
        assert stage.is_on
        assert stage.ons == 1

    play(scene)


def test_on_is_sent_once_even_if_the_plug_hangs_up(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        driver = stage.driver()
        await driver.look(within=PATIENCE)
        stage.drops("on")
        await expect(Unreachable, driver.on(countdown=60, tag="7.0", within=PATIENCE), may_have_acted=True)
        assert stage.is_on
        assert stage.ons == 1
        assert not driver.is_connected

    play(scene)


def test_a_plug_that_could_not_be_asked_who_it_is_has_not_acted(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        driver = stage.driver()
        stage.gone()
        await expect(Unreachable, driver.on(countdown=60, tag="7.0", within=PATIENCE), may_have_acted=False)
        stage.cured()
        assert stage.ons == 0

    play(scene)


def test_a_plug_that_refuses_has_not_acted(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        driver = stage.driver()
        stage.refuses("on")
        await expect(Refused, driver.on(countdown=60, tag="7.0", within=PATIENCE), may_have_acted=False)
        assert not stage.is_on
        driver.abort()

    play(scene)


def test_a_stranger_is_switched_neither_on_nor_off(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        stage.press_button(True)
        driver = stage.driver(mac="50:C7:BF:12:34:56")
        for asking in [
            driver.look(within=PATIENCE),
            driver.test_timer(within=PATIENCE),
            driver.on(countdown=60, tag="7.0", within=PATIENCE),
            driver.off(within=PATIENCE),
        ]:
            with pytest.raises(Stranger, match="50:C7:BF"):
                await asking
        assert (stage.ons, stage.offs) == (0, 0)
        assert stage.is_on
        assert not driver.is_connected

    play(scene)


def test_whoever_answers_first_is_the_plug_and_nobody_else_from_then_on(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        driver = stage.driver()
        await driver.look(within=PATIENCE)
        stage.becomes_another()
        await until(lambda: not driver.is_connected, "the connection is seen to be lost")
        with pytest.raises(Stranger):
            await when_back(lambda: driver.on(countdown=60, tag="7.0", within=PATIENCE))
        assert not stage.is_on

    play(scene)


def test_a_plug_without_a_timer_says_so(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        stage.without_timer()
        driver = stage.driver()
        reading = await driver.look(within=PATIENCE)
        assert not reading.has_timer
        assert not reading.is_guarded
        with pytest.raises(NoTimer):
            await driver.test_timer(within=PATIENCE)
        reading = await driver.on(countdown=60, tag="7.0", within=PATIENCE)
        assert (reading.relay_on, reading.rule) == (True, None)
        driver.abort()

    play(scene)


def test_a_plug_that_forgets_its_rule_says_so(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        driver = stage.driver()
        await switched_on(driver)
        stage.forgets()
        reading = await driver.look(within=PATIENCE)
        assert (reading.relay_on, reading.rule) == (True, None)
        driver.abort()

    play(scene)


def test_a_plug_that_does_not_know_the_time_is_told_it(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        stage.lose_clock(stuck=False)
        driver = stage.driver()
        assert (await driver.look(within=PATIENCE)).clock_is_set
        assert (await driver.look(within=PATIENCE)).is_guarded
        driver.abort()

    play(scene)


def test_a_plug_that_can_not_be_told_the_time_says_so(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        stage.lose_clock(stuck=True)
        driver = stage.driver()
        reading = await driver.look(within=PATIENCE)
        assert not reading.clock_is_set
        assert not reading.is_guarded
        driver.abort()

    play(scene)


def test_a_timer_is_tested_without_switching_on_and_left_as_it_was(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        driver = stage.driver()
        reading = await driver.test_timer(within=PATIENCE)
        assert (reading.relay_on, reading.rule) == (False, None)
        assert stage.ons == 0
        driver.abort()

    play(scene)


def test_whoever_lets_go_is_connected_anew_when_it_is_asked(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        driver = stage.driver()
        await switched_on(driver)
        driver.abort()
        driver.abort()
        assert not driver.is_connected
        assert (await driver.look(within=PATIENCE)).relay_on
        assert driver.greeting is not None
        assert driver.greeting.relay_on
        driver.abort()

    play(scene)


@pytest.mark.parametrize("verb", ["look", "on", "off"])
def test_a_call_that_is_cancelled_lets_go_of_the_plug(play: Play, verb: str) -> None:
    async def scene(stage: Stage) -> None:
        driver = stage.driver()
        await driver.look(within=PATIENCE)
        stage.silent("any")
        asking = {
            "look": lambda: driver.look(within=PATIENCE),
            "on": lambda: driver.on(countdown=60, tag="7.0", within=PATIENCE),
            "off": lambda: driver.off(within=PATIENCE),
        }
        task = asyncio.ensure_future(asking[verb]())
        await asyncio.sleep(0.02)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        assert not driver.is_connected
        stage.cured()
        assert not (await driver.look(within=PATIENCE)).relay_on
        driver.abort()

    play(scene)


def test_a_restart_is_noticed_without_asking(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        driver = stage.driver()
        await switched_on(driver)
        stage.restart(relay_on=True)
        await until(lambda: not driver.is_connected, "the connection is seen to be lost")
        await until(lambda: stage.is_on, "it is back")
        reading = await when_back(lambda: driver.look(within=PATIENCE))
        assert (reading.relay_on, reading.rule) == (True, None)
        driver.abort()

    play(scene)
