"""The driver for legacy plugs, before what is none, or is not where it may be, or is not what it was."""

import asyncio
import json
import socket
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clouds import addresses
from clouds.plugs import Address, Driver, NotAPlug, PlugError, Reading, Stranger, Unreachable, actor_for, driver_for
from clouds.plugs import diagnosis as klap
from clouds.simulator import CloudSpec, Simulator, wire
from tests.plugs import impostor
from tests.plugs.conftest import Play
from tests.plugs.impostor import Answer
from tests.plugs.stage import SimulatedStage, cleanly, until

PATIENCE = 5.0
INFO = {"model": "HS103(US)", "mac": "50:C7:BF:00:00:01", "relay_state": 0, "on_time": 0}
REPLY = {
    "count_down": {"get_rules": {"rule_list": [], "err_code": 0}},
    "time": {"get_time": {"year": 2026, "month": 11, "mday": 22, "hour": 1, "min": 2, "sec": 3, "err_code": 0}},
    "system": {"get_sysinfo": INFO},
}
# Words that only a programmer understands.
LEAKS = ["Error", "Exception", "Traceback", "[Errno", "kasa", "asyncio", "bytes", "None", "0x"]


def before(answer: Answer, scene: Callable[[Driver], Awaitable[Any]], **said: Any) -> Any:
    """What comes of a scene that a driver plays before somebody who answers like this."""
    came: list[Any] = []

    async def play() -> set[asyncio.Task[object]]:
        async with impostor.listening(answer) as port, asyncio.timeout(20):
            driver = driver_for(Address("127.0.0.1", port, simulated=True, **said))
            came.append(await scene(driver))
            driver.abort()
            await asyncio.sleep(0)
        return asyncio.all_tasks() - {asyncio.current_task()}  # type: ignore[arg-type]

    cleanly(play())
    return came[0]


def reply(**info: Any) -> bytes:
    """A reply of a plug that says this of itself."""
    return wire.encode({**REPLY, "system": {"get_sysinfo": INFO | info}})


async def every_verb(driver: Driver) -> list[str]:
    """How each verb fails."""
    sentences = []
    for ask in [
        lambda: driver.look(within=0.3),
        lambda: driver.on(countdown=60, tag="7.0", within=0.3),
        lambda: driver.off(within=0.3),
        lambda: driver.test_timer(within=0.3),
    ]:
        with pytest.raises(PlugError) as caught:
            await ask()
        sentences.append(str(caught.value))
        assert not driver.is_connected
    return sentences


@pytest.mark.parametrize(
    "impostor_is",
    [
        impostor.hangs_up,
        impostor.speaks_http,
        impostor.writes(b"SSH-2.0-OpenSSH_9.2\r\n"),
        impostor.writes(b"\x00\x00\x00\x05hello"),
        impostor.writes(b"\xff\xff\xff\xff"),
        impostor.writes(b"\x00\x00\x00\x00"),
        impostor.says(wire.scramble(b"{}")),
        impostor.says(wire.scramble(b"[]")),
        impostor.says(wire.scramble(b"null")),
        impostor.says(wire.scramble(b"7")),
        impostor.says(wire.scramble(b"[" * 100_000)),
        impostor.says(wire.scramble(b"\xff\xfe")),
        impostor.says(wire.encode({"system": {"get_sysinfo": {"err_code": -1, "err_msg": "module not support"}}})),
    ],
)
def test_what_is_no_plug_is_told_in_a_sentence(impostor_is: Answer) -> None:
    for sentence in before(impostor_is, every_verb):
        assert sentence.endswith(".")
        assert "127.0.0.1" in sentence
        assert not [leak for leak in LEAKS if leak in sentence]


