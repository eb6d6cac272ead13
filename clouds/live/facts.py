"""What is told of the clouds to everybody: public facts only."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from clouds.models import Cloud
from clouds.views import standing
from clouds.views.standing import Standing

Told = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reading:
    """How the clouds that are switched on stood at one moment, by slug.

    A cloud's mark is another as soon as there is news of it. Air that comes and goes as it was told is none, since
    pages reckon with it themselves. At `next_at` time alone makes news, if nothing does so before.
    """

    at: datetime
    clouds: dict[str, Told]
    marks: dict[str, str]
    next_at: datetime | None

    def message(self, slugs: Collection[str], watching: int, gone: Collection[str] = ()) -> str:
        """What a page is told of these clouds, as JSON; `gone` are clouds that are switched off by now."""
        clouds = [told for slug, told in self.clouds.items() if slug in slugs]
        more = {"gone": list(gone)} if gone else {}
        return json.dumps({"at": _ms(self.at), "watching": watching, "clouds": clouds, **more}, separators=(",", ":"))


def read() -> Reading:
    """The sky as it is now. It asks the database."""
    now = timezone.now()
    standings = standing.of_all(list(Cloud.objects.switched_on().select_related("venue")), now)
    told = {stands.cloud.slug: _tell(stands) for stands in standings}
    marks = {stands.cloud.slug: _mark(stands, told[stands.cloud.slug]) for stands in standings}
    coming = [stands.until for stands in standings if stands.until and stands.until > now]
    return Reading(now, told, marks, min(coming, default=None))


def _tell(stands: Standing) -> Told:
    cloud, run = stands.cloud, stands.playing
    who = run.asked_by.name if run and run.asked_by else run.get_source_display() if run else ""
    return {
        "slug": cloud.slug,
        "state": stands.state.name.lower(),
        "sentence": stands.sentence,
        "until": _ms(stands.until) if stands.until else None,
        "fill": round(stands.fill, 5),
        "gain": stands.gain,
        "loss": cloud.measures.loss,
        "who": who,
        "title": run.title if run else "",
        "seconds": run.seconds if run else None,
        "queue": len(stands.queue),
        "press_seconds": stands.press_seconds,
    }


def _mark(stands: Standing, told: Told) -> str:
    """All that is told, with what the fill is reckoned from in place of the fill."""
    since = [stands.cloud.fill_then, stands.cloud.fill_then_at, [puff.on_at for puff in stands.still_on]]
    return json.dumps({**told, "fill": since}, default=str)


def _ms(at: datetime) -> int:
    """Milliseconds since the epoch, as browsers count."""
    return round(at.timestamp() * 1000)
