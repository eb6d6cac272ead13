"""OFF: preempts whatever is under way, is tried until the plug confirms it, and is never given up."""

import asyncio
from typing import Any

import pytest

from clouds.plugs import Actor, Confirmed, Preempted, Relay
from clouds.plugs.alloff import switch_off
from tests.plugs.conftest import Play
from tests.plugs.stage import FakeStage, Stage, acting, now, until

LONG = 30.0


async def switch_on(actor: Actor, seconds: float = LONG) -> None:
    """On, from a confirmed OFF."""
    await actor.off()
    await actor.on(until=now() + seconds, hard_cap=60.0, tag="7.0")


def test_what_is_not_known_is_not_known_to_be_off(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        async with acting(stage) as actor:
            assert (actor.relay, actor.is_ready) == (Relay.UNKNOWN, False)
            confirmed = await actor.off()
            assert (actor.relay, actor.is_ready, actor.trouble) == (Relay.OFF, True, "")
            assert isinstance(confirmed, Confirmed)
            assert confirmed.asked_at <= confirmed.at
            assert confirmed.before is not None
            assert not confirmed.before.relay_on

    play(scene)


def test_off_tells_that_the_plug_was_on_before_it_was_known(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        stage.press_button(True)
        async with acting(stage) as actor:
            confirmed = await actor.off()
            assert confirmed.before is not None
            assert confirmed.before.relay_on
            assert not stage.is_on

    play(scene)


@pytest.mark.usefixtures("impatient")
def test_off_tells_that_the_plug_was_on_although_its_first_answer_was_lost(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        stage.press_button(True)
        stage.mute("off")
        async with acting(stage) as actor:
            off = actor.switch_off()
            await until(lambda: actor.trouble, "OFF was not answered")
            assert not stage.is_on
            stage.cured()
            confirmed = await off
            assert confirmed.before is not None
            assert confirmed.before.relay_on

    play(scene)


def test_off_tells_which_countdown_the_plug_held(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        async with acting(stage) as actor:
            await switch_on(actor)
            confirmed = await actor.off()
            assert confirmed.before is None  # it was known
            assert confirmed.reading.rule is not None
            assert confirmed.reading.rule.tag == "7.0"
            assert not stage.is_on

    play(scene)


def test_off_breaks_off_an_on_under_way(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        async with acting(stage) as actor:
            await actor.off()
            stage.mute("on")
            switching = asyncio.ensure_future(actor.on(until=now() + LONG, hard_cap=60.0, tag="7.0"))
            await until(lambda: stage.is_on, "it is on, and has not said so")
            begin = now()
            stage.cured()
            await actor.off()
            assert now() - begin < 1.5  # far less than ON would have waited
            assert not stage.is_on
            with pytest.raises(Preempted) as caught:
                await switching
            assert caught.value.may_have_acted
            assert actor.relay is Relay.OFF

    play(scene)


def test_an_on_that_off_broke_off_before_it_was_sent_is_never_sent(play_fake: Play) -> None:
    async def scene(stage: FakeStage) -> None:
        async with acting(stage) as actor:
            await actor.off()
            actor._driver.abort()
            stage.silent("look")
            switching = asyncio.ensure_future(actor.on(until=now() + LONG, hard_cap=60.0, tag="7.0"))
            await until(lambda: stage.plug.told[-1] == "look", "it connects")
            await actor.off()
            with pytest.raises(Preempted):
                await switching
            assert stage.ons == 0

    play_fake(scene)


def test_off_breaks_off_a_look_under_way(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        async with acting(stage) as actor:
            await switch_on(actor)
            actor._looked = now() - 100
            stage.silent("any")
            looking = asyncio.ensure_future(actor.check())
            await asyncio.sleep(0.02)
            assert not looking.done()
            stage.cured()
            begin = now()
            await actor.off()
            assert now() - begin < 1.5
            assert await looking is None
            assert not stage.is_on

    play(scene)


def test_off_goes_before_all_who_wait_behind_a_look(play_fake: Play) -> None:
    async def scene(stage: FakeStage) -> None:
        async with acting(stage) as actor:
            await actor.off()
            actor._looked = now() - 100
            stage.silent("look")
            looking = asyncio.ensure_future(actor.check())
            await until(lambda: stage.plug.told[-1] == "look", "it looks")
            stage.silent("test")
            testing = asyncio.ensure_future(actor.test())
            await asyncio.sleep(0)
            begin = now()
            await actor.off()
            assert now() - begin < 1.5
            assert await looking is None
            assert "urgent" in await testing
            assert "test" not in stage.plug.received

    play_fake(scene)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("wrong", ["silent", "mute", "refuses", "gone"])
def test_off_is_tried_until_the_plug_confirms_it(play: Play, wrong: str) -> None:
    async def scene(stage: Stage) -> None:
        async with acting(stage) as actor:
            await switch_on(actor)
            break_it = {
                "silent": lambda: stage.silent("any"),
                "mute": lambda: stage.mute("any"),
                "refuses": lambda: stage.refuses("off"),
                "gone": stage.gone,
            }
            break_it[wrong]()
            off = asyncio.ensure_future(actor.off())
            await asyncio.sleep(0.3)
            assert not off.done()
            assert (actor.relay, actor.is_ready) == (Relay.UNKNOWN, False)
            assert actor.trouble.endswith(".")
            stage.cured()
            await off
            assert (actor.relay, actor.trouble, stage.is_on) == (Relay.OFF, "", False)
            assert stage.offs >= 2

    play(scene)


@pytest.mark.usefixtures("impatient")
def test_off_is_not_given_up_for_a_mistake_of_our_own(play_fake: Play, caplog: pytest.LogCaptureFixture) -> None:
    async def scene(stage: FakeStage) -> None:
        async with acting(stage) as actor:
            await switch_on(actor)
            stage.plug.raises["off"] = [KeyError("rule_list"), RecursionError(), AssertionError("never")]
            troubles = set()
            off = actor.switch_off()
            while not off.done():
                troubles.add(actor.trouble)
                await asyncio.sleep(0)
            assert stage.plug.told.count("off") == 5  # the one before ON, three that failed, one that did not
            assert not any(word in trouble for trouble in troubles for word in ("rule_list", "never"))
            assert all(trouble == "" or trouble.endswith(".") for trouble in troubles)
            assert any(troubles)
            assert (actor.relay, actor.trouble, stage.is_on) == (Relay.OFF, "", False)

    play_fake(scene)
    assert caplog.text.count("A mistake while switching off") == 3


@pytest.mark.usefixtures("impatient")
def test_who_stops_waiting_for_off_does_not_stop_off(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        async with acting(stage) as actor:
            await switch_on(actor)
            stage.silent("off")
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(actor.off(), 0.3)
            stage.cured()
            await until(lambda: actor.relay is Relay.OFF, "OFF is confirmed")
            assert not stage.is_on

    play(scene)


def test_all_who_want_it_off_wait_for_the_same(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        async with acting(stage) as actor:
            await switch_on(actor)
            offs = stage.offs
            one, another = await asyncio.gather(actor.off(), actor.off())
            assert one is another
            assert stage.offs == offs + 1

    play(scene)


@pytest.mark.usefixtures("impatient")
def test_not_known_ends_only_with_a_confirmed_off(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        async with acting(stage) as actor:
            await switch_on(actor)
            stage.refuses("off")
            actor.switch_off()
            await until(lambda: actor.trouble, "OFF was refused")
            for _ in range(20):
                assert actor.relay is Relay.UNKNOWN
                assert await actor.check() is None
                await asyncio.sleep(0.01)
            stage.cured()
            await until(lambda: actor.relay is Relay.OFF, "OFF is confirmed")

    play(scene)


def test_half_a_second_of_off_is_half_a_second(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        async with acting(stage) as actor:
            await actor.off_for(0.2)
            assert now() - actor.off_since >= 0.199
            begin = now()
            await actor.off_for(0.2)
            assert now() - begin < 0.15
            await switch_on(actor)
            await actor.off_for(0.1)
            assert not stage.is_on
            assert actor.relay is Relay.OFF

    play(scene)


def test_everything_off_answers_for_each_plug(play_fake: Play) -> None:
    async def scene(stage: FakeStage) -> None:
        other = FakeStage()
        other.gone()
        stage.press_button(True)
        actors = [("here", Actor(stage.driver())), ("gone", Actor(other.driver()))]
        answers = {answer.name: answer async for answer in switch_off(actors, 0.5)}
        assert answers["here"].confirmed is not None
        assert not stage.is_on
        assert answers["gone"].confirmed is None
        assert answers["gone"].trouble == "The plug can't be reached."

    play_fake(scene)


@pytest.mark.parametrize("doing", ["resting", "on", "switching on", "looking", "switching off"])
def test_closing_leaves_nothing_behind(play: Play, doing: str) -> None:
    async def scene(stage: Stage) -> None:
        actor = Actor(stage.driver())
        await actor.off()
        tasks: list[asyncio.Task[Any]] = []
        if doing == "on":
            await actor.on(until=now() + LONG, hard_cap=60.0, tag="7.0")
        elif doing != "resting":
            stage.silent("any")
            actor._looked = now() - 100
            deeds = {
                "switching on": lambda: actor.on(until=now() + LONG, hard_cap=60.0, tag="7.0"),
                "looking": actor.check,
                "switching off": actor.off,
            }
            tasks.append(asyncio.ensure_future(deeds[doing]()))
            await asyncio.sleep(0.02)
        await asyncio.wait_for(actor.close(), 1.5)
        stage.cured()
        if tasks:
            await asyncio.wait(tasks, timeout=1.5)
            assert tasks[0].done()
            assert tasks[0].cancelled() or tasks[0].exception() is not None or tasks[0].result() is None

    play(scene)
