"""What django-q2 runs. A task is a wake-up; the truth is in the rows, so one lost or delivered twice does no harm."""

import asyncio
import logging
import signal
import sys
from types import FrameType

from django.db.utils import OperationalError
from django.utils import timezone
from django_q.brokers import get_broker
from django_q.conf import Conf
from django_q.models import Schedule
from django_q.tasks import async_task

from clouds import actions, planning, processes
from clouds.conductor.baton import Baton
from clouds.models import Cloud, Run, Venue, tally
from clouds.models.run import WARM_UP

# So soon the thread of the plugs may go on when that of the database is busy; Python's own 5 ms are long for a cue.
SWITCH_EVERY_SECONDS = 0.0005

log = logging.getLogger(__name__)


def play(venue_id: int) -> str:
    """Conduct a venue for as long as it needs one, unless somebody does already."""
    baton = Baton(venue_id)
    if not baton.take():
        return "somebody else conducts"
    # Imported here, because python-kasa costs 20 MB and most of a second: only who holds the baton needs it.
    from clouds.conductor import garbage
    from clouds.conductor.house import conduct

    processes.open_as_many_files_as_allowed()
    sys.setswitchinterval(SWITCH_EVERY_SECONDS)
    try:
        with garbage.only_when_asked():
            asyncio.run(conduct(baton))
    finally:
        exit_on_sigterm()
    return "left in good order"


def recount(venue_id: int) -> None:
    """Count the history of a venue's clouds anew: in another time zone hours begin at other moments."""
    for cloud in Cloud.objects.filter(venue=venue_id).select_related("venue"):
        tally.recount(cloud)


def canary() -> None:
    """Show that this cluster takes tasks."""
    Venue.objects.reached_by(Conf.CLUSTER_NAME).update(canary_at=timezone.now())


def tick() -> None:
    """Once a minute: show that the clusters live, and see to it that who is wanted is there."""
    canary()
    ask_other_clusters()
    plan()
    wake_conductors()


def plan() -> None:
    """Write the runs of shows that come due in the next minutes, at the venues that this cluster reaches."""
    for venue in Venue.objects.reached_by(Conf.CLUSTER_NAME):
        try:
            planning.plan(venue, timezone.now())
        except Exception:
            # Other venues are planned all the same, and conductors woken; the next minute tries again.
            log.exception("The shows at %s can't be planned.", venue)


def ask_other_clusters() -> None:
    """Have every other cluster that has a venue show that it lives, unless it has yet to take what it was sent."""
    others = Venue.objects.exclude(cluster=Conf.CLUSTER_NAME).order_by("cluster").values_list("cluster", flat=True)
    for cluster in others.distinct():
        if _is_heard_by(cluster):
            async_task("clouds.tasks.canary", task_name="canary", cluster=cluster)


def wake_conductors(*, at_once: bool = False) -> None:
    """Ring for the conductor of each venue that wants one and has none."""
    now = timezone.now()
    for venue in Venue.objects.all():
        wanted = venue.is_open(now) or Run.objects.live().at(venue).due_by(now + WARM_UP).exists()
        if wanted and _is_heard_by(venue.cluster):
            actions.wake(venue, now, at_once=at_once)


def _is_heard_by(cluster: str) -> bool:
    """Whether a task would be this cluster's own, or another's that has taken all it was sent: if not, it is away."""
    return cluster == Conf.CLUSTER_NAME or not get_broker(cluster).queue_size()


def keep_schedule() -> None:
    """Have `tick` run each minute."""
    Schedule.objects.update_or_create(
        name="tick", defaults={"func": "clouds.tasks.tick", "schedule_type": Schedule.MINUTES, "minutes": 1}
    )


def on_spawn(**_: object) -> None:
    """A worker begins. The one before it may have been the conductor, so see to it that there is one."""
    exit_on_sigterm()
    try:
        plan()
        wake_conductors(at_once=True)
    except OperationalError:
        log.warning("The database does not answer; the next minute's tick will ring for a conductor.")


def exit_on_sigterm() -> None:
    """End on SIGTERM as if by oneself: the default would kill a worker that holds the lock of the cluster's queue."""
    signal.signal(signal.SIGTERM, _exit)


def _exit(signum: int, frame: FrameType | None) -> None:
    sys.exit(0)