def test_nobody_at_the_address_is_told_in_a_sentence() -> None:
    async def scene() -> set[asyncio.Task[object]]:
        with socket.socket() as held:  # bound and not listening: connections are refused
            held.bind(("127.0.0.1", 0))
            driver = driver_for(Address("127.0.0.1", held.getsockname()[1], simulated=True))
            for sentence in await every_verb(driver):
                assert sentence == "The plug at 127.0.0.1 can't be reached: connection refused."
        return set()

    cleanly(scene())


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just(10**400),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
PLACES = [
    (),
    ("system",),
    ("system", "get_sysinfo"),
    *(("system", "get_sysinfo", key) for key in INFO),
    ("system", "set_relay_state"),
    ("count_down",),
    ("count_down", "get_rules"),
    ("count_down", "get_rules", "rule_list"),
    ("count_down", "get_rules", "rule_list", 0),
    *(("count_down", "get_rules", "rule_list", 0, key) for key in ("name", "enable", "delay", "remain", "act")),
    ("count_down", "add_rule"),
    ("time",),
    ("time", "get_time"),
    ("time", "get_time", "year"),
    ("time", "get_timezone"),
]


@st.composite
def replies(draw: st.DrawFn) -> Any:
    """Nearly what a plug says: anything in some of the places, something left out in others."""
    rule = {"id": "1", "name": "7.0", "enable": 1, "delay": 60, "remain": 59, "act": 0}
    said = json.loads(json.dumps(REPLY))
    said["count_down"]["get_rules"]["rule_list"] = [rule]
    said["count_down"]["add_rule"] = said["system"]["set_relay_state"] = {"err_code": 0}
    for place in draw(st.lists(st.sampled_from(PLACES), max_size=3)):
        said = _put(said, place, draw(anything | st.just(...)))
    return said


def _put(said: Any, place: tuple[Any, ...], what: Any) -> Any:
    if not place:
        return {} if what is ... else what
    key, *deeper = place
    try:
        if what is ... and not deeper:
            del said[key]
        else:
            said[key] = _put(said[key] if deeper else None, tuple(deeper), what)
    except (KeyError, IndexError, TypeError):
        pass  # what was to hold it is gone already
    return said


class Canned:
    """Stands where python-kasa's protocol does, and always gives the same reply."""

    def __init__(self, said: Any) -> None:
        self.said = said

    async def query(self, frame: object, retry_count: int) -> Any:
        return self.said


@settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=150)
@given(replies() | anything, st.sampled_from(["look", "on", "off", "test_timer"]))
def test_whatever_a_device_says_is_a_reading_or_a_sentence(said: Any, verb: str) -> None:
    async def scene() -> None:
        driver: Any = driver_for(Address("127.0.0.1", 9999, simulated=True))

        async def connect(within: float) -> Reading:
            driver._protocol = Canned(said)
            reading: Reading = driver._read(said)
            return reading

        driver._connect = connect
        extra = {"countdown": 60, "tag": "7.0"} if verb == "on" else {}
        try:
            answers.append(await getattr(driver, verb)(within=1.0, **extra))
        except PlugError as error:
            answers.append(error)

    answers: list[Reading | PlugError] = []
    asyncio.run(scene())
    (answer,) = answers
    # Whatever is kept of it can be kept, in any database.
    if isinstance(answer, Reading):
        assert (len(answer.mac), len(answer.model) <= 40) == (17, True)
        assert answer.model.isprintable()
        assert 0 <= answer.on_seconds <= 2**31
    else:
        assert str(answer).endswith(".")
        assert str(answer).isprintable()


@pytest.mark.parametrize("mac", ["50:C7:BF:00:00:01", "50-C7-BF-00-00-01", "50c7bf000001"])
@pytest.mark.parametrize("key", ["mac", "mic_mac"])
def test_a_mac_address_is_the_same_however_it_is_written(mac: str, key: str) -> None:
    said = wire.encode({**REPLY, "system": {"get_sysinfo": {"relay_state": 0, "model": "HS103", key: mac}}})
    reading = before(impostor.says(said), lambda driver: driver.look(within=PATIENCE), mac="50:C7:BF:00:00:01")
    assert reading.mac == "50:C7:BF:00:00:01"


