"""Which steps a cloud can play at all: by its pumps, their hard cap, and the air that it holds."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from clouds import balloon, refusals, timeline
from clouds.models import Cloud, Plug
from clouds.timeline import Do, Step


def check_bounds(steps: Sequence[Step], hard_cap: float) -> None:
    """Refuse steps that are too long.

    Neighbours that do the same are one inflation to the pump, so the hard cap is theirs together.
    """
    if not all(0 < step.seconds <= (timeline.LONGEST_SECONDS if step.do is Do.REST else hard_cap) for step in steps):
        raise refusals.OutOfBounds(
            _("Give a number of seconds above 0, and at most %(most)s.") % {"most": f"{hard_cap:g}"}
        )
    if not steps or timeline.length(steps) > timeline.LONGEST_SECONDS:
        raise refusals.OutOfBounds(_("Give at least one step, and at most 48 hours of them."))
    if any(cue.seconds > hard_cap for cue in timeline.cues(steps) if cue.do is not Do.REST):
        raise refusals.OutOfBounds(
            _("These steps would leave a pump on for more than %(most)s seconds.") % {"most": f"{hard_cap:g}"}
        )


def check_deflates(cloud: Cloud, steps: Sequence[Step]) -> None:
    """Refuse to let out air where no plug can."""
    wants = any(step.do is Do.DEFLATE for step in steps)
    if wants and not any(plug.pump == Plug.Pump.DEFLATE for plug in cloud.plugs.all()):
        raise refusals.Unreachable(_("%(cloud)s has no plug that deflates.") % {"cloud": cloud})


def check_room(cloud: Cloud, steps: Sequence[Step], fill: float) -> None:
    """Refuse what could make a balloon that begins so full too full."""
    second = balloon.overfills_at(fill, steps, cloud.hard_cap_seconds, cloud.measures)
    if second is not None:
        raise refusals.NoRoom(
            _("This could make %(cloud)s too full, %(second)s s after it begins.")
            % {"cloud": cloud, "second": f"{round(second, 1):g}"}
        )
