"""What may be done at a kiosk, and with one: a turn there, for whoever stands before it, and its end.

A kiosk is nobody, and whoever comes is a guest of one turn. So that it is no way round the queue, it has one turn at a
time, which is a press like any other. Its page is always there, whoever has left: only a touch is a sign of life.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Sum
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _

from clouds import actions, people, refusals
from clouds.models import Act, Cloud, Kiosk, Run, User
from clouds.models.user import NAME_LENGTH

# So long what became of a turn stays on the screen.
TOLD_FOR = timedelta(seconds=8)
# Who waits and touches nothing for so long is asked whether they are still there, and a minute later has gone.
ASKED_AFTER = timedelta(seconds=60)
# That a kiosk was seen is written down this often at most.
SEEN_EVERY = timedelta(seconds=60)
# One that is there is seen more often than this.
MISSING_AFTER = timedelta(minutes=5)


COOKIE = "kiosk"
# The longest that browsers keep one; it is given anew with each page.
KEPT_FOR = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Turn:
    """Somebody's turn at a kiosk. `is_quiet`: they wait, and nobody has touched it for a while."""

    guest: User
    run: Run
    is_quiet: bool

    @property
    def is_over(self) -> bool:
        """Whether all that is left is to say what became of it."""
        return self.run.state == Run.State.ENDED

    @property
    def told_until(self) -> datetime | None:
        """When that has been said for long enough."""
        return self.run.ended_at + TOLD_FOR if self.run.ended_at else None


def save(kiosk: Kiosk, *, by: User, change: Callable[[], object]) -> None:
    """A curator makes or changes a kiosk, by `change`, which saves it."""
    now, verb = timezone.now(), _("changed") if kiosk.pk else _("made")
    with transaction.atomic():
        change()
        Act.record(Act.Kind.KIOSK, kiosk.cloud.venue, by, f"{verb}: {kiosk} ({kiosk.pk})", now)


def remember(response: HttpResponseBase, secret: str) -> None:
    """Have this device keep that it is a kiosk. Only the kiosk's own pages are told."""
    response.set_cookie(
        COOKIE,
        secret,
        max_age=KEPT_FOR,
        path="/kiosk/",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def revoke(kiosk: Kiosk, *, by: User) -> None:
    """A device is a kiosk no more; a turn that waits there is ended. Raises TooLate when it is revoked already."""
    now = timezone.now()
    with transaction.atomic():
        if not Kiosk.objects.filter(pk=kiosk.pk, revoked_at=None).update(revoked_at=now):
            raise refusals.TooLate(_("This kiosk has been revoked already."))
        Act.record(Act.Kind.KIOSK, kiosk.cloud.venue, by, f"{_('revoked')}: {kiosk} ({kiosk.pk})", now)
    waits = Run.objects.waiting().of_visitors().on(kiosk.cloud).filter(asked_by=kiosk.guest_id)
    for run in waits.exclude(asked_by=None).select_related("cloud__venue"):
        with contextlib.suppress(refusals.TooLate):
            actions.end(run, by=by)


def begin(kiosk: Kiosk, wanted: str) -> Run:
    """Somebody presses at a kiosk, under this name or, without one, as a visitor with a number.

    Raises the Refused of `actions.press`, and Busy while somebody has a turn there.
    """
    now = timezone.now()
    # Nobody is made for a press that would be refused.
    actions.offer(kiosk.cloud, by=None, now=now)
    guest = _seat(kiosk, wanted, now)
    try:
        # Not within the transaction: a press waits for those before it, who may be waiting for the database.
        return actions.press(kiosk.cloud, by=guest)
    except refusals.Refused:
        _free(kiosk, guest)
        guest.delete()
        raise


def turn(kiosk: Kiosk, now: datetime) -> Turn | None:
    """Whose turn it is at a kiosk, or just was; None when it waits for the next one."""
    if kiosk.guest is None:
        return None
    run = Run.objects.of_visitors().on(kiosk.cloud).filter(asked_by=kiosk.guest).order_by("-pk").first()
    if run is None or (run.ended_at and not run.ended_at <= now < run.ended_at + TOLD_FOR):
        return None
    return Turn(kiosk.guest, run, run.state == Run.State.WAITING and not _is_attended(kiosk, now))


def seen(kiosk: Kiosk, now: datetime) -> None:
    """Its page is there; written down only where that is news."""
    if kiosk.seen_at is None or not kiosk.seen_at <= now < kiosk.seen_at + SEEN_EVERY:
        Kiosk.objects.filter(pk=kiosk.pk).update(seen_at=now)


def touch(kiosk: Kiosk) -> None:
    """Somebody touches it while they wait: they are still there."""
    now = timezone.now()
    if kiosk.guest:
        Kiosk.objects.filter(pk=kiosk.pk, guest=kiosk.guest).update(touched_at=now)
        actions.here(by=kiosk.guest, now=now)


def leave(kiosk: Kiosk) -> None:
    """Whoever has the turn ends it: a place in line is given back, a puff is switched off."""
    now = timezone.now()
    current = turn(kiosk, now)
    if current is None:
        return
    if not current.is_over:
        with contextlib.suppress(refusals.TooLate):
            actions.end(current.run, by=current.guest)
    if current.run.state != Run.State.PLAYING:
        # Of a puff that was ended, what became of it is still to be told.
        _free(kiosk, current.guest)


def _seat(kiosk: Kiosk, wanted: str, now: datetime) -> User:
    """A guest, whose turn it is from now on. Of two who tap at once, the row count lets one."""
    with transaction.atomic():
        if not Kiosk.objects.free(now).filter(pk=kiosk.pk).update(touched_at=now, turns=F("turns") + 1):
            raise refusals.Busy(_("Somebody has a turn here already."))
        guest = people.receive(wanted or _number(kiosk.cloud))
        Kiosk.objects.filter(pk=kiosk.pk).update(guest=guest)
    return guest


def _number(cloud: Cloud) -> str:
    """What a visitor is called who gives no name. Counted, since to look for a free name among thousands takes long."""
    turns = Kiosk.objects.filter(cloud=cloud).aggregate(of_all=Sum("turns"))["of_all"]
    return (_("Visitor %(number)d at %(cloud)s") % {"number": turns, "cloud": cloud})[:NAME_LENGTH]


def _free(kiosk: Kiosk, guest: User) -> None:
    Kiosk.objects.filter(pk=kiosk.pk, guest=guest).update(guest=None, touched_at=None)


def _is_attended(kiosk: Kiosk, now: datetime) -> bool:
    return kiosk.touched_at is not None and now - kiosk.touched_at < ASKED_AFTER
