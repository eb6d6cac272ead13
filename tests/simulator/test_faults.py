"""Each fault, seen from the wire."""

import asyncio
from pathlib import Path

import pytest

from clouds.simulator import CloudSpec, Simulator
from clouds.simulator.faults import FAULTS
from tests.simulator.client import OFF, ON, SYSINFO, arm_and_on, ask_udp, client, codes, with_plug

RULES = {"count_down": {"get_rules": {}}}


def states(sim):
    return [(change["state"], change["reason"]) for change in sim.record()]


def test_a_silent_plug_reads_and_neither_answers_nor_acts():
    async def test(sim, plug, connection):
        sim.fault(plug.name, "silent")
        connection.send(ON)
        await sim.wait_for(plug.name, "on")
        assert await connection.hears_nothing()
        assert not plug.is_on
        assert sim.commands()[0]["acted_at"] is None
        sim.clear(plug.name)
        await connection.ask(ON)
        assert plug.is_on

    with_plug(test)


def test_a_mute_plug_acts_without_a_word():
    async def test(sim, plug, connection):
        sim.fault(plug.name, "mute")
        connection.send(ON)
        await sim.wait_for(plug.name, "relay_on")
        assert await connection.hears_nothing()

    with_plug(test)


@pytest.mark.parametrize(("name", "acts"), [("drops_before", False), ("drops_after", True)])
def test_a_dropped_connection_may_or_may_not_have_acted(name, acts):
    async def test(sim, plug, connection):
        sim.fault(plug.name, name)
        connection.send(ON)
        assert await connection.is_hung_up_on()
        assert plug.is_on == acts

    with_plug(test)


def test_a_plug_that_refuses_hangs_up_and_listens_no_more_until_cleared():
    async def test(sim, plug, connection):
        sim.fault(plug.name, "refuses")
        assert await connection.is_hung_up_on()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(plug.host, plug.port)
        with pytest.raises(TimeoutError):
            await ask_udp((plug.host, plug.port), ON, seconds=0.1)
        assert sim.commands() == []
        sim.clear(plug.name)
        async with client(plug) as other:
            assert codes(await other.ask(SYSINFO)) == {"system.get_sysinfo": 0}

    with_plug(test)


def test_a_slow_plug_acts_late_and_in_order():
    async def test(sim, plug, connection):
        sim.fault(plug.name, "slow", latency=0.1, spread=0.2)
        connection.send(ON, OFF, ON, SYSINFO)
        answers = [await connection.read() for _ in range(4)]
        assert answers[-1]["system"]["get_sysinfo"]["relay_state"] == 1
        assert [state for state, _ in states(sim)] == [1, 0, 1]
        assert all(0.1 <= command["acted_at"] - command["at"] <= 2 for command in sim.commands())

    with_plug(test)


def test_a_slow_plug_acts_also_for_those_who_have_gone():
    async def test(sim, plug, connection):
        sim.fault(plug.name, "slow", latency=0.2)
        connection.send(ON)
        await sim.wait_for(plug.name, "on")
        connection.writer.close()
        assert (await sim.wait_for(plug.name, "relay_on"))["reason"] == "command"

    with_plug(test)


def test_only_the_reply_may_be_slow():
    async def test(sim, plug, connection):
        sim.fault(plug.name, "slow", latency=0.3, acts_first=True)
        connection.send(ON)
        change = await sim.wait_for(plug.name, "relay_on")
        await connection.read()
        assert sim.now() - change["at"] >= 0.29

    with_plug(test)


def test_faults_combine():
    async def test(sim, plug, connection):
        sim.fault(plug.name, "slow", latency=0.1)
        sim.fault(plug.name, "mute")
        connection.send(ON)
        await sim.wait_for(plug.name, "relay_on")
        assert sim.commands()[0]["acted_at"] - sim.commands()[0]["at"] >= 0.1
        assert await connection.hears_nothing()

    with_plug(test)


def test_replies_may_come_in_pieces():
    async def test(sim, plug, connection):
        sim.fault(plug.name, "fragments", pieces=7, pause=0.005)
        connection.send(SYSINFO, ON, SYSINFO)
        first = await connection.reader.read(65536)
        sizes, whole = [len(first)], first
        while len(whole) < 4 or len(whole) < 4 + int.from_bytes(whole[:4], "big"):
            whole += await connection.reader.read(65536)
            sizes.append(len(whole))
        assert len(sizes) > 3

    with_plug(test)


