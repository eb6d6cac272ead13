"""Takes the pictures of docs/pictures.md anew, from a site of its own in which each cloud is in another state.

`python .ci/pictures.py [NAME …]`
"""

import base64
import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from datetime import timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
PORT = 8799
ADDRESS = f"http://localhost:{PORT}"
PHONE, DESK, WALL = (390, 844, 2.0), (1280, 860, 1.0), (1600, 900, 1.0)
ACROSS, UPRIGHT = (1180, 820, 1.0), (820, 1180, 1.0)
Picture = tuple[str, tuple[int, int, float], str, str]
# Where, how large, which scheme, what time of day. What plays comes first, while it does.
PICTURES: dict[str, Picture] = {
    "cloud-desk-light": ("/clouds/cumulus/", DESK, "light", "morning"),
    "cloud-desk-dark": ("/clouds/cumulus/", DESK, "dark", "dusk"),
    "cloud-phone-light": ("/clouds/cumulus/", PHONE, "light", "morning"),
    "cloud-phone-dark": ("/clouds/cumulus/", PHONE, "dark", "night"),
    "kiosk-turn": ("/kiosk/cumulus/", ACROSS, "light", "golden"),
    "sky-desk-light": ("/", DESK, "light", "golden"),
    "sky-desk-dark": ("/", DESK, "dark", "night"),
    "sky-phone-light": ("/", PHONE, "light", "noon"),
    "sky-phone-dark": ("/", PHONE, "dark", "dusk"),
    "button-ready": ("/clouds/altus/", PHONE, "light", "noon"),
    "button-next": ("/clouds/nimbus/", PHONE, "light", "dusk"),
    "button-wait": ("/clouds/mist/", PHONE, "light", "golden"),
    "button-full": ("/clouds/stratus/", PHONE, "light", "night"),
    "button-stopped": ("/clouds/fog/", PHONE, "light", "noon"),
    "button-unreachable": ("/clouds/haze/", PHONE, "dark", "noon"),
    "kiosk-upright": ("/kiosk/altus/", UPRIGHT, "light", "noon"),
    "kiosk-name": ("/kiosk/altus/turn/", UPRIGHT, "dark", "dusk"),
    "wall": ("/wall/", WALL, "light", "dawn"),
}
# These come last, and of them what plays comes first.
WEATHER: dict[str, Picture] = {
    "rehearsal-desk": ("/admin/clouds/rehearsal/{rehearsal}/change/", DESK, "light", ""),
    "rehearsal-phone": ("/admin/clouds/rehearsal/{rehearsal}/change/", PHONE, "dark", ""),
    "program-desk": ("/admin/clouds/program/{program}/change/", DESK, "light", ""),
    "program-phone": ("/admin/clouds/program/{program}/change/", PHONE, "dark", ""),
    "show-desk": ("/admin/clouds/show/{show}/change/", DESK, "light", ""),
    "show-phone": ("/admin/clouds/show/{show}/change/", PHONE, "dark", ""),
    "day-desk": ("/admin/clouds/venue/{venue}/day/", DESK, "light", ""),
    "day-phone": ("/admin/clouds/venue/{venue}/day/", PHONE, "dark", ""),
    "shows-desk": ("/shows/", DESK, "light", ""),
    "shows-phone": ("/shows/", PHONE, "light", ""),
}


def main(names: list[str]) -> None:
    """Set the stage, and take those pictures, or all."""
    with tempfile.TemporaryDirectory(prefix="cloudsite-pictures-") as folder:
        # An address that phones could reach: a kiosk shows no code that leads nowhere.
        os.environ.update(
            CLOUDSITE_DATA=folder, DJANGO_SETTINGS_MODULE="cloudsite.settings", SITE_URL="http://cloud.example.org"
        )
        # Playwright keeps an event loop in this thread, and Django would refuse its database there.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
        sys.path.insert(0, str(ROOT))
        sessions = stage()
        command = [
            sys.executable,
            "-m",
            "uvicorn",
            "cloudsite.asgi:application",
            "--port",
            str(PORT),
            "--no-access-log",
        ]
        server = subprocess.Popen(command, cwd=ROOT)
        try:
            wait_until_it_serves()
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
                for name in [name for name in PICTURES if name in names or not names]:
                    take(browser, name, PICTURES[name], sessions[seen_by(PICTURES[name][0])])
                rows = weather()
                for name in [name for name in WEATHER if name in names or not names]:
                    url, *how = WEATHER[name]
                    take(browser, name, (url.format_map(rows), *how), sessions[seen_by(url)])
                browser.close()
        finally:
            server.terminate()
            server.wait(10)


