"""What a phone keeps of the site: its name and icons, and a page to show without a network. No live fact is kept."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _

from clouds.views.answers import reads

# Sky and paper of the noon sky: what a phone shows before the page is there.
THEME, BACKGROUND = "#93c6ec", "#f0f8fd"
ICONS = [
    ("icon-192.png", "192x192", "any"),
    ("icon-512.png", "512x512", "any"),
    ("icon-maskable.png", "512x512", "maskable"),
]


@reads
def manifest(request: HttpRequest) -> HttpResponse:
    """The web app manifest (W3C), by which a phone puts the site among its apps."""
    icons = [
        {"src": static(f"clouds/{name}"), "sizes": sizes, "type": "image/png", "purpose": purpose}
        for name, sizes, purpose in ICONS
    ]
    svg = {"src": static("clouds/favicon.svg"), "sizes": "any", "type": "image/svg+xml"}
    told = {
        "name": _("The Cloud"),
        "short_name": _("The Cloud"),
        "description": _("Balloon clouds that you puff up from your phone."),
        "id": "/",
        "start_url": reverse("sky"),
        "scope": "/",
        "display": "standalone",
        "theme_color": THEME,
        "background_color": BACKGROUND,
        "icons": [*icons, svg],
    }
    return JsonResponse(told, content_type="application/manifest+json")


@reads
def service_worker(request: HttpRequest) -> HttpResponse:
    """The script that shows the offline page. At the root, since it may answer only for addresses below its own."""
    response = render(request, "clouds/service-worker.js", content_type="text/javascript; charset=utf-8")
    # A browser looks for a new one at each visit; one that was kept for long would show an old page for long.
    response["Cache-Control"] = "no-cache"
    return response


@reads
def offline(request: HttpRequest) -> HttpResponse:
    """The page for phones without a network. It is kept, so it tells nothing that changes, and nothing of a person."""
    return render(request, "clouds/offline.html", {"phase": ""})
