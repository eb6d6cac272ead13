"""What people may ask for about themselves, and curators about them: a way in, a name, an account, to be forgotten.

As in `actions`, each decides with one `now`, and what is refused raises a `refusals.Refused` and changes nothing.
"""

import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from clouds import actions, refusals
from clouds.models import Act, GuestPass, Puff, Run, User
from clouds.models.run import ended_by
from clouds.models.user import new_share

# So long the same form makes the same guest, should it be sent twice.
FORM_LASTS = timedelta(minutes=10)
# Others may take a free name between our look and our taking it.
MOST_CLASHES = 20
# What somebody is called whose name a curator takes away, with a number behind it.
REPLACEMENT = "Guest"


def join(guest_pass: GuestPass, wanted: str, *, form: str = "") -> User:
    """Let somebody in by a pass, under this name or the next that is free.

    `form` is what their form bore, and no other: a form that comes twice, after a double tap, makes one guest and
    counts once. Raises PassNotYet or PassOver.
    """
    now = timezone.now()
    entry = f"{guest_pass.pk}.{form}"[:64] if form else None
    with transaction.atomic():
        # One after the other at a pass, so that the second of two such forms finds what the first has made.
        list(GuestPass.objects.select_for_update().filter(pk=guest_pass.pk))
        if entry and (guest := User.objects.filter(entry=entry).first()):
            if guest.is_guest and now - guest.joined_at < FORM_LASTS:
                return guest
            entry = None
        # The row count decides, not what was seen a moment ago: of fifty at once as many are let in as may be.
        if not GuestPass.objects.usable(now).filter(pk=guest_pass.pk).update(uses=F("uses") + 1):
            guest_pass.refresh_from_db()
            guest_pass.check_usable(now)
        return _named(wanted, lambda name, notice: _make(name, notice, entry, now))


def receive(wanted: str) -> User:
    """Let in somebody who stands at a kiosk, under this name or the next that is free."""
    now = timezone.now()
    return _named(wanted, lambda name, notice: _make(name, notice, None, now))


def rename(user: User, wanted: str) -> None:
    """Somebody chooses another name. Raises NameTaken."""
    with transaction.atomic():
        _forget_name(user)
        try:
            with transaction.atomic():
                _call(user, wanted, notice="")
        except IntegrityError as error:
            raise refusals.NameTaken(_("Somebody has this name already. Please choose another.")) from error


def moderate(user: User, wanted: str, *, by: User) -> None:
    """A curator takes somebody's name away, for this one or, without one, for a plain one; the person is told."""
    now = timezone.now()
    with transaction.atomic():
        _forget_name(user)
        _named(wanted or REPLACEMENT, lambda name, _notice: _call(user, name, notice=_told(name)))
        # The name itself is not written down: it is to be gone.
        about = _("person %(number)d is now %(name)s") % {"number": user.pk, "name": user.name}
        Act.record(Act.Kind.RENAME, None, by, about, now)


def keep(user: User, password: str) -> None:
    """A guest becomes somebody who can log in, and keeps all that is theirs."""
    user.set_password(password)
    user.save(update_fields=["password"])


def read_notice(user: User) -> None:
    """They have read what they were told about their name."""
    User.objects.filter(pk=user.pk).update(notice="")


def share(user: User) -> None:
    """Have an address at which everybody sees their puffs; a new one, where there was one before."""
    User.objects.filter(pk=user.pk).update(share=new_share())


def unshare(user: User) -> None:
    """That address leads nowhere any more."""
    User.objects.filter(pk=user.pk).update(share=None)


def erase(user: User) -> None:
    """Forget somebody: their puffs stay, as a visitor's, and their name is free.

    Their requests are ended first, and stay ended when this raises StillPuffing: as long as a puff of theirs is being
    switched off, it is still to be written down. Raises LastCurator.
    """
    _check_not_last(user)
    for run in Run.everything.live().filter(asked_by=user).select_related("cloud__venue"):
        with contextlib.suppress(refusals.TooLate):
            actions.end(run, by=user)
    with transaction.atomic():
        # A press of theirs that comes now waits for this, and finds nobody.
        list(User.objects.select_for_update().filter(pk=user.pk))
        _check_not_last(user)
        if Run.everything.live().filter(asked_by=user).exists():
            raise refusals.StillPuffing(_("Your last puff is being switched off. Try again in a moment."))
        _forget_name(user)
        number = user.pk
        user.delete()
    _end_sessions(number)


def why_not_erased(user: User) -> str:
    """Why somebody can't be forgotten just now, in a sentence for a curator; "" if they can."""
    try:
        _check_not_last(user)
    except refusals.LastCurator as refused:
        return str(refused)
    playing = Run.everything.playing().filter(asked_by=user).exists()
    return _("What %(name)s asked for plays. End it first.") % {"name": user.name} if playing else ""


