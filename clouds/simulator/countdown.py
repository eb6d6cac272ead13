"""A plug's own timer: the one rule that switches the relay when nobody else does."""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

from clouds.simulator.errors import RefusalError, integer, text
from clouds.simulator.wire import Json


@dataclass(slots=True)
class Rule:
    """The rule, and the frame that brought it."""

    id: str
    name: str
    enable: int
    delay: int
    act: int
    frame: int


class Countdown:
    """Holds one rule, runs it in whole seconds, and keeps it with `enable` 0 once it has fired.

    Legacy plugs refuse a second rule with -10 "table is full", also while the first is only an expired one.
    """

    def __init__(self, fire: Callable[[int], None]) -> None:
        self.rule: Rule | None = None
        self.forgets = False
        self._fire = fire
        self._left = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._standing_still = False

    @property
    def running(self) -> Rule | None:
        """The rule that is going to fire, if there is one."""
        return self.rule if self._timer else None

    def members(self, frame: Callable[[], int]) -> dict[str, Callable[[Json], Json]]:
        """What the module `count_down` understands; `frame()` is the number of the frame being executed."""
        return {
            "get_rules": self.get_rules,
            "add_rule": lambda arguments: self.add_rule(arguments, frame()),
            "edit_rule": lambda arguments: self.edit_rule(arguments, frame()),
            "delete_rule": self.delete_rule,
            "delete_all_rules": self.delete_all_rules,
        }

    def get_rules(self, _arguments: Json) -> Json:
        """What there is, with the seconds that remain."""
        rule = self.rule
        if rule is None:
            return {"rule_list": []}
        shown = {"id": rule.id, "name": rule.name, "enable": rule.enable, "delay": rule.delay, "act": rule.act}
        return {"rule_list": [shown | {"remain": ceil(self._remain())}]}

    def add_rule(self, arguments: Json, frame: int) -> Json:
        """A new rule, running at once if it is enabled."""
        if self.rule:
            raise RefusalError(-10, "table is full")
        rule = _rule(secrets.token_hex(16).upper(), arguments, frame)
        self._take(rule)
        return {"id": rule.id}

    def edit_rule(self, arguments: Json, frame: int) -> Json:
        """Other values for the rule, which starts anew."""
        self._find(arguments)
        self._take(_rule(text(arguments, "id"), arguments, frame))
        return {}

    def delete_rule(self, arguments: Json) -> Json:
        """That rule goes."""
        self._find(arguments)
        self.forget()
        return {}

    def delete_all_rules(self, _arguments: Json) -> Json:
        """Whatever there is goes."""
        self.forget()
        return {}

    def forget(self) -> None:
        """No rule, no timer."""
        self._stop()
        self.rule, self._left = None, 0.0

    def stand_still(self, still: bool) -> None:
        """The plug's clock is unset (or no longer): what remains is kept, and nothing fires."""
        if still:
            self._left = self._remain()
            self._stop()
        self._standing_still = still
        self._start()

    def _take(self, rule: Rule) -> None:
        self.forget()
        if self.forgets:
            return
        self.rule = rule
        self._left = float(rule.delay) if rule.enable else 0.0
        self._start()

    def _start(self) -> None:
        if self.rule and self.rule.enable and not self._timer and not self._standing_still:
            self._timer = asyncio.get_running_loop().call_later(self._left, self._expire)

    def _stop(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _expire(self) -> None:
        self._stop()
        self._left = 0.0
        if self.rule:
            self.rule.enable = 0
            self._fire(self.rule.act)

    def _remain(self) -> float:
        return max(0.0, self._timer.when() - asyncio.get_running_loop().time()) if self._timer else self._left

    def _find(self, arguments: Json) -> None:
        if not self.rule or self.rule.id != text(arguments, "id"):
            raise RefusalError(-14, "entry not exist")


def _rule(rule_id: str, arguments: Json, frame: int) -> Rule:
    enable = integer(arguments, "enable", 0, 1)
    delay = integer(arguments, "delay", enable, 86_400)
    return Rule(rule_id, text(arguments, "name", ""), enable, delay, integer(arguments, "act", 0, 1), frame)
