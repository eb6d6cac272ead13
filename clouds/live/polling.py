"""`GET /events.json`: what the first event of the stream tells, for pages behind a proxy that keeps streams back."""

import hashlib
import threading
import time
from collections.abc import Collection

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response

from clouds.live import facts, stream
from clouds.live.facts import Reading
from clouds.views.answers import reads

# Where there is such a proxy, everybody in the gallery is behind it, and asks every second.
KEPT_FOR_SECONDS = 0.25


class Glance:
    """The last look at the sky, for as long as it is fresh; who comes while one looks gets what that one sees."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reading: Reading | None = None
        self._looked_at = 0.0

    def __call__(self) -> Reading:
        """How the sky stands. Raises DatabaseError."""
        with self._lock:
            if self._reading is None or time.monotonic() - self._looked_at > KEPT_FOR_SECONDS:
                self._reading = facts.read()
                self._looked_at = time.monotonic()
            return self._reading


_glance = Glance()


@reads
def events_json(request: HttpRequest) -> HttpResponseBase:
    """How all clouds stand, or one; 304 to who knows it already, and has only to reckon on."""
    try:
        reading = _glance()
    except DatabaseError:
        return JsonResponse({"error": "The sky can't be seen right now."}, status=503)
    slug = request.GET.get("cloud", "")
    if slug and slug not in reading.clouds:
        return JsonResponse({"error": "There is no such cloud, or it is switched off."}, status=404)
    slugs = [slug] if slug else list(reading.clouds)
    response = HttpResponse(reading.message(slugs, stream.places.total()), content_type="application/json")
    response["ETag"] = etag = _etag(reading, slugs)
    response["Cache-Control"] = "no-cache"
    return get_conditional_response(request, etag=etag, response=response) or response


def _etag(reading: Reading, slugs: Collection[str]) -> str:
    marks = "\n".join(reading.marks[slug] for slug in slugs)
    return f'W/"{hashlib.blake2b(marks.encode(), digest_size=12).hexdigest()}"'
