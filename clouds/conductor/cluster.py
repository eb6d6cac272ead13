"""What the conductor knows of the django-q2 cluster in which it is a task."""

import logging

from django_q.brokers import Broker, get_broker
from django_q.conf import Conf
from django_q.status import Stat

log = logging.getLogger(__name__)


def is_stopping(sentinel: int) -> bool:
    """Whether the cluster whose sentinel has this process number is on its way out; False when nothing is known."""
    stopping = (str(Conf.STOPPING), str(Conf.STOPPED))
    try:
        stats = Stat.get_all(_notice_board())
    except Exception:
        # Whoever keeps the clusters' notices may be out of reach for a while: nobody leaves for that.
        log.warning("It can't be found out how the cluster is.", exc_info=True)
        return False
    return any(stat.sentinel == sentinel and str(stat.status) in stopping for stat in stats)


def _notice_board() -> Broker:
    """Where clusters say how they are. The broker of the ORM keeps that in a cache, and is spared its connection."""
    return Broker() if Conf.ORM else get_broker()
