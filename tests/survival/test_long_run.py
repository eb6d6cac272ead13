"""A short one of the long runs: the bench itself, drawn from a seed."""

import json
import subprocess
import sys

from tests.site import ROOT, environment


def test_a_short_run_of_faults_leaves_no_pump_on_and_no_row_wrong() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "tests.bench", "faults", "--seed", "1", "--days", "0.5", "--check"],
        cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=400,
    )  # fmt: skip

    assert ended.returncode == 0, ended.stdout[-8000:] + ended.stderr[-2000:]
    said = json.loads(ended.stdout.splitlines()[-1])
    assert said["bench"] == "faults"
    assert said["figures"]["puffs"] > 0
    assert set(said["bars"]) >= {"bursts", "pumps past their time", "history rows that differ"}
