"""Who knows whom: python-kasa stays behind one door, and out of the web process."""

import re
import subprocess
import sys

import pytest

from tests.site import ROOT, environment


def test_only_plugs_imports_kasa() -> None:
    importing = [
        path.relative_to(ROOT)
        for folder in ("clouds", "cloudsite")
        for path in (ROOT / folder).rglob("*.py")
        if re.search(r"^\s*(?:import|from) kasa\b", path.read_text(), re.MULTILINE)
    ]
    assert importing
    assert {path.parent.as_posix() for path in importing} == {"clouds/plugs"}


@pytest.mark.parametrize("module", ["kasa", "clouds.plugs", "clouds.conductor.house", "clouds.simulator"])
def test_the_web_process_does_without(module: str) -> None:
    code = "import sys, cloudsite.asgi, cloudsite.urls; print(*sorted(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment(), capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert "clouds.views.sky" in ran.stdout.split()
    assert module not in ran.stdout.split()
