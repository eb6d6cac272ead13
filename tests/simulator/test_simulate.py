"""`manage.py simulate` and the control connection, as another process sees them."""

import json
import signal
import subprocess
import threading

import pytest

from clouds.simulator import CloudSpec
from clouds.simulator.serve import placed
from tests.simulator.process import HOUSE, command, environment, simulate


@pytest.fixture(scope="module")
def simulated():
    with simulate("--clouds", "2", "--vents", "--fill-seconds", "0.2") as running:
        yield running


@pytest.fixture
def remote(simulated):
    with simulated.remote() as connection:
        connection.clear()
        connection.clear_record()
        yield connection
        for plug in connection.plugs():
            connection.press_button(plug["name"], state=0)
        for cloud in simulated.clouds:
            connection.new_balloon(cloud["name"])


def test_it_says_where_everything_is(simulated, remote):
    assert [cloud["name"] for cloud in simulated.clouds] == ["Cloud 1", "Cloud 2"]
    places = [cloud[role] for cloud in simulated.clouds for role in ("inflate", "deflate")]
    known = [{key: plug[key] for key in ("host", "port", "mac", "alias")} for plug in remote.plugs()]
    assert places == known
    assert [plug["name"] for plug in remote.plugs()][:2] == ["Cloud 1/inflate", "Cloud 1/deflate"]


def test_several_remotes_work_at_once_while_one_waits(simulated, remote):
    heard = []

    def wait():
        with simulated.remote() as other:
            heard.append(other.wait_for("Cloud 1/inflate", "relay_on"))

    waiting = threading.Thread(target=wait)
    waiting.start()
    remote.press_button("Cloud 1/inflate")
    waiting.join(5)
    assert heard == remote.record()
    assert remote.record(since=heard[0]["at"]) == []


def test_a_wait_ends(remote):
    with pytest.raises(TimeoutError, match="no on within"):
        remote.wait_for("Cloud 1/inflate", "on", timeout=0.1)


@pytest.mark.parametrize(
    ("ask", "error"),
    [
        (lambda remote: remote.balloon("Nobody"), LookupError),
        (lambda remote: remote.press_button("Nobody"), LookupError),
        (lambda remote: remote.fault("Cloud 1/inflate", "tired"), ValueError),
        (lambda remote: remote.wait_for("Cloud 1/inflate", "godot"), ValueError),
        (lambda remote: remote._ask("__init__"), LookupError),
        (lambda remote: remote._ask("balloon", nonsense=1), TypeError),
    ],
)
def test_nonsense_has_an_answer_and_the_connection_goes_on(remote, ask, error):
    with pytest.raises(error):
        ask(remote)
    assert remote.now() > 0


def test_a_balloon_bursts_and_is_replaced_from_afar(remote):
    remote.set_fill("Cloud 2", 0.5)
    assert remote.balloon("Cloud 2")["fill"] == 0.5
    remote.press_button("Cloud 2/inflate")
    burst = remote.wait_for("Cloud 2/inflate", "burst")
    assert burst["at"] - remote.record()[0]["at"] == pytest.approx(0.52 * 0.2, abs=1e-3)
    assert remote.bursts() == [burst]
    balloon = remote.balloon("Cloud 2")
    assert (balloon["burst"], balloon["fill"], balloon["peak"]) == (True, 0, 1.02)
    assert not remote.balloon("Cloud 1")["burst"]


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_also_with_somebody_waiting(ending, tmp_path):
    with simulate("--clouds", "1") as running:
        remote = running.remote()
        remote.fault("Cloud 1/inflate", "frozen")
        ended = []

        def wait():
            try:
                remote.wait_for("Cloud 1/inflate", "on")
            except OSError as error:
                ended.append(error)

        waiting = threading.Thread(target=wait)
        waiting.start()
        assert running.end(ending) == 0
        waiting.join(5)
        remote.close()
        assert len(ended) == 1
        assert running.process.stderr.read() == ""


def test_what_happens_is_appended_to_a_file_and_names_keep_their_macs(tmp_path):
    path = tmp_path / "record.jsonl"
    macs = []
    for _ in range(2):
        with simulate("--names", "Big one", "--fill-seconds", "0.1", "--record", str(path)) as running:
            with running.remote() as remote:
                remote.press_button("Big one/inflate")
                remote.wait_for("Big one/inflate", "burst")
            macs.append(running.clouds[0]["inflate"]["mac"])
            running.end()
    assert macs[0] == macs[1]
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["kind"] for line in lines] == ["relay", "burst"] * 2
    assert lines[0]["reason"] == "button"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--host", "0.0.0.0"], "this machine only"),  # noqa: S104 - refused
        (["--names", "A", "A"], "same name"),
        (["--fill-seconds", "0"], "more than 0"),
    ],
)
def test_what_cannot_be_is_said_clearly(arguments, complaint):
    done = subprocess.run(
        command("--port", "0", "--control", "0", *arguments),
        capture_output=True,
        text=True,
        timeout=20,
        cwd=HOUSE,
        env=environment(),
    )
    assert done.returncode == 1
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr


def test_a_taken_port_is_said_clearly(simulated):
    port = str(simulated.clouds[0]["inflate"]["port"])
    done = subprocess.run(
        command("--port", port, "--control", "0"),
        capture_output=True,
        text=True,
        timeout=20,
        cwd=HOUSE,
        env=environment(),
    )
    assert done.returncode == 1
    assert "could not listen" in done.stderr


def test_inflate_plugs_come_first_then_the_deflate_plugs():
    specs = [CloudSpec("A", vent_seconds=30), CloudSpec("B"), CloudSpec("C", vent_seconds=30)]
    in_a_row = placed(specs, "127.0.0.1", 9999, spread=False)
    assert [spec.port for spec in in_a_row] == [9999, 10000, 10001]
    assert [spec.vent_port for spec in in_a_row if spec.vent_seconds] == [10002, 10003]
    apart = placed(specs, "127.0.0.1", 9999, spread=True)
    assert [spec.host for spec in apart] == ["127.0.0.1", "127.0.0.2", "127.0.0.3"]
    assert [spec.vent_host for spec in apart if spec.vent_seconds] == ["127.0.0.4", "127.0.0.5"]
    assert {spec.port for spec in apart} == {9999}
