"""Clouds play as if for real, on plugs that are not there."""

from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from clouds import refusals
from clouds.actions.asking import ask
from clouds.actions.bounds import check_bounds, check_deflates, check_room
from clouds.actions.waking import tell
from clouds.models import Act, Cloud, Rehearsal, Run, User, Venue
from clouds.models.rehearsal import FASTEST
from clouds.models.run import ended_by
from clouds.timeline import Step


def rehearse(
    clouds: Sequence[Cloud],
    steps: Sequence[Step],
    *,
    by: User,
    title: str,
    speed: float = 1.0,
    stagger_seconds: float = 0.0,
    fill: float = 0.0,
) -> Rehearsal:
    """Play these on clouds of a venue as if for real, on plugs that are not there, so many times as fast.

    The balloons begin so full. One rehearsal at a time; what plays for real is not disturbed.
    """
    now = timezone.now()
    if not 1 <= speed <= FASTEST:
        raise refusals.OutOfBounds(
            _("A rehearsal is played at 1 to %(most)s times the speed.") % {"most": f"{FASTEST:g}"}
        )
    if not clouds:
        raise refusals.OutOfBounds(_("Choose at least one cloud."))
    with transaction.atomic():
        venue = Venue.objects.select_for_update().get(pk=clouds[0].venue_id)
        if going_on := Run.everything.rehearsed().live().at(venue).select_related("rehearsal").first():
            raise refusals.Busy(_("“%(title)s” is being rehearsed. End that first.") % {"title": going_on.title})
        rehearsal = Rehearsal.objects.create(
            venue=venue, title=title[:80], speed=speed, fill=fill, asked_at=now, asked_by=by
        )
        for place, cloud in enumerate(clouds):
            check_bounds(steps, cloud.hard_cap_seconds)
            check_deflates(cloud, steps)
            check_room(cloud, steps, fill)
            due_at = now + timedelta(seconds=place * stagger_seconds / speed)
            more = {"title": title[:80], "due_at": due_at, "rehearsal": rehearsal}
            ask(cloud, steps, Run.Source.CURATOR, by, now, simulated=True, **more)
        about = _("%(title)s on %(clouds)s") % {"title": title, "clouds": ", ".join(map(str, clouds))}
        Act.record(Act.Kind.REHEARSE, venue, by, about, now)
    tell(venue, now)
    return rehearsal


def end_rehearsal(rehearsal: Rehearsal, *, by: User) -> None:
    """End a rehearsal. Raises TooLate when it is over."""
    now = timezone.now()
    runs = Run.everything.filter(rehearsal=rehearsal)
    with transaction.atomic():
        never_began = runs.waiting().end(Run.Outcome.STOPPED, ended_by(by.name), now)
        if not runs.playing().update(end_asked_by=by.name) and not never_began:
            raise refusals.TooLate(_("This rehearsal is over already."))
        Act.record(Act.Kind.END, rehearsal.venue, by, str(rehearsal), now)
    tell(rehearsal.venue, now)