def test_pieces_of_one_reply_are_never_mixed_with_the_next():
    async def test(sim, plug, connection):
        sim.fault(plug.name, "fragments", pieces=5)
        connection.send(ON, SYSINFO, OFF, SYSINFO)
        answers = [await connection.read() for _ in range(4)]
        assert [a["system"]["get_sysinfo"]["relay_state"] for a in answers[1::2]] == [1, 0]

    with_plug(test)


def test_a_frozen_plug_acts_on_everything_once_it_thaws_also_for_those_who_have_gone():
    async def test(sim, plug, connection):
        sim.fault(plug.name, "frozen")
        for request in (ON, ON, OFF, ON):
            async with client(plug) as gone:
                gone.send(request)
                await gone.writer.drain()
        connection.send(OFF, SYSINFO)
        await sim.wait_for(plug.name, "off", since=(await sim.wait_for(plug.name, "off"))["at"])
        assert await connection.hears_nothing()
        assert sim.record() == []
        sim.clear(plug.name)
        assert states(sim) == [(1, "replay"), (0, "replay"), (1, "replay"), (0, "replay")]
        assert all(command["replayed"] for command in sim.commands())
        await connection.read()
        assert (await connection.read())["system"]["get_sysinfo"]["relay_state"] == 0

    with_plug(test)


def test_a_frozen_plug_still_keeps_its_countdown():
    async def test(sim, plug, connection):
        await connection.ask(arm_and_on(1))
        sim.fault(plug.name, "frozen")
        assert (await sim.wait_for(plug.name, "relay_off"))["reason"] == "countdown"

    with_plug(test)


def test_a_freeze_may_end_by_itself():
    async def test(sim, plug, connection):
        sim.fault(plug.name, "frozen", seconds=0.1)
        assert codes(await connection.ask(ON)) == {"system.set_relay_state": 0}
        assert states(sim) == [(1, "replay")]

    with_plug(test)


def test_a_plug_may_forget_the_rules_it_accepts():
    async def test(sim, plug, connection):
        sim.fault(plug.name, "forgets")
        assert set(codes(await connection.ask(arm_and_on(1))).values()) == {0}
        assert (await connection.ask(RULES))["count_down"]["get_rules"]["rule_list"] == []
        assert sim.commands()[0]["armed"] is False

    with_plug(test)


def test_a_plug_may_forget_the_rule_it_had():
    async def test(sim, plug, connection):
        await connection.ask(arm_and_on(60))
        sim.fault(plug.name, "forgets")
        assert (await connection.ask(RULES))["count_down"]["get_rules"]["rule_list"] == []
        assert plug.is_on

    with_plug(test)


def date_of(answer):
    return answer["time"]["get_time"]["year"]


TIME = {"time": {"get_time": {}}}
SET = {"time": {"set_timezone": {"year": 2026, "month": 11, "mday": 22, "hour": 1, "min": 2, "sec": 3, "index": 38}}}


def test_an_unset_clock_says_2000_and_the_countdown_stands_still_until_it_is_set():
    async def test(sim, plug, connection):
        sim.fault(plug.name, "clock_unset")
        assert date_of(await connection.ask(TIME)) == 2000
        await connection.ask(arm_and_on(1))
        assert sim.commands()[0]["armed"] is False
        with pytest.raises(TimeoutError):
            await sim.wait_for(plug.name, "relay_off", timeout=1.2)
        assert codes(await connection.ask(SET)) == {"time.set_timezone": 0}
        assert date_of(await connection.ask(TIME)) == 2026
        assert (await sim.wait_for(plug.name, "relay_off"))["reason"] == "countdown"

    with_plug(test)


def test_a_stuck_clock_cannot_be_set():
    async def test(sim, plug, connection):
        sim.fault(plug.name, "clock_unset", stuck=True)
        assert codes(await connection.ask(SET)) == {"time.set_timezone": 0}
        assert date_of(await connection.ask(TIME)) == 2000
        sim.clear(plug.name)
        assert date_of(await connection.ask(TIME)) > 2000

    with_plug(test)


def test_errors_are_answered_to_on_and_off_still_works():
    async def test(sim, plug, connection):
        sim.press_button(plug.name)
        sim.fault(plug.name, "errors", code=-9)
        assert codes(await connection.ask(ON)) == {"system.set_relay_state": -9}
        assert codes(await connection.ask(OFF)) == {"system.set_relay_state": 0}
        assert not plug.is_on

    with_plug(test)