@pytest.mark.parametrize("mac", ["", "here", "50:C7:BF:00:00", "50:C7:BF:00:00:01:02" * 10, None, 7])
def test_what_has_no_mac_address_is_no_plug(mac: object) -> None:
    async def scene(driver: Driver) -> None:
        with pytest.raises(NotAPlug):
            await driver.off(within=PATIENCE)

    before(impostor.says(reply(mac=mac)), scene)


@pytest.mark.parametrize(
    ("said", "kept"),
    [("HS103(US)", "HS103(US)"), ("HS\x00103\n", "HS103"), ("x" * 1000, "x" * 40), (None, "None"), (7, "7")],
)
def test_a_model_of_any_name_can_be_written_down(said: object, kept: str) -> None:
    reading = before(impostor.says(reply(model=said)), lambda driver: driver.look(within=PATIENCE))
    assert reading.model == kept


@pytest.mark.parametrize("state", [None, "off", 2, -1, [], {}, ""])
def test_only_a_relay_that_says_0_is_off(state: object) -> None:
    async def scene(driver: Driver) -> None:
        with pytest.raises(NotAPlug):
            await driver.off(within=PATIENCE)

    before(impostor.says(reply(relay_state=state)), scene)


def test_a_stranger_is_asked_who_it_is_and_hears_nothing_else() -> None:
    heard: list[Any] = []

    async def listens(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            heard.append(await impostor.read_frame(reader))
            body = reply(relay_state=1)
            writer.write(len(body).to_bytes(4, "big") + body)

    async def scene(driver: Driver) -> None:
        for ask in [driver.off(within=PATIENCE), driver.on(countdown=60, tag="7.0", within=PATIENCE)]:
            with pytest.raises(Stranger, match="50:C7:BF:00:00:01, not 50:C7:BF:99:99:99"):
                await ask

    before(listens, scene, mac="50:C7:BF:99:99:99")
    assert len(heard) == 2
    assert not any("set_relay_state" in frame["system"] or "add_rule" in frame["count_down"] for frame in heard)


def test_what_was_sent_and_not_answered_in_time_is_taken_back_with_a_reset() -> None:
    ends: list[object] = []

    async def freezes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await impostor.read_frame(reader)
        body = reply()
        writer.write(len(body).to_bytes(4, "big") + body)
        await impostor.read_frame(reader)
        try:
            ends.append(await reader.read(1))
        except ConnectionResetError as error:
            ends.append(type(error))

    async def scene(driver: Driver) -> None:
        with pytest.raises(Unreachable):
            await driver.on(countdown=60, tag="7.0", within=0.2)
        await until(lambda: ends, "the other side notices")

    before(freezes, scene)
    assert ends == [ConnectionResetError]


@pytest.mark.parametrize("verb", ["look", "on", "off"])
def test_a_plug_with_new_firmware_is_told_in_a_sentence(verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> set[asyncio.Task[object]]:
        async with impostor.listening(impostor.speaks_klap) as port:
            monkeypatch.setattr(klap, "KLAP_PORT", port)
            with socket.socket() as held:
                held.bind(("127.0.0.1", 0))
                driver = driver_for(Address("127.0.0.1", held.getsockname()[1], simulated=True))
                extra = {"countdown": 60, "tag": "7.0"} if verb == "on" else {}
                with pytest.raises(NotAPlug, match="has moved to the KLAP protocol"):
                    await getattr(driver, verb)(within=PATIENCE, **extra)
        return set()

    cleanly(scene())


def test_a_curator_is_told_of_new_firmware_although_nobody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> set[asyncio.Task[object]]:
        async with impostor.listening(impostor.speaks_klap) as port:
            monkeypatch.setattr(klap, "KLAP_PORT", port)
            with socket.socket() as held:
                held.bind(("127.0.0.1", 0))
                actor = actor_for(Address("127.0.0.1", held.getsockname()[1], simulated=True))
                actor.switch_off()
                await until(lambda: "KLAP" in actor.trouble, "the trouble is known")
                await actor.close()
        return set()

    cleanly(scene())


@pytest.mark.parametrize("other", [impostor.speaks_http, impostor.hangs_up, impostor.writes(b"\0" * 100_000)])
def test_not_everything_with_a_web_page_is_a_plug_with_new_firmware(
    other: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(klap, "PROBE_SECONDS", 0.2)

    async def scene() -> set[asyncio.Task[object]]:
        async with impostor.listening(other) as port:
            monkeypatch.setattr(klap, "KLAP_PORT", port)
            assert not await klap.speaks_klap("127.0.0.1")
        return set()

    cleanly(scene())


@pytest.mark.parametrize("where", ["127.0.0.1", "169.254.169.254", "8.8.8.8", "224.0.0.1", "0.0.0.0"])  # noqa: S104
def test_a_name_that_leads_elsewhere_when_it_is_connected_to_is_refused(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene() -> set[asyncio.Task[object]]:
        async def getaddrinfo(*_: object, **__: object) -> list[Any]:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (where, 0))]

        async def never(*_: object, **__: object) -> None:
            raise AssertionError("It was connected to")

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
        monkeypatch.setattr(asyncio, "open_connection", never)
        driver = driver_for(Address("plug.example", 9999))
        for sentence in await every_verb(driver):
            assert sentence.startswith(f"plug.example ({where}) is not on a local network")
        return set()

    cleanly(scene())


def test_the_address_that_was_checked_is_the_one_that_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    connected: list[str] = []

    async def scene() -> set[asyncio.Task[object]]:
        found = iter(["192.168.1.20", "8.8.8.8", "8.8.8.8"])

        async def getaddrinfo(*_: object, **__: object) -> list[Any]:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(found), 0))]

        async def open_connection(host: str, port: int) -> None:
            connected.append(host)
            raise ConnectionRefusedError

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
        monkeypatch.setattr(asyncio, "open_connection", open_connection)
        with pytest.raises(Unreachable):
            await driver_for(Address("plug.example", 9999)).look(within=PATIENCE)
        return set()

    cleanly(scene())
    assert connected == ["192.168.1.20"] * 2  # where a plug listens, and where one with new firmware would


