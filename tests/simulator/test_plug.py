"""What a plug answers, frame by frame."""

import asyncio
import json
from pathlib import Path

import pytest

from clouds.simulator import CloudSpec, Simulator
from tests.simulator.client import OFF, ON, SYSINFO, arm_and_on, ask_udp, client, codes, with_plug

RECORDED = Path(__file__).parents[2].parent / "shared" / "fixtures" / "kasa"
UNSUPPORTED_MODULE = {"err_code": -1, "err_msg": "module not support"}


async def relay(connection):
    return (await connection.ask(SYSINFO))["system"]["get_sysinfo"]["relay_state"]


@pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded devices are not here")
@pytest.mark.parametrize(
    ("model", "recording"), [("HS103", "HS103(US)_2.1_1.1.4.json"), ("HS110", "HS110(EU)_1.0_1.2.5.json")]
)
def test_answers_have_the_keys_and_types_of_a_real_device(model, recording):
    real = json.loads((RECORDED / recording).read_text())

    async def test(sim, plug, connection):
        answer = await connection.ask({module: dict.fromkeys(members) for module, members in real.items()})
        for module, members in real.items():
            for member, reply in members.items():
                kinds = {key: type(value) for key, value in reply.items()}
                assert {key: type(value) for key, value in answer[module][member].items()} == kinds
        for key in ("model", "hw_ver", "sw_ver", "feature", "dev_name"):
            assert answer["system"]["get_sysinfo"][key] == real["system"]["get_sysinfo"][key]

    with_plug(test, model=model)


@pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded devices are not here")
def test_an_hs103_lacks_the_modules_that_a_real_one_lacks():
    real = json.loads((RECORDED / "HS103(US)_2.1_1.1.2.json").read_text())
    lacking = {module: reply for module, reply in real.items() if module != "system"}

    async def test(sim, plug, connection):
        assert lacking
        assert await connection.ask({module: {"get_realtime": {}} for module in lacking}) == lacking

    with_plug(test)


def test_the_relay_does_what_it_is_told_and_counts_its_seconds():
    async def test(sim, plug, connection):
        assert codes(await connection.ask(ON)) == {"system.set_relay_state": 0}
        plug.firmware._since -= 7
        sysinfo = (await connection.ask(SYSINFO))["system"]["get_sysinfo"]
        assert (sysinfo["relay_state"], sysinfo["on_time"]) == (1, 7)
        await connection.ask(OFF)
        sysinfo = (await connection.ask(SYSINFO))["system"]["get_sysinfo"]
        assert (sysinfo["relay_state"], sysinfo["on_time"]) == (0, 0)

    with_plug(test)


def test_a_command_that_changes_nothing_is_no_change():
    async def test(sim, plug, connection):
        for request in (OFF, ON, ON, OFF, OFF):
            await connection.ask(request)
        assert [(change["state"], change["reason"]) for change in sim.record()] == [(1, "command"), (0, "command")]
        assert [command["state"] for command in sim.commands()] == [0, 1, 1, 0, 0]

    with_plug(test)


def test_modules_and_members_act_in_the_order_in_which_they_stand():
    async def test(sim, plug, connection):
        first = await connection.ask({"system": {"get_sysinfo": {}, "set_relay_state": {"state": 1}}})
        assert first["system"]["get_sysinfo"]["relay_state"] == 0
        second = await connection.ask({"system": {"set_relay_state": {"state": 0}, "get_sysinfo": {}}})
        assert second["system"]["get_sysinfo"]["relay_state"] == 0
        unarmed = {"system": {"set_relay_state": {"state": 1}}, "count_down": arm_and_on()["count_down"]}
        await connection.ask(unarmed)
        await connection.ask(OFF)
        await connection.ask({"count_down": {"delete_all_rules": {}}})
        await connection.ask(arm_and_on())
        assert [command["own"] for command in sim.commands() if command["state"] == 1] == [False, False, True]

    with_plug(test)


