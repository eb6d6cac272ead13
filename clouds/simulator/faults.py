"""What can go wrong with a plug, switched on and off while it runs.

A fault applies at once, or (`when`) from the moment a frame of that kind arrives, that frame included; `once`, to a
single frame only. Faults combine: a slow plug may be mute as well. A fault with `seconds` ends by itself.
"""

from dataclasses import dataclass, field
from typing import Any

# Each fault and what it can be told besides `seconds`, with the value it has otherwise.
FAULTS: dict[str, dict[str, Any]] = {
    "silent": {},
    "mute": {},
    "drops_before": {},
    "drops_after": {},
    "refuses": {},
    "frozen": {},
    "forgets": {},
    "clock_unset": {"stuck": False},
    "slow": {"latency": 0.5, "spread": 0.0, "acts_first": False},
    "fragments": {"pieces": 3, "pause": 0.001},
    "errors": {"code": -7, "state": 1},
    "restart": {"relay": "off", "acts": False},
}
# These last until somebody ends them: there is no single frame to apply them to.
LASTING = {"refuses", "frozen", "clock_unset"}
KINDS = {"on", "off", "any"}


@dataclass(slots=True)
class Fault:
    """One fault of one plug: latent until a frame of kind `when` arrives, active where `when` is None."""

    name: str
    when: str | None = None
    once: bool = False
    params: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.name not in FAULTS:
            raise ValueError(f"no fault is called {self.name!r}: there are {', '.join(FAULTS)}")
        if self.when is not None and self.when not in KINDS:
            raise ValueError(f"a fault waits for {', '.join(sorted(KINDS))} or nothing, not for {self.when!r}")
        if self.once and self.name in LASTING:
            raise ValueError(f"{self.name} lasts: it can't apply to one frame only; give it seconds")
        if unknown := self.params.keys() - FAULTS[self.name].keys() - {"seconds"}:
            raise ValueError(f"{self.name} does not take {', '.join(sorted(unknown))}")
        if self.once and self.when is None:
            self.when = "any"

    def __getitem__(self, param: str) -> Any:
        return self.params.get(param, FAULTS[self.name].get(param))

    @property
    def seconds(self) -> float | None:
        """How long it lasts once it is active; None: until it is cleared."""
        return self.params.get("seconds")


@dataclass(frozen=True, slots=True)
class Treatment:
    """What the faults of a plug make of one frame."""

    acts: bool = True
    replies: bool = True
    closes: bool = False
    delay: float = 0.0
    delay_of_reply: float = 0.0
    pieces: int = 1
    pause: float = 0.0
    refused: dict[int, int] = field(default_factory=dict)


class Faults:
    """The faults of one plug, one of each name."""

    def __init__(self) -> None:
        self._all: dict[str, Fault] = {}

    def add(self, fault: Fault) -> None:
        """Have it, instead of another of its name."""
        self._all[fault.name] = fault

    def remove(self, name: str) -> None:
        """Be rid of it, if it is there."""
        self._all.pop(name, None)

    def names(self) -> list[str]:
        """Those it has, active or latent."""
        return list(self._all)

    def active(self, name: str) -> Fault | None:
        """That fault, if it applies now."""
        fault = self._all.get(name)
        return fault if fault and fault.when is None else None

    def wake(self, kind: str) -> list[Fault]:
        """A frame of this kind has arrived: the faults that apply from now on."""
        woken = [fault for fault in self._all.values() if fault.when in (kind, "any")]
        for fault in woken:
            fault.when = None
        return woken

    def spend(self) -> list[str]:
        """The frame has been dealt with: the active faults that were for one frame only are gone."""
        spent = [name for name, fault in self._all.items() if fault.once and fault.when is None]
        for name in spent:
            del self._all[name]
        return spent

    def treatment(self, chance: float) -> Treatment:
        """How a frame fares now. `chance`, 0 to 1, chooses the latency within its spread."""
        slow, fragments, errors = self.active("slow"), self.active("fragments"), self.active("errors")
        wait = slow["latency"] + slow["spread"] * chance if slow else 0.0
        closes = bool(self.active("drops_before") or self.active("drops_after"))
        return Treatment(
            acts=not (self.active("silent") or self.active("drops_before")),
            replies=not (self.active("silent") or self.active("mute") or closes),
            closes=closes,
            delay=0.0 if slow and slow["acts_first"] else wait,
            delay_of_reply=wait if slow and slow["acts_first"] else 0.0,
            pieces=fragments["pieces"] if fragments else 1,
            pause=fragments["pause"] if fragments else 0.0,
            refused=_refused(errors),
        )


def _refused(errors: Fault | None) -> dict[int, int]:
    if errors is None:
        return {}
    states = (0, 1) if errors["state"] == "any" else (int(errors["state"]),)
    return dict.fromkeys(states, errors["code"])
