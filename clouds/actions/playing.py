"""Curators have clouds do something now, and steer what plays."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from clouds import refusals
from clouds.actions.asking import CLOUD, ask
from clouds.actions.bounds import check_bounds, check_deflates, check_room
from clouds.actions.waking import tell
from clouds.models import Act, Cloud, Plug, Run, User
from clouds.models.run import ended_by
from clouds.timeline import Do, Step


def play(cloud: Cloud, steps: Sequence[Step], *, by: User, title: str = "", replace: bool = False) -> Run:
    """A curator has a cloud do something now, after what plays there or, to `replace` it, at once.

    Limits for visitors don't count, air does.
    """
    (run,) = play_on([cloud], steps, by=by, title=title, replace=replace)
    return run


def play_on(
    clouds: Sequence[Cloud],
    steps: Sequence[Step],
    *,
    by: User,
    title: str = "",
    stagger_seconds: float = 0.0,
    replace: bool = False,
) -> list[Run]:
    """The same on several clouds of a venue, each so much later than the one before it; all of them or none."""
    now = timezone.now()
    kind = Act.Kind.REPLACE if replace else Act.Kind.PLAY
    with transaction.atomic():
        runs = []
        for place, each in enumerate(clouds):
            # As it is now and not as the caller last saw it: a stop or a note may have come in between.
            (cloud,) = CLOUD(pk=each.pk)
            simulated = _check_playable(cloud, steps, now)
            due_at = now + timedelta(seconds=place * stagger_seconds)
            more = {"title": title, "replaces": replace, "due_at": due_at}
            runs.append(ask(cloud, steps, Run.Source.CURATOR, by, now, simulated=simulated, **more))
        names = ", ".join(cloud.name for cloud in clouds)
        about = _("%(title)s on %(clouds)s") % {"title": title or _("a puff"), "clouds": names}
        Act.record(kind, clouds[0].venue, by, about, now)
    tell(clouds[0].venue, now)
    return runs


def why_not_playable(cloud: Cloud, steps: Sequence[Step], fill: float) -> str:
    """Why a cloud, so full, could not play these steps, in a sentence; "" if it could."""
    if not cloud.plugs.filter(pump=Plug.Pump.INFLATE).exists():
        return _("%(cloud)s has no pump yet.") % {"cloud": cloud}
    try:
        _check_playable(cloud, steps, timezone.now(), fill=fill)
    except refusals.Stopped:
        return ""
    except refusals.Refused as refused:
        return str(refused)
    return ""


def _check_playable(cloud: Cloud, steps: Sequence[Step], now: datetime, *, fill: float | None = None) -> bool:
    """Raise the Refused that keeps a cloud from playing these steps; else whether all its plugs are simulated."""
    check_bounds(steps, cloud.hard_cap_seconds)
    pumps = {plug.pump: plug for plug in cloud.plugs.all()}
    if Do.INFLATE not in pumps and any(step.do is Do.INFLATE for step in steps):
        raise refusals.Unreachable(_("%(cloud)s has no plug that inflates.") % {"cloud": cloud})
    check_deflates(cloud, steps)
    if cloud.venue.stopped_at:
        raise refusals.Stopped(_("%(venue)s is stopped. Release it first.") % {"venue": cloud.venue})
    check_room(cloud, steps, cloud.fill_at(now) if fill is None else fill)
    return all(plug.simulated for plug in pumps.values())


def pause(run: Run, *, by: User) -> None:
    """Switch the pump off and keep what is left, until it is resumed or, by itself, for ten minutes."""
    _mark(run, by, Act.Kind.PAUSE, pause_asked_by=by.name)


def resume(run: Run, *, by: User) -> None:
    """End a pause: what was left is played, and what follows has moved by the time that was lost."""
    _mark(run, by, Act.Kind.RESUME, pause_asked_by="")


def skip(run: Run, *, by: User) -> None:
    """Skip the rest of the step that plays."""
    _mark(run, by, Act.Kind.SKIP, skips=F("skips") + 1)


def _mark(run: Run, by: User, kind: Act.Kind, **marks: Any) -> None:
    """What the conductor is to do with a run that plays. Raises TooLate when it doesn't."""
    now = timezone.now()
    with transaction.atomic():
        if not Run.everything.playing().filter(pk=run.pk).update(**marks):
            raise refusals.TooLate(_("This does not play just now."))
        Act.record(kind, run.cloud.venue, by, str(run), now)
    tell(run.cloud.venue, now)


def end(run: Run, *, by: User) -> None:
    """End one run: what plays is switched off by the conductor, what waits never begins."""
    now = timezone.now()
    this = Run.everything.filter(pk=run.pk)
    with transaction.atomic():
        never_began = this.waiting().end(Run.Outcome.STOPPED, ended_by(by.name), now)
        if not never_began and not this.playing().update(end_asked_by=by.name):
            raise refusals.TooLate(_("This is over already."))
        if by.is_staff:
            Act.record(Act.Kind.END, run.cloud.venue, by, str(run), now)
    tell(run.cloud.venue, now)
