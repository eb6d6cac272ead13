"""Rehearsals: to watch, and to end."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from clouds import actions, balloon, pictures, refusals, timeline
from clouds.admin.base import Buttons, View, curator, gone, posts, too_late
from clouds.admin.history import ReadOnly
from clouds.models import Cloud, Puff, Rehearsal, Run
from clouds.pictures import Picture
from clouds.timeline import Do

LIVE_EVERY_MS, OVER_EVERY_MS = 250, 10_000


@dataclass(frozen=True, slots=True)
class Scene:
    """One cloud of a rehearsal at one moment: what its simulated pumps do, how full it is, and how far it has come."""

    run: Run
    does: str
    fill: float
    seconds: float
    picture: Picture

    @property
    def cloud(self) -> Cloud:
        """The one whose balloon it is."""
        return self.run.cloud

    @property
    def percent(self) -> int:
        """How full it is; 100 is as full as is safe."""
        return round(self.fill * 100)

    @property
    def scale(self) -> str:
        """How large to draw it."""
        return pictures.scale_of(self.fill)

    @property
    def place(self) -> float:
        """Where it is in the picture of its steps."""
        return self.picture.x_of(self.seconds)

    @property
    def clock(self) -> str:
        """How far it has come, of how much."""
        return f"{pictures.clock(self.seconds)} / {pictures.clock(self.picture.seconds)}"


def scene_of(run: Run, rehearsal: Rehearsal, now: datetime) -> Scene:
    """How a run stands. The fill is reckoned from what its pumps really did, as for real."""
    end = run.ended_at or run.paused_at or now
    puffs = list(Puff.everything.filter(run=run).order_by("on_at"))
    fill, at, measures = rehearsal.fill, run.started_at or now, run.cloud.measures
    for puff in puffs:
        off_at = puff.off_at or end
        fill = balloon.after(fill, _seconds(at, puff.on_at, rehearsal), Do.REST, measures)
        fill, at = balloon.after(fill, _seconds(puff.on_at, off_at, rehearsal), puff.do, measures), off_at
    fill = balloon.after(fill, _seconds(at, end, rehearsal), Do.REST, measures)
    passed = min(_seconds(run.started_at or end, end, rehearsal), timeline.length(run.plan))
    picture = pictures.draw(run.plan, measures, run.cloud.hard_cap_seconds, fill=rehearsal.fill)
    on = next((puff.do for puff in puffs if puff.off_at is None), None)
    return Scene(run, _what(run, on), fill, passed, picture)


def _seconds(since: datetime, until: datetime, rehearsal: Rehearsal) -> float:
    """Seconds that would have passed, for real, between two moments of a rehearsal."""
    return max(0.0, (until - since) / timedelta(seconds=1)) * rehearsal.speed


def _what(run: Run, on: Do | None) -> str:
    if run.state == Run.State.ENDED:
        return run.get_outcome_display() + (f": {run.reason}" if run.reason else "")
    if run.paused_at:
        return _("paused")
    if run.state == Run.State.WAITING or (run.started_at and run.started_at > timezone.now()):
        return _("waits for its turn")
    return {Do.INFLATE: _("inflates"), Do.DEFLATE: _("deflates")}.get(on or Do.REST, _("rests"))


@admin.register(Rehearsal)
class RehearsalAdmin(ReadOnly, Buttons):
    """A rehearsal."""

    list_display = ["title", "when", "asked_by", "times", "venue"]
    list_select_related = ["venue", "asked_by"]
    list_filter = ["venue"]
    search_fields = ["title"]
    show_full_result_count = False

    @admin.display(description=gettext_lazy("when"), ordering="asked_at")
    def when(self, rehearsal: Rehearsal) -> str:
        """When it was asked for, where the clouds hang."""
        return f"{rehearsal.asked_at.astimezone(rehearsal.venue.zone):%Y-%m-%d %H:%M:%S %Z}"

    @admin.display(description=gettext_lazy("speed"))
    def times(self, rehearsal: Rehearsal) -> str:
        """How many times as fast."""
        return f"× {rehearsal.speed:g}"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The clouds of the rehearsal, animated, and its end."""
        rehearsal = self.row(request, int(unquote(object_id)) if object_id.isdecimal() else 0, permission="view")
        if rehearsal is None:
            return gone(request)
        if request.method == "POST":
            raise PermissionDenied  # what happened has happened
        now = timezone.now()
        runs = Run.everything.filter(rehearsal=rehearsal).select_related("cloud__venue", "rehearsal").oldest_first()
        scenes = [scene_of(run, rehearsal, now) for run in runs]
        lives = any(scene.run.state != Run.State.ENDED for scene in scenes)
        context = {
            **self.admin_site.each_context(request), "title": str(rehearsal), "opts": self.opts,
            "rehearsal": rehearsal, "scenes": scenes, "lives": lives,
            "every": LIVE_EVERY_MS if lives else OVER_EVERY_MS, "sentence": _sentence(scenes, lives=lives),
            "may_end": self.may_end(request),
        }  # fmt: skip
        return render(request, "admin/clouds/rehearsal/watch.html", context)

    def may_end(self, request: HttpRequest) -> bool:
        """Whether somebody may end rehearsals: who may begin them."""
        return request.user.has_perm("clouds.add_rehearsal")

    def buttons(self) -> dict[str, View]:
        """End it."""
        return {"end": self.end}

    @posts
    def end(self, request: HttpRequest, pk: int) -> HttpResponse:
        """End it on all its clouds."""
        rehearsal = self.row(request, pk, permission="add")
        if rehearsal is None:
            return gone(request)
        try:
            actions.end_rehearsal(rehearsal, by=curator(request))
        except refusals.TooLate as refused:
            return too_late(request, refused)
        return self.back(request, _("Asked it to end."), self.address(rehearsal))


def _sentence(scenes: list[Scene], *, lives: bool) -> str:
    """How it goes, for those who can't see it; it changes seldom."""
    if lives:
        return _("The rehearsal plays. No pump is switched.")
    done = sum(scene.run.outcome == Run.Outcome.DONE for scene in scenes)
    if done == len(scenes):
        return _("The rehearsal is over: everything was played as planned.")
    return ngettext(
        "The rehearsal is over: %(done)s of %(all)s cloud played to its end.",
        "The rehearsal is over: %(done)s of %(all)s clouds played to their end.",
        len(scenes),
    ) % {"done": done, "all": len(scenes)}
