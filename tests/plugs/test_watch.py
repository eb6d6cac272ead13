"""Looking after a plug: what is on and should not be is switched off, and what should be and is not is told at once."""

import asyncio

import pytest

from clouds.plugs import Actor, CutShort, Relay
from tests.plugs.conftest import Play
from tests.plugs.stage import FakeStage, Stage, acting, now, until

LONG = 30.0


async def switch_on(actor: Actor) -> "asyncio.Task[None]":
    """On, and somebody who stays while it is."""
    await actor.off()
    await actor.on(until=now() + LONG, hard_cap=60.0, tag="7.0")
    return asyncio.ensure_future(actor.stay_on())


async def look(actor: Actor) -> None:
    """Look, as if it were time to, until the plug answers."""

    async def answers() -> None:
        while True:
            actor._looked = now() - 100
            if await actor.check() is not None:
                return
            await asyncio.sleep(0.01)

    await asyncio.wait_for(answers(), 10)


def test_a_plug_that_rests_is_looked_at_now_and_then(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        async with acting(stage) as actor:
            assert actor.is_due
            await actor.off()
            assert not actor.is_due
            assert await actor.check() is None
            actor._looked = now() - 10
            assert actor.is_due
            reading = await actor.check()
            assert reading is not None
            assert not reading.relay_on
            assert not actor.is_due

    play(scene)


def test_a_plug_found_on_while_it_rests_is_switched_off(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        async with acting(stage) as actor:
            await actor.off()
            stage.press_button(True)
            actor._looked = now() - 100
            reading = await actor.check()
            assert reading is not None
            assert reading.relay_on
            assert (actor.relay, actor.is_ready) == (Relay.UNKNOWN, False)
            await until(lambda: actor.relay is Relay.OFF, "OFF is confirmed")
            assert not stage.is_on

    play(scene)


def test_a_plug_that_is_on_as_it_was_told_is_left_alone(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        async with acting(stage) as actor:
            staying = await switch_on(actor)
            await look(actor)
            assert (actor.relay, stage.is_on, staying.done()) == (Relay.ON, True, False)
            await actor.off()
            await staying

    play(scene)


def test_an_inflation_is_looked_at_once_more_before_its_end(play_fake: Play) -> None:
    async def scene(stage: FakeStage) -> None:
        async with acting(stage) as actor:
            await actor.off()
            end = now() + 2.0
            await actor.on(until=end, hard_cap=60.0, tag="7.0")
            assert not actor.is_due
            await until(lambda: actor.is_due, "the last look is due")
            assert 1.0 < end - now() <= 1.75
            assert await actor.check() is not None
            assert not actor.is_due
            await actor.stay_on()

    play_fake(scene)


def test_an_inflation_about_to_end_is_not_looked_at(play_fake: Play) -> None:
    async def scene(stage: FakeStage) -> None:
        async with acting(stage) as actor:
            await actor.off()
            await actor.on(until=now() + 0.9, hard_cap=60.0, tag="7.0")
            actor._looked = now() - 100
            assert not actor.is_due
            await actor.off()

    play_fake(scene)


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ("restart off", "switched off by itself"),
        ("restart on", "lost its own timer"),
        ("forgets", "lost its own timer"),
        ("button", "switched off by itself"),
    ],
)
def test_an_inflation_that_is_not_as_it_was_told_is_cut_short(play: Play, broken: str, why: str) -> None:
    async def scene(stage: Stage) -> None:
        async with acting(stage) as actor:
            staying = await switch_on(actor)
            deeds = {
                "restart off": lambda: stage.restart(relay_on=False),
                "restart on": lambda: stage.restart(relay_on=True),
                "forgets": stage.forgets,
                "button": lambda: stage.press_button(False),
            }
            deeds[broken]()
            await look(actor)
            with pytest.raises(CutShort, match=why):
                await asyncio.wait_for(staying, 10)
            await until(lambda: actor.relay is Relay.OFF, "OFF is confirmed")
            assert not stage.is_on

    play(scene)


def test_an_inflation_whose_plug_lost_the_time_is_cut_short(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        async with acting(stage) as actor:
            staying = await switch_on(actor)
            stage.lose_clock(stuck=True)
            await look(actor)
            with pytest.raises(CutShort, match="timer"):
                await asyncio.wait_for(staying, 10)
            await until(lambda: actor.relay is Relay.OFF, "OFF is confirmed")

    play(scene)


def test_an_inflation_whose_countdown_is_over_is_cut_short(play_fake: Play) -> None:
    async def scene(stage: FakeStage) -> None:
        async with acting(stage) as actor:
            staying = await switch_on(actor)
            stage.plug.fire()
            stage.press_button(True)
            await look(actor)
            with pytest.raises(CutShort, match="lost its own timer"):
                await asyncio.wait_for(staying, 10)

    play_fake(scene)


def test_an_inflation_that_nobody_guards_is_not_cut_short_for_that(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        stage.without_timer()
        async with acting(stage, unguarded=True) as actor:
            staying = await switch_on(actor)
            await look(actor)
            assert (actor.relay, staying.done()) == (Relay.ON, False)
            stage.press_button(False)
            await look(actor)
            with pytest.raises(CutShort):
                await asyncio.wait_for(staying, 10)

    play(scene)


def test_a_plug_whose_connection_is_lost_while_it_is_on_is_looked_at_at_once(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        async with acting(stage) as actor:
            staying = await switch_on(actor)
            assert not actor.is_due
            stage.restart(relay_on=False)
            await until(lambda: actor.is_due, "a look is due")
            await look(actor)
            with pytest.raises(CutShort):
                await asyncio.wait_for(staying, 10)

    play(scene)


@pytest.mark.usefixtures("impatient")
def test_a_plug_that_does_not_answer_is_in_trouble_until_it_does(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        async with acting(stage) as actor:
            await actor.off()
            stage.silent("any")
            actor._looked = now() - 100
            assert await actor.check() is None
            assert actor.trouble.endswith(".")
            assert not actor.is_ready
            stage.cured()
            await look(actor)
            assert (actor.trouble, actor.is_ready) == ("", True)

    play(scene)


@pytest.mark.usefixtures("impatient")
def test_an_inflation_is_not_cut_short_for_a_look_without_an_answer(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        async with acting(stage) as actor:
            staying = await switch_on(actor)
            stage.silent("any")
            actor._looked = now() - 100
            assert await actor.check() is None
            assert (actor.relay, staying.done()) == (Relay.ON, False)
            stage.cured()
            await look(actor)
            assert (actor.trouble, staying.done()) == ("", False)
            await actor.off()
            await staying

    play(scene)


def test_a_test_says_what_answers_and_switches_nothing(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        async with acting(stage) as actor:
            await actor.off()
            assert "answers: it is off, and its timer takes orders." in await actor.test()
            assert stage.ons == 0
            stage.lose_clock(stuck=True)
            assert "doesn't know the time" in await actor.test()
            stage.without_timer()
            assert "takes no orders" in await actor.test()
            stage.gone()
            assert (await actor.test()).endswith(".")
            stage.cured()

    play(scene)


def test_a_plug_at_work_is_not_tested(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        async with acting(stage) as actor:
            staying = await switch_on(actor)
            assert "at work" in await actor.test()
            assert stage.is_on
            await actor.off()
            await staying

    play(scene)


def test_a_plug_that_a_test_finds_on_is_looked_at_soon_and_switched_off(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        async with acting(stage) as actor:
            await actor.off()
            stage.press_button(True)
            assert "it is on" in await actor.test()
            assert actor.is_due
            await actor.check()
            await until(lambda: actor.relay is Relay.OFF, "OFF is confirmed")
            assert not stage.is_on

    play(scene)