def stage() -> dict[str, str]:
    """A database with a cloud in each state, as if a conductor were there; sessions of Ada, a curator, and kiosks."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.utils import timezone

    from clouds import processes
    from clouds.models import Cloud, Kiosk, Plug, User, Venue

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    now = timezone.now()
    Venue.objects.update(time_zone="Europe/Berlin")
    barn = Venue.objects.create(
        name="The barn", slug="barn", time_zone="Europe/Berlin", stopped_at=now, stopped_by="Mo"
    )
    Venue.objects.update(
        conductor=processes.name_of(os.getpid()), conductor_beat_at=now + timedelta(hours=1), canary_at=now
    )
    people = {name: User.objects.create_user(name, "a long pass phrase") for name in ("Ada", "Grace", "Radia")}
    fills = {"Altus": 0.3, "Cumulus": 0.5, "Fog": 0.55, "Haze": 0.7, "Mist": 0.2, "Nimbus": 0.8, "Stratus": 1.0}
    clouds = {}
    for port, (name, fill) in enumerate(fills.items(), start=9000):
        venue = barn if name == "Fog" else Venue.objects.exclude(pk=barn.pk).get()
        cloud = Cloud.objects.create(
            venue=venue, name=name, slug=name.lower(), fill_then=fill, fill_then_at=now, fill_seconds=9000.0,
            vent_seconds=9000.0, half_life_seconds=900_000.0, rest_seconds=0.0,
        )  # fmt: skip
        Plug.objects.create(venue=venue, cloud=cloud, name=name, host="127.0.0.1", port=port, relay="off")
        clouds[name] = cloud
        for minutes, who in ((4, "Grace"), (9, "Radia"), (13, "Grace")):
            puff(cloud, people[who], now - timedelta(minutes=minutes))
    Plug.objects.filter(cloud=clouds["Haze"]).update(trouble="It does not answer.")
    play(clouds["Cumulus"], people["Ada"])
    play(clouds["Nimbus"], people["Grace"], pump="deflate")
    ask(clouds["Nimbus"], people["Ada"])
    Cloud.objects.filter(pk=clouds["Mist"].pk).update(cool_down_seconds=900.0)
    puff(clouds["Altus"], people["Ada"], now - timedelta(minutes=2))
    Cloud.objects.filter(pk=clouds["Stratus"].pk).update(half_life_seconds=None)
    curator = User.objects.create_superuser("Mo", "a long pass phrase")
    sessions = {"Ada": session_of(people["Ada"]), "Mo": session_of(curator)}
    for name, guest in (("Cumulus", people["Ada"]), ("Altus", None)):
        kiosk = Kiosk(cloud=clouds[name], label="Tablet", guest=guest)
        sessions[name.lower()] = kiosk.new_secret()
        kiosk.save()
    return sessions


def seen_by(url: str) -> str:
    """Whose session a page is for: a kiosk's bears the name of its cloud."""
    if url.startswith("/kiosk/"):
        return url.split("/")[2]
    return "Mo" if url.startswith("/admin/") else "Ada"