@pytest.mark.parametrize(("comes_back", "changes"), [("off", [0]), ("on", [0, 1]), ("same", [0, 1])])
def test_a_restart_drops_connections_and_rules_and_comes_back_as_asked(comes_back, changes):
    async def test(sim, plug, connection):
        await connection.ask(arm_and_on(60))
        since = sim.now()
        sim.fault(plug.name, "restart", seconds=0.3, relay=comes_back)
        assert await connection.is_hung_up_on()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(plug.host, plug.port)
        if comes_back != "off":
            await sim.wait_for(plug.name, "relay_on", since=since)
        await until(lambda: plug.door.is_open)
        assert [(c["state"], c["reason"]) for c in sim.record(since)] == [(state, "restart") for state in changes]
        async with client(plug) as other:
            assert (await other.ask(RULES))["count_down"]["get_rules"]["rule_list"] == []

    with_plug(test)


async def until(true, seconds=3.0):
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.005)


def test_a_restart_may_wait_for_the_frame_that_switches_on():
    async def test(sim, plug, connection):
        sim.fault(plug.name, "restart", when="on", seconds=0.05, relay="on", acts=True)
        assert codes(await connection.ask(SYSINFO)) == {"system.get_sysinfo": 0}
        connection.send(arm_and_on())
        assert await connection.is_hung_up_on()
        await until(lambda: plug.door.is_open)
        assert states(sim) == [(1, "command"), (0, "restart"), (1, "restart")]

    with_plug(test)


def test_a_fault_may_begin_with_the_frame_that_switches_off():
    async def test(sim, plug, connection):
        sim.fault(plug.name, "silent", when="off")
        await connection.ask(ON)
        connection.send(OFF, SYSINFO)
        await sim.wait_for(plug.name, "off")
        assert await connection.hears_nothing()
        assert plug.is_on

    with_plug(test)


def test_a_freeze_may_begin_with_the_frame_that_switches_on():
    async def test(sim, plug, connection):
        sim.fault(plug.name, "frozen", when="on")
        connection.send(ON)
        await sim.wait_for(plug.name, "on")
        assert not plug.is_on
        sim.clear(plug.name)
        assert plug.is_on

    with_plug(test)


def test_once_means_one_frame():
    async def test(sim, plug, connection):
        sim.fault(plug.name, "errors", when="on", once=True)
        await connection.ask(SYSINFO)
        assert codes(await connection.ask(ON)) == {"system.set_relay_state": -7}
        assert codes(await connection.ask(ON)) == {"system.set_relay_state": 0}
        assert sim.plugs()[0]["faults"] == []
        sim.fault(plug.name, "drops_after", once=True)
        connection.send(OFF)
        assert await connection.is_hung_up_on()
        async with client(plug) as other:
            assert codes(await other.ask(SYSINFO)) == {"system.get_sysinfo": 0}

    with_plug(test)


def test_a_plug_that_stops_listening_by_a_frame_does_not_act_on_it():
    async def test(sim, plug, connection):
        sim.fault(plug.name, "refuses", when="on", seconds=0.1)
        connection.send(ON)
        assert await connection.is_hung_up_on()
        await until(lambda: plug.door.is_open)
        assert not plug.is_on

    with_plug(test)


def test_a_fault_may_strike_every_plug_at_once():
    async def test():
        async with Simulator([CloudSpec("A"), CloudSpec("B")]) as sim:
            sim.fault("*", "frozen")
            assert [plug["faults"] for plug in sim.plugs()] == [["frozen"], ["frozen"]]
            sim.clear()
            assert [plug["faults"] for plug in sim.plugs()] == [[], []]

    asyncio.run(test())


@pytest.mark.parametrize(
    "nonsense",
    [
        {"name": "tired"},
        {"name": "slow", "lag": 1},
        {"name": "mute", "when": "maybe"},
        {"name": "frozen", "once": True},
    ],
)
def test_nonsense_is_refused(nonsense):
    async def test(sim, plug, connection):
        with pytest.raises(ValueError, match=r"fault|take|lasts"):
            sim.fault(plug.name, **nonsense)

    with_plug(test)


def test_every_fault_has_a_test():
    tested = Path(__file__).read_text()
    assert [name for name in FAULTS if f'"{name}"' not in tested] == []
