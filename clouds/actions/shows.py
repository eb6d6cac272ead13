"""Shows are made, changed and deleted, and what they had announced follows."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.utils import timezone

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
        verb = "switched off" if was and was.enabled and not show.enabled else "changed" if was else "made"
        _follow(show, before, f"{by.name} {verb} the show.", by, now)
    tell(show.venue, now)


def remove_show(show: Show, *, by: User) -> None:
    """Delete a show: nothing of it is played any more, and what was stays in the history."""
    now = timezone.now()
    with transaction.atomic():
        before = planning.announced(Show.objects.with_all().get(pk=show.pk), now)
        Show.objects.filter(pk=show.pk, removed_at=None).update(removed_at=now, removed_by=by.name)
        _follow(show, before, f"{by.name} deleted the show.", by, now)
    tell(show.venue, now)


def program_changed(program: Program, *, by: User) -> None:
    """The runs of its shows that have not begun play what it says by now."""
    now = timezone.now()
    for show in Show.objects.due().filter(program=program).select_related("venue"):
        planning.replan(show, now, f"{by.name} changed the program.")
        tell(show.venue, now)


def _follow(show: Show, before: list[datetime], because: str, by: User, now: datetime) -> None:
    planning.replan(show, now, because)
    planning.call_off(show, before, now, because)
    Act.record(Act.Kind.SHOW, show.venue, by, f"{show}: {because}", now)