def session_of(user: Any) -> str:
    """Somebody who has logged in."""
    from django.conf import settings
    from django.contrib.sessions.backends.db import SessionStore

    session = SessionStore()
    session["_auth_user_id"] = str(user.pk)
    session["_auth_user_backend"] = settings.AUTHENTICATION_BACKENDS[0]
    session["_auth_user_hash"] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def weather() -> dict[str, int]:
    """Two shows, of which one will be skipped on a cloud, and a rehearsal in the middle of its time.

    The numbers of the rows that have pages of their own. The clouds are as quick as real ones from here on.
    """
    from datetime import date, time

    from django.utils import timezone

    from clouds import timeline
    from clouds.models import Cloud, Program, Rehearsal, Run, Show, User

    Cloud.objects.update(fill_seconds=60.0, vent_seconds=None, half_life_seconds=240.0, fill_then=0.1)
    clouds, curator = {cloud.name: cloud for cloud in Cloud.objects.all()}, User.objects.get(name="Mo")
    program, storm = Program.objects.get(name="Cumulus"), Program.objects.get(name="Storm front")
    venue, names = clouds["Altus"].venue, ("Altus", "Cumulus", "Mist")
    made = {"venue": venue, "first_on": date(2026, 1, 5)}
    evening = Show.objects.create(
        **made, name="Every evening", program=program, starts_at=time(19), stagger_seconds=20,
        rrule="FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
    )  # fmt: skip
    front = Show.objects.create(**made, name="Storm front", program=storm, starts_at=time(19, 1), rrule="FREQ=DAILY")
    for show, on in ((evening, names), (front, ("Mist", "Nimbus"))):
        for place, name in enumerate(on):
            show.lines.create(cloud=clouds[name], position=place)
    now, steps = timezone.now(), program.plan()
    rehearsal = Rehearsal.objects.create(
        venue=venue, title=evening.name, speed=1, fill=0.1, asked_at=now, asked_by=curator
    )
    for place, name in enumerate(names):
        began = now - timedelta(seconds=25 - 12 * place)
        run = Run.objects.create(
            cloud=clouds[name], source="curator", rehearsal=rehearsal, title=evening.name, asked_at=now, due_at=began,
            started_at=began, state="playing", steps=timeline.dump(steps), seconds=timeline.length(steps),
        )  # fmt: skip
        for cue in timeline.cues(steps):
            if cue.do != "rest" and began + cue.at < now:
                off_at = began + cue.until
                over = {"off_at": off_at, "outcome": "done"} if off_at < now else {}
                clouds[name].puffs.create(
                    run=run, step=cue.index, pump=cue.do.value, source="curator", rehearsal=rehearsal,
                    on_at=began + cue.at, **over,
                )  # fmt: skip
    return {"program": program.pk, "show": evening.pk, "venue": venue.pk, "rehearsal": rehearsal.pk}


def puff(cloud: Any, by: Any, on_at: Any) -> None:
    """Five seconds that are over."""
    from clouds.models import Puff

    Puff.objects.create(
        cloud=cloud, pump="inflate", source="visitor", asked_by=by, planned_seconds=5.0, on_at=on_at,
        off_at=on_at + timedelta(seconds=5), outcome="done", confirmed=True,
    )  # fmt: skip


def ask(cloud: Any, by: Any, pump: str = "inflate", seconds: float = 5.0, **fields: Any) -> Any:
    """A visitor's run."""
    from django.utils import timezone

    from clouds.models import Run

    now, steps = timezone.now(), [{"do": pump, "seconds": seconds}]
    given = {"cloud": cloud, "source": "visitor", "asked_by": by, "steps": steps, "seconds": seconds}
    return Run.objects.create(**given, asked_at=now, due_at=now, **fields)


def play(cloud: Any, by: Any, pump: str = "inflate") -> None:
    """One that plays for as long as this takes."""
    from django.utils import timezone

    from clouds.models import Puff

    run = ask(cloud, by, pump, 30.0, state="playing", started_at=timezone.now())
    Puff.objects.create(
        cloud=cloud,
        pump=pump,
        source="visitor",
        asked_by=by,
        planned_seconds=30.0,
        on_at=run.started_at,
        run=run,
        step=0,
    )


def wait_until_it_serves() -> None:
    """Ask until there is an answer, for twenty seconds."""
    for _ in range(100):
        try:
            urllib.request.urlopen(ADDRESS, timeout=2).close()
        except (urllib.error.URLError, OSError):
            subprocess.run(["sleep", "0.2"], check=True)
        else:
            return
    raise SystemExit("The site doesn't answer.")


def take(browser: Browser, name: str, picture: Picture, session: str) -> None:
    """One picture, at the time of day that it is to show."""
    url, (width, height, scale), scheme, phase = picture
    size: Any = {"width": width, "height": height}
    context = browser.new_context(viewport=size, device_scale_factor=scale, color_scheme=scheme)  # type: ignore[arg-type]
    cookie = "kiosk" if url.startswith("/kiosk/") else "sessionid"
    context.add_cookies([{"name": cookie, "value": session, "url": ADDRESS}])
    page = context.new_page()
    page.route("**/live*.js", lambda route: route.abort())
    page.goto(ADDRESS + url)
    if phase:
        told = "phase => document.querySelectorAll(':root, #live').forEach((one) => { one.dataset.phase = phase; })"
        page.evaluate(told, phase)
    page.wait_for_timeout(600)
    shot = context.new_cdp_session(page).send("Page.captureScreenshot", {"format": "webp", "quality": 86})
    (IMAGES / f"{name}.webp").write_bytes(base64.b64decode(shot["data"]))
    context.close()


if __name__ == "__main__":
    main(sys.argv[1:])