@pytest.mark.parametrize(
    ("request_", "module", "member", "code"),
    [
        ({"nonsense": {"get": {}}}, "nonsense", None, -1),
        ({"emeter": {"get_realtime": {}}}, "emeter", None, -1),
        ({"system": {"nonsense": {}}}, "system", "nonsense", -2),
        ({"system": {"set_relay_state": {}}}, "system", "set_relay_state", -3),
        ({"system": {"set_relay_state": {"state": 2}}}, "system", "set_relay_state", -3),
        ({"system": {"set_relay_state": {"state": True}}}, "system", "set_relay_state", -3),
        ({"system": {"set_relay_state": 1}}, "system", "set_relay_state", -3),
        ({"system": {"set_dev_alias": {"alias": ""}}}, "system", "set_dev_alias", -3),
        ({"system": 1}, "system", None, -3),
        ({"count_down": {"add_rule": {"enable": 1, "delay": 1.5, "act": 0}}}, "count_down", "add_rule", -3),
        ({"count_down": {"delete_rule": {"id": "nobody"}}}, "count_down", "delete_rule", -14),
        ({"time": {"set_timezone": {"year": 2026, "month": 13}}}, "time", "set_timezone", -3),
    ],
)
def test_nonsense_has_the_error_code_of_real_plugs(request_, module, member, code):
    async def test(sim, plug, connection):
        answer = (await connection.ask(request_))[module]
        assert (answer[member] if member else answer)["err_code"] == code

    with_plug(test)


def test_a_plug_has_no_children_whatever_the_context_says():
    async def test(sim, plug, connection):
        assert codes(await connection.ask({"context": {"child_ids": ["x"]}} | ON)) == {"system.set_relay_state": 0}
        assert plug.is_on

    with_plug(test)


def test_null_is_as_good_as_no_arguments():
    async def test(sim, plug, connection):
        assert codes(await connection.ask({"system": {"get_sysinfo": None}})) == {"system.get_sysinfo": 0}

    with_plug(test)


def test_what_is_no_message_is_ignored_and_what_is_no_frame_hung_up_on():
    async def test(sim, plug, connection):
        connection.send([1, 2], SYSINFO)
        assert "system" in await connection.read()
        connection.writer.write(b"GET / HTTP/1.1\r\n\r\n")
        assert await connection.is_hung_up_on()

    with_plug(test)


def test_one_connection_carries_several_requests_and_several_connections_one_plug():
    async def test(sim, plug, connection):
        connection.send(ON, SYSINFO, OFF, SYSINFO)
        async with client(plug) as other:
            assert codes(await other.ask(SYSINFO)) == {"system.get_sysinfo": 0}
        answers = [await connection.read() for _ in range(4)]
        assert [a["system"]["get_sysinfo"]["relay_state"] for a in answers[1::2]] == [1, 0]

    with_plug(test)


def test_datagrams_are_frames_without_a_length():
    async def test(sim, plug, connection):
        answer = await ask_udp((plug.host, plug.port), SYSINFO)
        assert answer["system"]["get_sysinfo"]["mac"] == plug.mac
        await ask_udp((plug.host, plug.port), ON)
        assert plug.is_on

    with_plug(test)


def test_alias_and_led_are_kept():
    async def test(sim, plug, connection):
        await connection.ask({"system": {"set_dev_alias": {"alias": "Nimbus"}, "set_led_off": {"off": 1}}})
        sysinfo = (await connection.ask(SYSINFO))["system"]["get_sysinfo"]
        assert (sysinfo["alias"], sysinfo["led_off"], plug.alias) == ("Nimbus", 1, "Nimbus")

    with_plug(test)


def test_an_hs110_measures_what_the_pump_draws():
    async def test(sim, plug, connection):
        realtime = {"emeter": {"get_realtime": {}}}
        assert (await connection.ask(realtime))["emeter"]["get_realtime"]["power"] == 0
        await connection.ask(ON)
        reading = (await connection.ask(realtime))["emeter"]["get_realtime"]
        assert reading["power"] == pytest.approx(reading["voltage"] * reading["current"])
        assert reading["power"] > 1

    with_plug(test, model="HS110")


def test_the_countdown_switches_off_after_whole_seconds_and_its_rule_stays_as_expired():
    async def test(sim, plug, connection):
        answer = await connection.ask(arm_and_on(1))
        assert set(codes(answer).values()) == {0}
        (rule,) = (await connection.ask({"count_down": {"get_rules": {}}}))["count_down"]["get_rules"]["rule_list"]
        assert rule | {"id": ""} == {"id": "", "name": "failsafe", "enable": 1, "delay": 1, "act": 0, "remain": 1}
        fired = await sim.wait_for(plug.name, "relay_off")
        on, off = sim.record()
        assert fired == off
        assert off["reason"] == "countdown"
        assert 0.99 <= off["at"] - on["at"] < 2
        (rule,) = (await connection.ask({"count_down": {"get_rules": {}}}))["count_down"]["get_rules"]["rule_list"]
        assert (rule["enable"], rule["remain"]) == (0, 0)

    with_plug(test)


