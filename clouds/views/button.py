"""What the button says: what it will do, then what is happening, then what comes next."""

import math
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from clouds.refusals import Refused
from clouds.templatetags import telling
from clouds.views.standing import Standing, State
from clouds.views.ticket import Ticket


@dataclass(frozen=True, slots=True)
class Button:
    """Its label, whether it can be pressed, and for the browser what it is about: `does` until `until`."""

    label: str
    can_be_pressed: bool
    does: str
    until: datetime | None = None


def words() -> dict[str, str]:
    """The labels as the browser needs them, with {} for seconds or a time; some are those of a cloud's state."""
    return {
        "puff": _("Puff for {} s"),
        "puffing": _("Puffing… {} s"),
        "next": _("Next puff from {}"),
        "shut": _("Not now"),
        State.STOPPED.name.lower(): _("Stopped for now"),
        State.HELD.name.lower(): _("On hold"),
        State.CLOSED.name.lower(): _("Closed"),
        State.UNREACHABLE.name.lower(): _("Out of reach"),
        State.FULL.name.lower(): _("Full"),
    }


def of(stands: Standing, seconds: float | None, turn: Ticket, why_not: Refused | None, now: datetime) -> Button:
    """The button for somebody who would get so many seconds, has such a turn, or is refused for this reason."""
    if turn["mine"] is not None:
        return _of_mine(stands, turn, now)
    if seconds is not None:
        return Button(_fill_in("puff", telling.number(seconds)), True, "puff")
    if why_not is not None and why_not.until and why_not.until > now:
        time = telling.plain_when(why_not.until, stands.cloud.venue.zone)
        return Button(_fill_in("next", time), False, "next", why_not.until)
    said = words()
    return Button(said.get(stands.state.name.lower(), said["shut"]), False, "shut")


def _of_mine(stands: Standing, turn: Ticket, now: datetime) -> Button:
    if turn["place"]:
        return Button(_("You are next") if turn["place"] == 1 else _("You are in line"), False, "wait")
    if stands.state is State.PUFFING and stands.until:
        left = max(1, math.ceil((stands.until - now).total_seconds()))
        return Button(_fill_in("puffing", str(left)), False, "puffing", stands.until)
    return Button(_("Yours in a moment"), False, "wait")


def _fill_in(word: str, value: str) -> str:
    return words()[word].replace("{}", value)
