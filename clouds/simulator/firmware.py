"""The brain of a plug: what it answers and what its relay does. It knows nothing of sockets, faults or balloons."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from clouds.simulator import clock
from clouds.simulator.countdown import Countdown
from clouds.simulator.deviceclock import DeviceClock
from clouds.simulator.emeter import Emeter
from clouds.simulator.errors import (
    MEMBER_NOT_SUPPORT,
    MODULE_NOT_SUPPORT,
    RefusalError,
    integer,
    invalid_argument,
    text,
)
from clouds.simulator.identity import Identity
from clouds.simulator.wire import Json

Member = Callable[[Json], Json]
MAX_ALIAS = 31


@dataclass(slots=True)
class Handling:
    """How one frame is carried out: why the relay changes, what is refused, whom to tell that a command was obeyed."""

    reason: str = "command"
    refused: dict[int, int] = field(default_factory=dict)
    acted: Callable[[int], None] = lambda state: None
    number: int = 0


class Firmware:
    """Executes the modules of a frame in the order in which they stand in it, and the members of a module likewise.

    `relay_changed(at, state, reason)` is called at every change; setting the relay to what it is already is none.
    """

    def __init__(
        self,
        identity: Identity,
        relay_changed: Callable[[float, int, str], None],
        reboot: Callable[[float], None],
    ) -> None:
        self.relay = 0
        self.countdown = Countdown(lambda act: self.set_relay(act, "countdown"))
        self.clock = DeviceClock(self.countdown.stand_still)
        self._since = 0.0
        self._sysinfo = identity.sysinfo()
        self._relay_changed = relay_changed
        self._reboot = reboot
        self._emeter = Emeter() if "ENE" in self._sysinfo["feature"] else None
        self._handling = Handling()
        self._frames = 0
        self._modules = self._table()

    @property
    def alias(self) -> str:
        """What people call it."""
        return str(self._sysinfo["alias"])

    def set_relay(self, state: int, reason: str) -> None:
        """The relay is like this from now on."""
        if state == self.relay:
            return
        at = clock.now()
        if self._emeter:
            self._emeter.switched(at, state)
        self.relay, self._since = state, at
        self._relay_changed(at, state, reason)

    def execute(self, request: Json, handling: Handling) -> Json:
        """The answer to one frame. A plug has no children, so a `context` means nothing to it."""
        self._frames += 1
        handling.number = self._frames
        self._handling = handling
        return {name: self._module(name, members) for name, members in request.items() if name != "context"}

    def _module(self, name: str, members: Any) -> Json:
        known = self._modules.get(name)
        if known is None:
            return MODULE_NOT_SUPPORT
        if not isinstance(members, dict):
            return invalid_argument().answer
        return {member: _answer(known.get(member), arguments) for member, arguments in members.items()}

    def _table(self) -> dict[str, dict[str, Member]]:
        rules: dict[str, Member] = {"get_rules": _no_rules, "get_next_action": lambda _: {"type": -1}}
        usage: dict[str, Member] = {
            "get_daystat": lambda _: {"day_list": []},
            "get_monthstat": lambda _: {"month_list": []},
        }
        table: dict[str, dict[str, Member]] = {
            "system": {
                "get_sysinfo": self._get_sysinfo,
                "set_relay_state": self._set_relay_state,
                "set_dev_alias": self._set_dev_alias,
                "set_led_off": self._set_led_off,
                "reboot": self._reboot_later,
            },
            "time": self.clock.members(),
            "schedule": rules | usage,
            "anti_theft": rules,
            "cnCloud": {"get_info": _cloud_info},
            "count_down": self.countdown.members(lambda: self._frames),
        }
        return table | ({"emeter": self._emeter.members()} if self._emeter else {})

    def _get_sysinfo(self, _arguments: Json) -> Json:
        seconds = int(clock.now() - self._since) if self.relay else 0
        counting = self.countdown.rule and self.countdown.rule.enable
        mode = "count_down" if counting else "none"
        return self._sysinfo | {"relay_state": self.relay, "on_time": seconds, "active_mode": mode}

    def _set_relay_state(self, arguments: Json) -> Json:
        state = integer(arguments, "state", 0, 1)
        if state in self._handling.refused:
            raise RefusalError(self._handling.refused[state], "unknown error")
        self._handling.acted(state)
        self.set_relay(state, self._handling.reason)
        return {}

    def _set_dev_alias(self, arguments: Json) -> Json:
        alias = text(arguments, "alias")
        if not 0 < len(alias) <= MAX_ALIAS:
            raise invalid_argument()
        self._sysinfo["alias"] = alias
        return {}

    def _set_led_off(self, arguments: Json) -> Json:
        self._sysinfo["led_off"] = integer(arguments, "off", 0, 1)
        return {}

    def _reboot_later(self, arguments: Json) -> Json:
        self._reboot(float(integer(arguments, "delay", 0, 3600)))
        return {}


def _answer(member: Member | None, arguments: Any) -> Json:
    if member is None:
        return MEMBER_NOT_SUPPORT
    if arguments is not None and not isinstance(arguments, dict):
        return invalid_argument().answer
    try:
        return {"err_code": 0} | member(arguments or {})
    except RefusalError as refusal:
        return refusal.answer


def _no_rules(_arguments: Json) -> Json:
    return {"rule_list": [], "version": 2, "enable": 0}


def _cloud_info(_arguments: Json) -> Json:
    return {
        "username": "",
        "server": "devs.tplinkcloud.com",
        "binded": 0,
        "cld_connection": 0,
        "illegalType": -1,
        "stopConnect": -1,
        "tcspStatus": -1,
        "fwDlPage": "",
        "tcspInfo": "",
        "fwNotifyType": 0,
    }