def test_a_second_rule_finds_the_table_full_also_when_the_first_has_expired():
    async def test(sim, plug, connection):
        add = {"count_down": {"add_rule": {"enable": 1, "delay": 1, "act": 1, "name": "on"}}}
        await connection.ask(add)
        full = {"count_down": {"add_rule": {"err_code": -10, "err_msg": "table is full"}}}
        assert await connection.ask(add) == full
        await sim.wait_for(plug.name, "relay_on")
        assert await connection.ask(add) == full

    with_plug(test)


def test_rules_can_be_edited_and_deleted():
    async def test(sim, plug, connection):
        rule = {"enable": 1, "delay": 60, "act": 0, "name": "a"}
        identifier = (await connection.ask({"count_down": {"add_rule": rule}}))["count_down"]["add_rule"]["id"]
        edited = {"id": identifier, "enable": 1, "delay": 90, "act": 0, "name": "b"}
        assert codes(await connection.ask({"count_down": {"edit_rule": edited}})) == {"count_down.edit_rule": 0}
        assert plug.firmware.countdown.running.delay == 90
        await connection.ask({"count_down": {"delete_rule": {"id": identifier}}})
        assert await connection.ask({"count_down": {"get_rules": {}}}) == {
            "count_down": {"get_rules": {"err_code": 0, "rule_list": []}}
        }

    with_plug(test)


def test_commands_say_whether_a_countdown_of_their_own_stood_behind_them():
    async def test(sim, plug, connection):
        await connection.ask(ON)
        await connection.ask(arm_and_on(60))
        await connection.ask(ON)
        seen = [(command["armed"], command["own"], command["delay"]) for command in sim.commands()]
        assert seen == [(False, False, None), (True, True, 60), (True, False, 60)]

    with_plug(test)


def test_a_reboot_answers_first_and_gives_the_relay_back():
    async def test(sim, plug, connection):
        await connection.ask(arm_and_on())
        assert codes(await connection.ask({"system": {"reboot": {"delay": 0}}})) == {"system.reboot": 0}
        assert await connection.is_hung_up_on()
        since = (await sim.wait_for(plug.name, "relay_off"))["at"]
        assert (await sim.wait_for(plug.name, "relay_on", since=since))["reason"] == "restart"
        assert plug.firmware.countdown.rule is None

    with_plug(test)


def test_the_button_switches_without_anybody_asking():
    async def test(sim, plug, connection):
        sim.press_button(plug.name)
        assert await relay(connection) == 1
        sim.press_button(plug.name)
        assert [change["reason"] for change in sim.record()] == ["button", "button"]

    with_plug(test)


def test_names_alone_decide_who_a_plug_is():
    async def identities():
        async with Simulator([CloudSpec("A", vent_seconds=30), CloudSpec("B")]) as sim:
            return [(plug["name"], plug["mac"], sim.plug(plug["name"]).identity.device_id) for plug in sim.plugs()]

    first, second = asyncio.run(identities()), asyncio.run(identities())
    assert first == second
    assert len({mac for _, mac, _ in first}) == len({device for *_, device in first}) == 3


def test_both_plugs_work_on_one_balloon():
    async def test():
        async with Simulator([CloudSpec("Big", fill_seconds=0.2, vent_seconds=1e9, half_life_seconds=1e9)]) as sim:
            cloud = sim.clouds[0]
            sim.set_fill("Big", 0.9)
            sim.press_button(cloud.deflate.name)
            assert sim.balloon("Big")["deflating"]
            sim.press_button(cloud.inflate.name)
            on = sim.record()[-1]["at"]
            burst = await sim.wait_for("Big/inflate", "burst")
            assert burst["at"] - on == pytest.approx(0.2 * 0.12, abs=1e-3)
            assert sim.balloon("Big")["fill"] == 0
            sim.new_balloon("Big")
            assert not sim.balloon("Big")["burst"]

    asyncio.run(test())


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "example.org"])  # noqa: S104 - refused
def test_plugs_listen_on_this_machine_only(host):
    with pytest.raises(ValueError, match="this machine only"):
        Simulator([CloudSpec("Big", host=host)])


def test_two_clouds_need_two_names():
    with pytest.raises(ValueError, match="same name"):
        Simulator([CloudSpec("Big"), CloudSpec("Big")])
