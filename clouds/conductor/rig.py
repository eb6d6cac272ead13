"""A cloud's pumps, as whoever plays on them knows them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from clouds.plugs import Actor, Unreachable
from clouds.timeline import Do

# Two pumps that work against each other strain the hose and the balloon.
BETWEEN_PUMPS_SECONDS = 0.5


@dataclass(slots=True)
class Pump:
    """A cloud's pump, on its plug; a rehearsal's is on none that has a row."""

    plug_id: int | None
    actor: Actor


@dataclass(slots=True)
class Rig:
    """A cloud's pumps."""

    pumps: dict[Do, Pump] = field(default_factory=dict)

    @property
    def trouble(self) -> str:
        """Why nothing may begin here, if so."""
        if Do.INFLATE not in self.pumps:
            return _("The cloud has no pump.")
        waiting = next((pump.actor for pump in self.pumps.values() if not pump.actor.is_ready), None)
        return "" if waiting is None else waiting.trouble or _("The plug is not confirmed off yet.")

    def get(self, do: Do) -> Pump:
        """The pump that does this. Raises PlugError if the cloud has none."""
        if do not in self.pumps:
            raise Unreachable(
                _("The cloud has no plug that inflates.")
                if do is Do.INFLATE
                else _("The cloud has no plug that deflates.")
            )
        return self.pumps[do]

    async def settle(self, do: Do, seconds: float = BETWEEN_PUMPS_SECONDS) -> None:
        """Wait until the other pump has been off for so long."""
        for pump in [pump for other, pump in self.pumps.items() if other is not do]:
            await pump.actor.off_for(seconds)


class Troubles(Mapping[int, str]):
    """Why nothing may begin on a cloud, for each cloud; looked at when somebody asks, since most are not asked for."""

    def __init__(self, rigs: Mapping[int, Rig]) -> None:
        self._rigs = rigs

    def __getitem__(self, cloud_id: int) -> str:
        return self._rigs[cloud_id].trouble

    def __iter__(self) -> Iterator[int]:
        return iter(self._rigs)

    def __len__(self) -> int:
        return len(self._rigs)
