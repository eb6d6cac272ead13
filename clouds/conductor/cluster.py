"""What the conductor knows of the django-q2 cluster in which it is a task."""

from django_q.conf import Conf
from django_q.status import Stat


def is_stopping(sentinel: int) -> bool:
    """Whether the cluster whose sentinel has this process number is on its way out; False when nothing is known."""
    stopping = (str(Conf.STOPPING), str(Conf.STOPPED))
    return any(stat.sentinel == sentinel and str(stat.status) in stopping for stat in Stat.get_all())
