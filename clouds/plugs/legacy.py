"""Legacy Kasa plugs (HS1xx, KP1xx …): JSON under an XOR autokey on TCP port 9999.

The module `count_down` is a plug's own timer. python-kasa asks for it by a name that these plugs don't know, so its
frames are made here and sent through python-kasa's protocol. The wire format is described in python-kasa's
`transports/xortransport.py`; the frames were tried on recordings of real devices (docs/design.md).
"""

import asyncio
import contextlib
import json
import re
import socket
import struct
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from kasa import DeviceConfig, KasaException
from kasa.exceptions import TimeoutError as KasaTimeoutError
from kasa.protocols import IotProtocol
from kasa.transports import XorTransport

from clouds import addresses
from clouds.plugs import diagnosis
from clouds.plugs.driver import Address, Reading, Rule
from clouds.plugs.errors import NotAPlug, NoTimer, PlugError, Refused, Stranger, Unreachable

# A plug that has not reached a time server since it got power counts from the year 2000 or 1970.
FIRST_CREDIBLE_YEAR = 2020
# What a plug can count: in 32 bits.
LONGEST_SECONDS = 2**31
LOOK: dict[str, Any] = {"count_down": {"get_rules": {}}, "time": {"get_time": {}}, "system": {"get_sysinfo": {}}}
OFF: dict[str, Any] = {
    "count_down": {"get_rules": {}},
    "time": {"get_time": {}},
    "system": {"set_relay_state": {"state": 0}, "get_sysinfo": {}},
}


class LegacyDriver:
    """A `Driver` for one legacy plug."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._transport: XorTransport | None = None
        self._protocol: IotProtocol | None = None
        self._greeting: Reading | None = None
        self._ready: tuple[int, str, str] = (0, "", "")

    @property
    def is_connected(self) -> bool:
        """Whether a connection stands, as far as this side can tell without asking."""
        transport = self._transport
        if transport is None or transport.writer is None or transport.reader is None:
            return False
        return not transport.reader.at_eof() and not transport.writer.is_closing()

    @property
    def greeting(self) -> Reading | None:
        """What the plug said of itself when the last connection was made."""
        return self._greeting

    async def look(self, *, within: float) -> Reading:
        """What the plug says of itself. One that doesn't know the time is told it."""
        with self._in_our_words():
            async with asyncio.timeout(within):
                reading = self._read(await self._query(LOOK)) if self.is_connected else await self._connect(within)
                if reading.has_timer and not reading.clock_is_set:
                    await self._set_clock()
                    reading = self._read(await self._query(LOOK))
                return reading

    def make_ready(self, *, countdown: int, tag: str) -> None:
        """Put the frame into words that `on` will send."""
        self._ready = (countdown, tag, json.dumps(_on_frame(countdown, tag), separators=(",", ":")))

    async def on(self, *, countdown: int, tag: str, within: float) -> Reading:
        """Arm the countdown and switch on, in one frame."""
        with self._in_our_words():
            async with asyncio.timeout(within):
                if not self.is_connected:
                    await self._connect(within)
        # From here on the plug may have acted, whatever is heard of it.
        with self._in_our_words(may_have_acted=True):
            async with asyncio.timeout(within):
                reply = await self._query(self._on_frame(countdown, tag))
                reading = self._read(reply)
                if error := _error_in(reply, "system", "set_relay_state"):
                    raise Refused(
                        f"The plug at {self._address.host} won't switch on: {error}.", may_have_acted=reading.relay_on
                    )
                return reading

    async def off(self, *, within: float) -> Reading:
        """Switch off."""
        with self._in_our_words(may_have_acted=True):
            async with asyncio.timeout(within):
                if not self.is_connected:
                    await self._connect(within)
                return self._read(await self._query(OFF))

    async def test_timer(self, *, within: float) -> Reading:
        """Arm a countdown without switching on, and take it back."""
        rule = {"enable": 1, "delay": 60, "act": 0, "name": "test"}
        with self._in_our_words():
            async with asyncio.timeout(within):
                if not self.is_connected:
                    await self._connect(within)
                reply = await self._query({"count_down": {"delete_all_rules": {}, "add_rule": rule}})
                if error := _error_in(reply, "count_down", "add_rule"):
                    raise NoTimer(f"The timer of the plug at {self._address.host} takes no orders: {error}.")
                await self._query({"count_down": {"delete_all_rules": {}}})
                return self._read(await self._query(LOOK))

    def abort(self) -> None:
        """Drop the connection at once: the plug's side is told with a reset, and nothing more is delivered."""
        transport, self._transport, self._protocol = self._transport, None, None
        if transport is not None and transport.writer is not None:
            transport.writer.transport.abort()

    async def _connect(self, within: float) -> Reading:
        """Connect anew, and ask who is there before anything is switched."""
        self.abort()
        self._greeting = None
        chosen = await self._find()
        config = DeviceConfig(host=chosen, port_override=self._address.port, timeout=max(1, int(within)))
        self._transport = XorTransport(config=config)
        self._protocol = IotProtocol(transport=self._transport)
        try:
            reply = await self._query(LOOK)
        except KasaException as error:
            if diagnosis.was_refused(error) and await diagnosis.speaks_klap(chosen):
                raise NotAPlug(
                    f"The plug at {self._address.host} answers, but its firmware has moved to the KLAP protocol, which "
                    "Cloudsite doesn't speak yet. Use a plug whose firmware has not been updated."
                ) from error
            raise
        self._greeting = self._read(reply)
        self._reset_when_closed()
        # Whoever answers first is the plug; from now on nobody else is.
        self._address = replace(self._address, mac=self._greeting.mac)
        return self._greeting

    async def _find(self) -> str:
        """The address behind the name. Raises Unreachable when there is none, or one where no plug may be."""
        host = self._address.host
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise Unreachable(f"No device is known by the name “{host}”.") from error
        try:
            return addresses.choose(host, [str(entry[4][0]) for entry in found], simulated=self._address.simulated)
        except addresses.BadAddress as error:
            raise Unreachable(str(error)) from error

    def _reset_when_closed(self) -> None:
        """Whoever closes the connection, python-kasa on a timeout too, leaves nothing that is delivered later."""
        if self._transport is not None and self._transport.writer is not None:
            plain = self._transport.writer.get_extra_info("socket")
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    async def _query(self, frame: dict[str, Any] | str) -> dict[str, Any]:
        if self._protocol is None:
            raise Unreachable(f"The plug at {self._address.host} was let go of.")
        # python-kasa's own retries would switch a pump on long after its time.
        return await self._protocol.query(frame, retry_count=0)

    async def _set_clock(self) -> None:
        zone = await self._query({"time": {"get_timezone": {}}})
        now = datetime.now(UTC)
        setting = {
            "index": zone.get("time", {}).get("get_timezone", {}).get("index", 39),
            "year": now.year, "month": now.month, "mday": now.day,
            "hour": now.hour, "min": now.minute, "sec": now.second,
        }  # fmt: skip
        await self._query({"time": {"set_timezone": setting}})

    def _on_frame(self, countdown: int, tag: str) -> str:
        if self._ready[:2] != (countdown, tag):
            self.make_ready(countdown=countdown, tag=tag)
        return self._ready[2]

    def _read(self, reply: dict[str, Any]) -> Reading:
        """What the plug said. Raises NotAPlug or Stranger."""
        try:
            info = reply["system"]["get_sysinfo"]
            mac = _mac_in(info)
            reading = Reading(
                relay_on=bool(_whole(info["relay_state"], 1)),
                on_seconds=_whole(info.get("on_time", 0), LONGEST_SECONDS),
                mac=mac,
                model=_plain(info.get("model", ""))[:40],
                has_timer=not _error_in(reply, "count_down", "get_rules"),
                clock_is_set=int(reply.get("time", {}).get("get_time", {}).get("year", 0)) >= FIRST_CREDIBLE_YEAR,
                rule=_rule_in(reply),
            )
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise NotAPlug(f"What answers at {self._address.host} is not a Kasa plug.") from error
        if self._address.mac and mac != self._address.mac:
            raise Stranger(
                f"Another device answers at {self._address.host}: {mac}, not {self._address.mac}. "
                "Correct its address, or clear its MAC address if the plug was replaced."
            )
        return reading

    @contextlib.contextmanager
    def _in_our_words(self, *, may_have_acted: bool = False) -> Any:
        """Turn every error of the library into one of ours, and leave no connection behind in doubt."""
        host = self._address.host
        try:
            yield
        except Refused:
            raise
        except PlugError as error:
            self.abort()
            error.may_have_acted = may_have_acted
            raise
        except (TimeoutError, KasaTimeoutError) as error:
            self.abort()
            raise Unreachable(f"The plug at {host} does not answer in time.", may_have_acted=may_have_acted) from error
        except (KasaException, OSError) as error:
            self.abort()
            raise Unreachable(
                f"The plug at {host} can't be reached: {diagnosis.words_for(error)}.", may_have_acted=may_have_acted
            ) from error
        except Exception as error:
            self.abort()
            raise NotAPlug(f"What answers at {host} can't be understood.", may_have_acted=may_have_acted) from error
        except asyncio.CancelledError:
            self.abort()
            raise


