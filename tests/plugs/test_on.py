"""ON: tried once, guarded by the plug's own countdown, never late, and it ends by itself."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from clouds.plugs import Actor, NoTimer, PlugError, Preempted, Reading, Refused, Relay, Stranger, Unreachable
from tests.plugs.conftest import Play
from tests.plugs.stage import FakeStage, SimulatedStage, Stage, acting, now, until

LONG = 30.0


async def switch_on(actor: Actor, seconds: float = LONG, tag: str = "7.0") -> None:
    """On, from a confirmed OFF."""
    await actor.off()
    reading = await actor.on(until=now() + seconds, hard_cap=60.0, tag=tag)
    assert reading.relay_on


async def confirmed_off(actor: Actor, stage: Stage) -> None:
    """It ends up off, and known to be off."""
    await until(lambda: actor.relay is Relay.OFF, "OFF is confirmed")
    assert not stage.is_on


def test_on_is_confirmed_with_relay_and_countdown(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        async with acting(stage) as actor:
            await actor.off()
            reading = await actor.on(until=now() + 3, hard_cap=60.0, tag="7.0")
            assert actor.relay is Relay.ON
            assert stage.is_on
            assert reading.rule is not None
            assert (reading.rule.tag, reading.rule.delay) == ("7.0", 5)
            await actor.off()

    play(scene)


def test_on_is_one_frame_with_a_countdown_of_its_own(play_simulated: Play) -> None:
    async def scene(stage: SimulatedStage) -> None:
        async with acting(stage) as actor:
            await actor.off()
            frames = len(stage.simulator._record.frames)
            await actor.on(until=now() + 20, hard_cap=60.0, tag="7.0")
            assert [frame["kind"] for frame in list(stage.simulator._record.frames)[frames:]] == ["on"]
            (on,) = [command for command in stage.simulator.commands() if command["state"] == 1]
            assert (on["own"], on["armed"], on["replayed"]) == (True, True, False)
            assert on["delay"] in (21, 22)
            await actor.off()

    play_simulated(scene)


@pytest.mark.parametrize(
    ("seconds", "hard_cap", "delay"), [(1.0, 60.0, {5}), (20.0, 60.0, {21, 22}), (20.0, 12.0, {12}), (20.0, 12.5, {13})]
)
def test_the_countdown_is_as_long_as_the_inflation_and_a_margin(
    play_fake: Play, seconds: float, hard_cap: float, delay: set[int]
) -> None:
    async def scene(stage: FakeStage) -> None:
        async with acting(stage) as actor:
            await actor.off()
            reading = await actor.on(until=now() + seconds, hard_cap=hard_cap, tag="7.0")
            assert reading.rule is not None
            assert reading.rule.delay in delay
            await actor.off()

    play_fake(scene)


def test_on_ends_by_itself_when_its_time_is_over_even_if_nobody_asks(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        async with acting(stage) as actor:
            await actor.off()
            end = now() + 0.3
            await actor.on(until=end, hard_cap=60.0, tag="7.0")
            await until(lambda: not stage.is_on, "the pump is off")
            assert -0.01 <= now() - end < 5  # far from the countdown's own end
            await confirmed_off(actor, stage)

    play(scene)


def test_who_stays_while_it_is_on_may_go_when_it_is_over(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        async with acting(stage) as actor:
            await switch_on(actor, 0.2)
            await asyncio.wait_for(actor.stay_on(), 10)
            await confirmed_off(actor, stage)

    play(scene)


def test_on_after_its_time_is_never_sent(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        async with acting(stage) as actor:
            await actor.off()
            with pytest.raises(PlugError) as caught:
                await actor.on(until=now() - 0.01, hard_cap=60.0, tag="7.0")
            assert not caught.value.may_have_acted
            assert stage.ons == 0
            assert actor.relay is Relay.OFF

    play(scene)


def test_on_that_waited_for_its_connection_until_its_time_was_over_is_never_sent(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        async with acting(stage) as actor:
            await actor.off()
            actor._driver.abort()
            stage.slow(0.5)
            with pytest.raises(PlugError):
                await actor.on(until=now() + 0.2, hard_cap=60.0, tag="7.0")
            stage.cured()
            await actor.off()
            assert stage.ons == 0

    play(scene)


def test_on_that_waited_for_a_look_until_its_time_was_over_is_never_sent(play_fake: Play) -> None:
    async def scene(stage: FakeStage) -> None:
        async with acting(stage) as actor:
            await actor.off()
            actor._looked = now() - 100
            stage.slow(0.2)
            looking = asyncio.ensure_future(actor.check())
            await until(lambda: stage.plug.told[-1] == "look", "it looks")
            with pytest.raises(Unreachable, match="the time for it was over"):
                await actor.on(until=now() + 0.1, hard_cap=60.0, tag="7.0")
            await looking
            assert stage.ons == 0

    play_fake(scene)


@pytest.mark.usefixtures("impatient")
def test_on_whose_answer_is_lost_is_sent_once_and_then_off_until_it_is_confirmed(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        async with acting(stage) as actor:
            await actor.off()
            stage.mute("on")
            with pytest.raises(PlugError) as caught:
                await actor.on(until=now() + LONG, hard_cap=60.0, tag="7.0")
            assert caught.value.may_have_acted
            assert actor.relay is Relay.UNKNOWN
            assert stage.is_on
            stage.cured()
            await confirmed_off(actor, stage)
            assert stage.ons == 1

    play(scene)


@pytest.mark.usefixtures("impatient")
def test_on_to_a_silent_plug_is_sent_once_and_not_believed_to_be_nothing(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        async with acting(stage) as actor:
            await actor.off()
            stage.silent("any")
            with pytest.raises(Unreachable):
                await actor.on(until=now() + LONG, hard_cap=60.0, tag="7.0")
            assert actor.relay is Relay.UNKNOWN
            assert not actor.is_ready
            frames = stage.frames
            await until(lambda: stage.frames >= frames + 3, "OFF was tried again and again")
            assert stage.ons == 1
            stage.cured()
            await confirmed_off(actor, stage)

    play(scene)


def test_on_that_is_refused_leaves_the_plug_off(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        async with acting(stage) as actor:
            await actor.off()
            stage.refuses("on")
            with pytest.raises(Refused):
                await actor.on(until=now() + LONG, hard_cap=60.0, tag="7.0")
            assert (actor.relay, stage.is_on, stage.ons) == (Relay.OFF, False, 1)
            assert actor.trouble

    play(scene)


def test_on_without_a_countdown_is_switched_off_at_once(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        async with acting(stage) as actor:
            await actor.off()
            stage.forgets()
            with pytest.raises(NoTimer):
                await actor.on(until=now() + LONG, hard_cap=60.0, tag="7.0")
            await confirmed_off(actor, stage)
            assert (stage.ons, stage.offs) == (1, 2)

    play(scene)


def test_a_countdown_that_is_somebody_elses_guards_nothing(play_fake: Play) -> None:
    async def scene(stage: FakeStage) -> None:
        async with acting(stage) as actor:
            await switch_on(actor, tag="6.0")
            await actor.off()
            stage.plug.arm = lambda rule: None  # type: ignore[method-assign]
            with pytest.raises(NoTimer):
                await actor.on(until=now() + LONG, hard_cap=60.0, tag="7.0")
            await confirmed_off(actor, stage)

    play_fake(scene)


def test_a_relay_that_stays_off_is_no_success(play_fake: Play) -> None:
    async def scene(stage: FakeStage) -> None:
        async with acting(stage) as actor:
            await actor.off()
            stage.plug.switch = lambda state: None  # type: ignore[method-assign]
            with pytest.raises(Refused, match="did not"):
                await actor.on(until=now() + LONG, hard_cap=60.0, tag="7.0")
            assert actor.trouble

    play_fake(scene)


def test_a_plug_without_a_timer_is_not_switched_on(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        stage.without_timer()
        async with acting(stage) as actor:
            await actor.off()
            assert not actor.is_ready
            with pytest.raises(NoTimer, match="unguarded"):
                await actor.on(until=now() + LONG, hard_cap=60.0, tag="7.0")
            assert stage.ons == 0

    play(scene)


def test_a_plug_without_a_timer_is_switched_on_if_a_curator_says_so(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        stage.without_timer()
        async with acting(stage, unguarded=True) as actor:
            await actor.off()
            assert actor.is_ready
            await switch_on(actor, 0.2)
            assert stage.is_on
            await confirmed_off(actor, stage)

    play(scene)


def test_a_plug_that_does_not_know_the_time_is_not_switched_on(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        stage.lose_clock(stuck=True)
        async with acting(stage) as actor:
            await actor.off()
            assert not actor.is_ready
            with pytest.raises(NoTimer, match="time server"):
                await actor.on(until=now() + LONG, hard_cap=60.0, tag="7.0")
            assert stage.ons == 0

    play(scene)


def test_a_plug_that_was_told_the_time_may_be_switched_on(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        stage.lose_clock(stuck=False)
        async with acting(stage) as actor:
            await actor.off()
            actor._looked = now() - 100
            await actor.check()
            assert actor.is_ready
            await switch_on(actor)
            await actor.off()

    play(scene)


def test_what_is_not_known_to_be_off_is_not_switched_on(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        async with acting(stage) as actor:
            with pytest.raises(Refused, match="not known to be off"):
                await actor.on(until=now() + LONG, hard_cap=60.0, tag="7.0")
            await switch_on(actor)
            with pytest.raises(Refused):
                await actor.on(until=now() + LONG, hard_cap=60.0, tag="8.0")
            assert stage.ons == 1
            await actor.off()

    play(scene)


def test_on_is_not_sent_while_off_is_wanted(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        async with acting(stage) as actor:
            await actor.off()
            off = actor.switch_off()
            with pytest.raises(PlugError) as caught:
                await actor.on(until=now() + LONG, hard_cap=60.0, tag="7.0")
            assert not caught.value.may_have_acted
            await off
            assert stage.ons == 0

    play(scene)


def test_on_that_waits_behind_a_look_gives_way_to_off(play_fake: Play) -> None:
    async def scene(stage: FakeStage) -> None:
        async with acting(stage) as actor:
            await actor.off()
            actor._looked = now() - 100
            stage.silent("look")
            looking = asyncio.ensure_future(actor.check())
            await until(lambda: stage.plug.told[-1] == "look", "it looks")
            switching = asyncio.ensure_future(actor.on(until=now() + LONG, hard_cap=60.0, tag="7.0"))
            await asyncio.sleep(0)
            await actor.off()
            with pytest.raises(Preempted):
                await switching
            await looking
            assert stage.ons == 0

    play_fake(scene)


def test_an_inflation_that_its_caller_gives_up_is_switched_off(play_fake: Play) -> None:
    async def scene(stage: FakeStage) -> None:
        async with acting(stage) as actor:
            await actor.off()
            stage.mute("on")
            switching = asyncio.ensure_future(actor.on(until=now() + LONG, hard_cap=60.0, tag="7.0"))
            await until(lambda: stage.is_on, "it is on")
            switching.cancel()
            await asyncio.wait([switching])
            assert switching.cancelled()
            await confirmed_off(actor, stage)

    play_fake(scene)


def test_a_mistake_while_switching_on_counts_as_on(play_fake: Play) -> None:
    async def scene(stage: FakeStage) -> None:
        async with acting(stage) as actor:
            await actor.off()
            stage.plug.raises["on"] = [KeyError("rule_list")]
            with pytest.raises(KeyError):
                await actor.on(until=now() + LONG, hard_cap=60.0, tag="7.0")
            assert actor.relay is Relay.UNKNOWN
            await confirmed_off(actor, stage)
            assert stage.offs == 2

    play_fake(scene)


def test_on_that_ran_out_of_time_says_so(play_fake: Play) -> None:
    async def scene(stage: FakeStage) -> None:
        async with acting(stage) as actor:
            await actor.off()
            stage.silent("on")
            with pytest.raises(Unreachable):
                await actor.on(until=now() + 0.1, hard_cap=60.0, tag="7.0")
            await confirmed_off(actor, stage)

    play_fake(scene)


@pytest.mark.parametrize("connected", [True, False])
def test_a_plug_that_was_on_already_is_switched_off_instead(play_fake: Play, connected: bool) -> None:
    async def scene(stage: FakeStage) -> None:
        async with acting(stage) as actor:
            await actor.off()
            stage.press_button(True)
            stage.plug._on_since -= 10
            if not connected:
                actor._driver.abort()
            with pytest.raises(Refused, match="on already") as caught:
                await actor.on(until=now() + LONG, hard_cap=60.0, tag="7.0")
            assert caught.value.may_have_acted
            assert stage.ons == connected
            assert actor.told is not None
            await confirmed_off(actor, stage)

    play_fake(scene)


def test_it_is_told_when_on_was_sent_and_whether_it_was(play_fake: Play) -> None:
    async def scene(stage: FakeStage) -> None:
        async with acting(stage) as actor:
            begin = datetime.now(UTC)
            await switch_on(actor)
            assert actor.told is not None
            assert begin <= actor.told.at <= datetime.now(UTC)
            assert actor.told.seen_on
            assert not actor.told.held_rule
            await switch_on(actor, tag="8.0")
            assert actor.told.held_rule
            await actor.off()
            with pytest.raises(PlugError):
                await actor.on(until=now() - 1, hard_cap=60.0, tag="9.0")
            assert actor.told is None

    play_fake(scene)


# An ON whose moment is still to come.


async def waiting_for_its_moment(actor: Actor, seconds: float = 0.2, **options: Any) -> asyncio.Task[Reading]:
    """An ON that is made ready now, and sent in so many seconds."""
    await actor.off()
    moment = now() + seconds
    task = asyncio.ensure_future(actor.on(at=moment, until=moment + LONG, hard_cap=60.0, tag="7.0", **options))
    await asyncio.sleep(0.05)
    return task


def test_on_is_sent_at_its_moment_and_not_before(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        async with acting(stage) as actor:
            moment = now() + 0.2
            ordered = await waiting_for_its_moment(actor)
            assert (stage.ons, actor.told) == (0, None)
            await ordered
            assert now() >= moment
            assert (stage.ons, stage.is_on) == (1, True)
            await actor.off()

    play(scene)


def test_a_plug_that_hung_up_is_met_before_the_moment(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        async with acting(stage) as actor:
            await actor.off()
            actor._driver.abort()
            moment = now() + 0.5
            ordered = asyncio.ensure_future(actor.on(at=moment, until=moment + LONG, hard_cap=60.0, tag="7.0"))
            await until(lambda: actor._driver.is_connected, "it is met")
            assert now() < moment
            await ordered
            await actor.off()

    play(scene)


def test_a_plug_that_hangs_up_before_the_moment_is_asked_anew_who_it_is(play_fake: Play) -> None:
    async def scene(stage: FakeStage) -> None:
        async with acting(stage) as actor:
            ordered = await waiting_for_its_moment(actor)
            stage.becomes_another()
            with pytest.raises(Stranger):
                await ordered
            assert stage.ons == 0

    play_fake(scene)


def test_a_plug_that_comes_back_in_time_is_switched_on(play_fake: Play) -> None:
    async def scene(stage: FakeStage) -> None:
        async with acting(stage) as actor:
            await actor.off()
            stage.gone()
            ordered = asyncio.ensure_future(actor.on(at=now() + 0.2, until=now() + LONG, hard_cap=60.0, tag="7.0"))
            await asyncio.sleep(0.05)
            stage.cured()
            assert (await ordered).relay_on
            await actor.off()

    play_fake(scene)


def test_off_takes_back_what_was_made_ready(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        async with acting(stage) as actor:
            ordered = await waiting_for_its_moment(actor)
            await actor.off()
            with pytest.raises(Preempted):
                await ordered
            await asyncio.sleep(0.25)
            assert (stage.ons, actor.told, actor.relay) == (0, None, Relay.OFF)

    play(scene)


def test_off_at_the_very_moment_comes_before_on(play_fake: Play) -> None:
    async def scene(stage: FakeStage) -> None:
        async with acting(stage) as actor:
            moment = now() + 0.1
            # Due in the same turn of the loop, and so before the one who waits has woken.
            asyncio.get_running_loop().call_at(moment, actor.switch_off)
            await actor.off()
            with pytest.raises(Preempted):
                await actor.on(at=moment, until=moment + LONG, hard_cap=60.0, tag="7.0")
            assert stage.ons == 0

    play_fake(scene)


def test_an_order_that_is_given_up_is_never_sent(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        async with acting(stage) as actor:
            ordered = await waiting_for_its_moment(actor)
            ordered.cancel()
            await asyncio.wait([ordered])
            await confirmed_off(actor, stage)
            await asyncio.sleep(0.25)
            assert stage.ons == 0

    play(scene)


def test_what_is_asked_last_may_keep_on_from_being_sent(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        async with acting(stage) as actor:
            allowed = True

            def check() -> None:
                if not allowed:
                    raise Preempted("Not any more.")

            ordered = await waiting_for_its_moment(actor, check=check)
            allowed = False
            with pytest.raises(Preempted, match="Not any more"):
                await ordered
            assert (stage.ons, actor.told, actor.relay, actor.trouble) == (0, None, Relay.OFF, "")

    play(scene)


def test_on_that_woke_too_late_is_never_sent(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        async with acting(stage) as actor:
            await actor.off()
            moment = now() + 0.1
            ordered = asyncio.ensure_future(actor.on(at=moment, until=moment + 0.2, hard_cap=60.0, tag="7.0"))
            await asyncio.sleep(0.05)
            time.sleep(0.4)  # noqa: ASYNC251 - the whole loop is late
            with pytest.raises(PlugError):
                await ordered
            assert stage.ons == 0

    play(scene)


def test_the_countdown_is_right_for_the_time_that_is_left_when_it_is_sent(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        async with acting(stage) as actor:
            await actor.off()
            moment = now() + 0.1
            ordered = asyncio.ensure_future(actor.on(at=moment, until=moment + 10.5, hard_cap=60.0, tag="7.0"))
            await asyncio.sleep(0.05)
            time.sleep(1.2)  # noqa: ASYNC251 - the whole loop is late
            reading = await ordered
            assert reading.rule is not None
            assert reading.rule.delay == 11
            await actor.off()

    play(scene)
