"""The only door to python-kasa: one actor for each plug.

`actor_for` makes the actor; everything that goes wrong behind this door comes out as a `PlugError` whose message a
curator understands.
"""

from collections.abc import Callable

from clouds.plugs.actor import Actor
from clouds.plugs.driver import Address, Driver, Reading, Rule
from clouds.plugs.errors import CutShort, NotAPlug, NoTimer, PlugError, Preempted, Refused, Stranger, Unreachable
from clouds.plugs.facts import Confirmed, Relay, Told
from clouds.plugs.legacy import LegacyDriver
from clouds.plugs.rehearsal import FAMILY, NOWHERE, RehearsalDriver

__all__ = [
    "NOWHERE",
    "Actor",
    "Address",
    "Confirmed",
    "CutShort",
    "Driver",
    "NoTimer",
    "NotAPlug",
    "PlugError",
    "Preempted",
    "Reading",
    "Refused",
    "Relay",
    "Rule",
    "Stranger",
    "Told",
    "Unreachable",
    "actor_for",
    "driver_for",
]

# A family of devices is one more entry here: a class with the methods of `Driver`.
DRIVERS: dict[str, Callable[[Address], Driver]] = {"legacy": LegacyDriver, FAMILY: RehearsalDriver}


def driver_for(address: Address) -> Driver:
    """What speaks to the device at this address. It belongs to the event loop in which it is first used."""
    return DRIVERS[address.family](address)


def actor_for(address: Address) -> Actor:
    """The one who switches the plug at this address."""
    return Actor(driver_for(address), unguarded=address.unguarded)
