"""The conductor is told that something was asked for, and rung for where there is none."""

from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import Q
from django_q.tasks import async_task

from clouds import doorbell
from clouds.models import Venue

# A conductor that was rung for needs about two seconds to come; ringing again sooner would only fill the queue.
RING_AGAIN_AFTER = timedelta(seconds=2)


def tell(venue: Venue, now: datetime) -> None:
    """Let the conductor know; ring for one if there is none."""
    doorbell.ring()
    wake(venue, now)


def wake(venue: Venue, now: datetime, *, at_once: bool = False) -> bool:
    """Ring for a conductor if none beats; whether it was rung for.

    Whoever rings again within a moment is not heard, unless `at_once`: by then the one who was rung for may have died.
    """
    if venue.is_conducted(now):
        return False
    lately = Q(woken_at__gt=now - RING_AGAIN_AFTER, woken_at__lte=now)
    if not Venue.objects.filter(Q() if at_once else ~lately | Q(woken_at=None), pk=venue.pk).update(woken_at=now):
        return False
    async_task(
        "clouds.tasks.play",
        venue.pk,
        task_name=f"play {venue.slug}",
        # Named always: without a name it would be whichever cluster this process belongs to.
        cluster=venue.cluster,
        q_options={"timeout": -1},
    )
    return True


def recount(venue: Venue) -> None:
    """Have a venue's history counted anew for its charts, once what is being saved is saved."""
    task = partial(
        async_task,
        "clouds.tasks.recount",
        venue.pk,
        task_name=f"recount {venue.slug}",
        cluster=venue.cluster,
        # A million puffs take some ten seconds, on a Raspberry Pi a minute.
        q_options={"timeout": -1},
    )
    transaction.on_commit(task)