def all_of(user: User) -> dict[str, Any]:
    """All that the site knows of somebody, as plain data."""
    runs = Run.objects.filter(asked_by=user).select_related("cloud").order_by("asked_at", "pk")
    puffs = Puff.objects.filter(asked_by=user).select_related("cloud").order_by("on_at", "pk")
    return {
        "name": user.name,
        "joined": user.joined_at,
        "last_log_in": user.last_login,
        "guest": user.is_guest,
        "curator": user.is_staff,
        "told_about_name": user.notice,
        "shared_at": reverse("shared", args=[user.share]) if user.share else None,
        "requests": [
            {
                "cloud": run.cloud.name, "asked": run.asked_at, "seconds": run.seconds, "state": run.state,
                "outcome": run.outcome, "reason": run.reason, "started": run.started_at, "ended": run.ended_at,
                "last_sign": run.seen_at, "told": run.told,
            }
            for run in runs
        ],
        "puffs": [
            {
                "cloud": puff.cloud.name, "on": puff.on_at, "off": puff.off_at, "planned_seconds": puff.planned_seconds,
                "outcome": puff.outcome, "reason": puff.reason, "confirmed": puff.confirmed,
                "simulated": puff.simulated,
            }
            for puff in puffs
        ],
    }  # fmt: skip


def save_pass(guest_pass: GuestPass, *, by: User, change: Callable[[], object]) -> None:
    """A curator makes or changes a pass, by `change`, which saves it."""
    now, verb = timezone.now(), _("changed") if guest_pass.pk else _("made")
    with transaction.atomic():
        change()
        Act.record(Act.Kind.PASS, guest_pass.venue, by, f"{verb}: {guest_pass} ({guest_pass.pk})", now)


def revoke(guest_pass: GuestPass, *, by: User) -> None:
    """A pass lets nobody in any more; who is in stays. Raises TooLate when it is revoked already."""
    now = timezone.now()
    with transaction.atomic():
        if not GuestPass.objects.filter(pk=guest_pass.pk, revoked_at=None).update(revoked_at=now):
            raise refusals.TooLate(_("This pass has been revoked already."))
        Act.record(Act.Kind.PASS, guest_pass.venue, by, f"{_('revoked')}: {guest_pass} ({guest_pass.pk})", now)


def _make(name: str, notice: str, entry: str | None, now: datetime) -> User:
    return User.objects.create_user(name, entry=entry, joined_at=now, notice=notice)


def _call(user: User, name: str, *, notice: str) -> User:
    user.name, user.notice = name, notice
    user.save(update_fields=["name", "notice"])
    return user


def _told(name: str) -> str:
    return _("The curators have replaced your name: you are %(name)s now.") % {"name": name}


def _named(wanted: str, make: Callable[[str, str], User]) -> User:
    """What `make` makes of a name that is free, and of what to say when that isn't the one that was wanted."""
    for _try in range(MOST_CLASHES):
        name = User.objects.free_name(wanted)
        words = {"wanted": wanted, "name": name}
        notice = "" if name == wanted else _("Somebody is called %(wanted)s already, so you are %(name)s.") % words
        with contextlib.suppress(IntegrityError), transaction.atomic():
            return make(name, notice)
    raise refusals.NameTaken(_("Many people want this name just now. Please choose another."))


def _forget_name(user: User) -> None:
    """Where what became of a request names whoever asked for it, their name goes."""
    said, instead = _ended_by_in_each_language(user.name), _("Ended by whoever asked for it.")
    for rows in (Run.objects.filter(asked_by=user), Puff.objects.filter(asked_by=user)):
        rows.filter(reason__in=said).update(reason=instead)
    Run.objects.filter(asked_by=user, state=Run.State.ENDED, end_asked_by=user.name).update(end_asked_by="")
    kind = ContentType.objects.get_for_model(User)
    LogEntry.objects.filter(content_type=kind, object_id=str(user.pk)).update(
        object_repr=_("person %(number)d") % {"number": user.pk}
    )


def _ended_by_in_each_language(name: str) -> set[str]:
    """What may have been written: a site may have been told in another language once."""
    found = set()
    for code, _language in settings.LANGUAGES:
        with translation.override(code):
            found.add(ended_by(name))
    return found


def _check_not_last(user: User) -> None:
    others = User.objects.filter(is_superuser=True, is_active=True).exclude(pk=user.pk)
    if user.is_superuser and not others.exists():
        raise refusals.LastCurator(_("Nobody else may do everything here. Make somebody else a superuser first."))


def _end_sessions(number: int) -> None:
    for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator():
        if session.get_decoded().get("_auth_user_id") == str(number):
            session.delete()
