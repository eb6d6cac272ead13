"""Does what README.md's first command promises: from a fresh clone to a press that inflates a simulated cloud."""

import http.client
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_SECONDS = 60.0
TOKEN = "a" * 32


def main(clone: Path) -> None:
    """Clone, run the command, visit, press, see it inflate, and end it in good order."""
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    found = re.search(r"```sh\n(.+?)\n```", (clone / "README.md").read_text())
    *first, last = found[1].split(" && ") if found else []
    for command in first:
        subprocess.run(shlex.split(command), cwd=clone, check=True, stdout=subprocess.DEVNULL)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    up = subprocess.Popen([*shlex.split(last), "--port", str(port)], cwd=clone)
    try:
        until(lambda: "Cumulus" in ask(port, "GET", "/"), "the clouds are shown")
        session = sign_up(port)
        until(lambda: can_be_pressed(ask(port, "GET", "/clouds/demo-cumulus/", session)), "the cloud can be pressed")
        ask(port, "POST", "/clouds/demo-cumulus/press/", session)
        until(lambda: is_inflated(ask(port, "GET", "/clouds/demo-cumulus/", session)), "the cloud inflates")
    finally:
        up.send_signal(signal.SIGTERM)
        code = up.wait(PATIENCE_SECONDS)
    if code:
        sys.exit(f"The demo ended with {code}.")
    print("A press inflated a simulated cloud, and every pump was confirmed off at the end.")


def sign_up(port: int) -> str:
    """A new visitor's session."""
    form = {"name": "Ada", "password": "a long pass phrase"}
    connection = send(port, "POST", "/accounts/signup/", "", form)
    cookies = " ".join(connection.getresponse().headers.get_all("Set-Cookie") or [])
    found = re.search(r"sessionid=\w+", cookies)
    if found is None:
        sys.exit("Nobody could sign up.")
    return found[0]


def can_be_pressed(page: str) -> bool:
    """Whether a cloud's page has a button that is not dead."""
    return 'id="puff"' in page and " disabled>" not in page


def is_inflated(page: str) -> bool:
    """Whether a cloud's page shows some air in it."""
    return re.search(r'data-fill="(?:1|0\.0*[1-9])', page) is not None


def until(true: Callable[[], bool], what: str) -> None:
    """Wait until this is true."""
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            if true():
                return
        except OSError:
            pass  # it does not serve yet
        if time.monotonic() > end:
            sys.exit(f"Waited {PATIENCE_SECONDS:g} s in vain until {what}.")
        time.sleep(0.2)


def ask(port: int, method: str, path: str, session: str = "") -> str:
    """The text that comes back."""
    return send(port, method, path, session, {}).getresponse().read().decode()


def send(port: int, method: str, path: str, session: str, form: dict[str, str]) -> http.client.HTTPConnection:
    """Ask, with the token that every form has."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    body = urlencode({"csrfmiddlewaretoken": TOKEN, **form}) if method == "POST" else None
    headers = {"Cookie": f"csrftoken={TOKEN}; {session}", "Content-Type": "application/x-www-form-urlencoded"}
    connection.request(method, path, body, headers)
    return connection


if __name__ == "__main__":
    os.environ["PIP_QUIET"] = "1"
    main(Path(sys.argv[1]))
