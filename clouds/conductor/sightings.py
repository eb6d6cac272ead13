"""What is seen of plugs, and what of it is worth a write: changes at once, that all is well now and then."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from clouds.conductor.ledger import Sight
from clouds.plugs import Actor

WELL_EVERY = timedelta(seconds=10)


class Sightings:
    """Remembers what was written of each plug last."""

    def __init__(self) -> None:
        self._written: dict[int, Sight] = {}
        self._well_at: dict[int, datetime] = {}

    def worth_writing(self, actors: Mapping[int, Actor], now: datetime) -> list[Sight]:
        """What is new of these plugs at `now`; it counts as written."""
        sights = [_sight(plug_id, actor) for plug_id, actor in actors.items()]
        news = [sight for sight in sights if self._written.get(sight.plug_id) != sight or self._is_due(sight, now)]
        for sight in news:
            self._written[sight.plug_id] = sight
            if sight.seen:
                self._well_at[sight.plug_id] = now
        return news

    def mac_of(self, plug_id: int) -> str:
        """The MAC address that was learned of a plug and written; "" if there is none."""
        return self._written[plug_id].mac if plug_id in self._written else ""

    def forget(self, plug_id: int) -> None:
        """A plug is another one now."""
        self._written.pop(plug_id, None)

    def _is_due(self, sight: Sight, now: datetime) -> bool:
        last = self._well_at.get(sight.plug_id)
        return sight.seen and (last is None or now - last >= WELL_EVERY)


def _sight(plug_id: int, actor: Actor) -> Sight:
    reading = actor.reading
    return Sight(
        plug_id=plug_id,
        relay=actor.relay.value,
        trouble=actor.trouble,
        mac=reading.mac if reading else "",
        model=reading.model if reading else "",
        seen=reading is not None and not actor.trouble,
    )
