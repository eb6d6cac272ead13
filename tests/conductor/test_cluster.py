"""Whether the cluster is on its way out: read from its notices, without the database."""

import pytest
from django_q.brokers import Broker
from django_q.conf import Conf
from django_q.signing import SignedPackage
from django_q.status import Stat, Status

from clouds.conductor import cluster


def post(sentinel: int, status: object) -> None:
    """A cluster says how it is, as its sentinel does."""
    notice = Status(pid=1, cluster_id=f"cluster-{sentinel}")
    notice.sentinel, notice.status = sentinel, status
    Broker().set_stat(Stat.get_key(notice.cluster_id), SignedPackage.dumps(notice, True), 30)


@pytest.mark.parametrize(
    ("status", "stopping"),
    [(Conf.STARTING, False), (Conf.WORKING, False), (Conf.IDLE, False), (Conf.STOPPING, True), (Conf.STOPPED, True)],
)
def test_a_cluster_that_stops_is_seen_to(status: object, stopping: bool) -> None:
    post(90001, status)
    assert cluster.is_stopping(90001) is stopping


def test_another_cluster_that_stops_is_no_concern_of_ours() -> None:
    post(90002, Conf.WORKING)
    post(90003, Conf.STOPPING)
    assert not cluster.is_stopping(90002)
    assert not cluster.is_stopping(90004)


def test_nobody_leaves_because_nothing_can_be_found_out(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def out_of_reach(*_: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(Broker, "get_stats", out_of_reach)
    assert not cluster.is_stopping(90001)
    assert "can't be found out" in caplog.text