def _on_frame(countdown: int, tag: str) -> dict[str, Any]:
    # A plug holds one rule only, so the old one goes first; modules are served in the order of the frame.
    rule = {"enable": 1, "delay": countdown, "act": 0, "name": tag}
    return {
        "count_down": {"delete_all_rules": {}, "add_rule": rule, "get_rules": {}},
        "time": {"get_time": {}},
        "system": {"set_relay_state": {"state": 1}, "get_sysinfo": {}},
    }


def _error_in(reply: dict[str, Any], module: str, command: str) -> str:
    """What the plug says is wrong with this part of a reply; "" when nothing is."""
    part = reply.get(module)
    answer = part.get(command, part) if isinstance(part, dict) else None
    if not isinstance(answer, dict):
        return "it gave no answer"
    code = answer.get("err_code", 0)
    return "" if code == 0 else _plain(f"{answer.get('err_msg', 'error')} ({code})")[:80]


def _mac_in(info: dict[str, Any]) -> str:
    """The MAC address, written as everywhere else; devices write it with colons, with dashes or with neither."""
    digits = re.sub("[:-]", "", str(info.get("mac") or info["mic_mac"])).upper()
    if not re.fullmatch("[0-9A-F]{12}", digits):
        raise ValueError(digits)
    return ":".join(digits[place : place + 2] for place in range(0, 12, 2))


def _whole(number: Any, most: int) -> int:
    """A whole number from 0 to `most`. Raises ValueError: what says anything else is no plug."""
    if not 0 <= (whole := int(number)) <= most:
        raise ValueError(number)
    return whole


def _plain(words: object) -> str:
    """What a device says, as it can be written and shown."""
    return "".join(character for character in str(words) if character.isprintable())


def _rule_in(reply: dict[str, Any]) -> Rule | None:
    rules = reply.get("count_down", {}).get("get_rules", {}).get("rule_list") or []
    if not rules:
        return None
    rule = rules[0]
    return Rule(
        tag=str(rule.get("name", "")),
        enabled=bool(_whole(rule["enable"], 1)),
        delay=_whole(rule["delay"], LONGEST_SECONDS),
        remain=_whole(rule.get("remain", 0), LONGEST_SECONDS),
    )
