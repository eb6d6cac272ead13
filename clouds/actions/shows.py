"""Shows are made, changed and deleted, and what they had announced follows."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from clouds import planning
from clouds.actions.waking import tell
from clouds.models import Act, Program, Show, User


def save_show(show: Show, *, by: User, change: Callable[[], object]) -> None:
    """Have a show changed, by `change`, which saves it; its runs that have not begun become as it is then."""
    now = timezone.now()
    was = Show.objects.with_all().filter(pk=show.pk).first() if show.pk else None
    with transaction.atomic():
        before = planning.announced(was, now) if was else []
        change()
        _follow(show, before, _what_became_of(show, was) % {"name": by.name}, by, now)
    tell(show.venue, now)


def remove_show(show: Show, *, by: User) -> None:
    """Delete a show: nothing of it is played any more, and what was stays in the history."""
    now = timezone.now()
    with transaction.atomic():
        before = planning.announced(Show.objects.with_all().get(pk=show.pk), now)
        Show.objects.filter(pk=show.pk, removed_at=None).update(removed_at=now, removed_by=by.name)
        _follow(show, before, _("%(name)s deleted the show.") % {"name": by.name}, by, now)
    tell(show.venue, now)


def program_changed(program: Program, *, by: User) -> None:
    """The runs of its shows that have not begun play what it says by now."""
    now = timezone.now()
    for show in Show.objects.due().filter(program=program).select_related("venue"):
        planning.replan(show, now, _("%(name)s changed the program.") % {"name": by.name})
        tell(show.venue, now)


def _what_became_of(show: Show, was: Show | None) -> str:
    if was is None:
        return _("%(name)s made the show.")
    if was.enabled and not show.enabled:
        return _("%(name)s switched off the show.")
    return _("%(name)s changed the show.")


def _follow(show: Show, before: list[datetime], because: str, by: User, now: datetime) -> None:
    planning.replan(show, now, because)
    planning.call_off(show, before, now, because)
    Act.record(Act.Kind.SHOW, show.venue, by, f"{show}: {because}", now)