@pytest.mark.parametrize("host", ["no.such.host.invalid", "a" * 64 + ".example", "", "..", "http://x/"])
def test_a_name_that_is_nobodys_is_told_in_a_sentence(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(host: str, *_: object, **__: object) -> None:
        host.encode("idna")
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)

    async def scene() -> set[asyncio.Task[object]]:
        for sentence in await every_verb(driver_for(Address(host, 9999))):
            assert sentence == f"No device is known by the name “{host}”."
        return set()

    cleanly(scene())


def test_a_name_service_that_is_slow_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> set[asyncio.Task[object]]:
        async def getaddrinfo(*_: object, **__: object) -> list[Any]:
            await asyncio.sleep(3600)
            return []

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
        for sentence in await every_verb(driver_for(Address("plug.example", 9999))):
            assert sentence == "The plug at plug.example does not answer in time."
        return set()

    begin = time.monotonic()
    cleanly(scene())
    assert time.monotonic() - begin < PATIENCE


def test_real_plugs_are_not_looked_for_on_this_machine() -> None:
    with pytest.raises(addresses.BadAddress):
        addresses.choose("plug.example", ["192.168.1.20", "127.0.0.1"], simulated=False)


def test_a_hundred_plugs_are_closed_without_a_trace(play_simulated: Play) -> None:
    async def scene(stage: SimulatedStage) -> None:
        async with Simulator([CloudSpec(f"C{number}") for number in range(100)]) as simulator:
            actors = [actor_for(Address(plug["host"], plug["port"], simulated=True)) for plug in simulator.plugs()]
            await asyncio.gather(*(actor.off() for actor in actors))
            await asyncio.gather(*(actor.close() for actor in actors))

    play_simulated(scene)
