"""What a phone keeps of the site: the manifest, the service worker, the offline page."""

import json
import re

from django.test import Client
from django.utils import timezone

from clouds.models import Cloud, Plug, Venue
from tests.site import ROOT
from tests.web.conftest import Make, text

STATIC = ROOT / "clouds" / "static" / "clouds"


def test_the_manifest_makes_an_app_of_the_site(client: Client) -> None:
    response = client.get("/manifest.webmanifest")
    assert response["Content-Type"] == "application/manifest+json"
    told = json.loads(response.content)
    assert (told["start_url"], told["scope"], told["display"]) == ("/", "/", "standalone")
    for icon in told["icons"]:
        file = STATIC / icon["src"].rpartition("/")[2]
        assert file.is_file()
        if file.suffix == ".png":
            # The size stands in the header of a PNG, after its signature (PNG, 11.2.2).
            head = file.read_bytes()
            size = (int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big"))
            assert icon["sizes"] == f"{size[0]}x{size[1]}"
    assert {"any", "maskable"} <= {icon.get("purpose") for icon in told["icons"]}


def test_every_page_names_the_manifest(client: Client, cloud: Cloud) -> None:
    assert '<link rel="manifest" href="/manifest.webmanifest">' in text(client.get("/"))


def test_the_service_worker_answers_at_the_root_and_is_looked_for_at_each_visit(client: Client) -> None:
    response = client.get("/service-worker.js")
    assert response["Content-Type"].startswith("text/javascript")
    assert response["Cache-Control"] == "no-cache"
    assert "default-src 'self'" in response["Content-Security-Policy"]


def test_the_service_worker_keeps_the_offline_page_and_what_that_needs_and_no_other(client: Client, db: None) -> None:
    script = text(client.get("/service-worker.js"))
    kept = json.loads(re.findall(r"const KEPT = (\[.*?\]);", script)[0])
    page = text(client.get("/offline/"))
    needed = set(re.findall(r'(?:href|src)="(/static/[^"]+\.(?:css|js|svg))"', page))
    assert needed == set(kept) - {"/offline/"}


def test_the_offline_page_tells_nothing_that_changes_and_nothing_of_a_person(
    visitor: Client, client: Client, cloud: Cloud
) -> None:
    page = text(visitor.get("/offline/"))
    assert "You are offline." in page
    assert "The clouds go on without you." in page
    assert page == text(client.get("/offline/"))
    assert "Ada" not in page
    assert "csrf" not in page
    assert "data-phase" not in page


def test_the_wall_shows_every_cloud_and_leads_nowhere(
    client: Client, conducted: Venue, cloud: Cloud, make_puff: Make
) -> None:
    other = Cloud.objects.create(venue=conducted, name="Fog", slug="fog")
    Plug.objects.create(venue=conducted, cloud=other, name="Plug", host="127.0.0.1", port=9001)
    make_puff(on_at=timezone.now(), seconds=None)
    page = text(client.get("/wall/"))
    assert page.count('<svg class="cloud"') == 2
    assert "Cumulus is puffing." in page
    assert 'id="live" data-url="/wall/"' in page
    assert not re.search(r"<(?:a|form|button|input|header|nav)\b", page)


def test_the_wall_follows_its_venue_without_script_too(client: Client, conducted: Venue, cloud: Cloud) -> None:
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in text(client.get("/wall/"))
