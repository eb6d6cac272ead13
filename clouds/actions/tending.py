"""What curators say of balloons, and wish of plugs."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from clouds import balloon, refusals
from clouds.actions.waking import tell
from clouds.models import Act, BalloonNote, Cloud, Plug, User


def note(cloud: Cloud, kind: BalloonNote.Kind, *, fill: float, by: User) -> None:
    """A curator saw how full a balloon is: from now on its fill is reckoned from there."""
    now = timezone.now()
    seen = fill if kind == BalloonNote.Kind.SET else 0.0
    if not 0 <= seen <= balloon.FULL:
        raise refusals.OutOfBounds(_("A balloon is between 0 and 100 % full."))
    with transaction.atomic():
        BalloonNote.objects.create(cloud=cloud, kind=kind, fill=seen, noted_at=now, noted_by=by)
        Cloud.objects.filter(pk=cloud.pk).update(fill_then=seen, fill_then_at=now)
        about = _("%(cloud)s: %(percent)d %% full") % {"cloud": cloud, "percent": round(seen * 100)}
        Act.record(Act.Kind.NOTE, cloud.venue, by, about, now)
    tell(cloud.venue, now)


def wish(plug: Plug, what: Plug.Wish, *, by: User) -> None:
    """A curator wants a plug tested or switched off; the conductor grants it and writes the answer into its row."""
    now = timezone.now()
    with transaction.atomic():
        Plug.objects.filter(pk=plug.pk).update(
            wish=what, wished_by=by.name, wish_answer=_("Asked; waiting for the answer.")
        )
        Act.record(Act.Kind.WISH, plug.venue, by, f"{plug}: {Plug.Wish(what).label}", now)
    tell(plug.venue, now)
