"""Runs, puffs and acts: to look at. A run that plays can be paused, skipped on and ended; nothing else is changed."""

import contextlib
from datetime import UTC
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clouds import actions, refusals, timeline
from clouds.admin.base import Buttons, ModelAdmin, View, curator, gone, posts
from clouds.models import Act, Puff, Run
from clouds.models.program import step_in_words
from clouds.models.run import RunQuerySet


class ReadOnly(ModelAdmin):
    """Rows to look at."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Rows come from what people do, not from here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What happened has happened."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What happened has happened."""
        return False

    def local(self, cloud: Any, at: Any) -> str:
        """A moment where the cloud hangs."""
        return f"{at.astimezone(cloud.venue.zone):%Y-%m-%d %H:%M:%S %Z}" if at else "–"


@admin.register(Run)
class RunAdmin(ReadOnly, Buttons):
    """A run."""

    list_display = [
        "cloud", "title", "source", "asked_by", "due", "seconds", "state", "outcome", "reason", "simulated",
        "rehearsal",
    ]  # fmt: skip
    list_filter = ["state", "outcome", "source", "cloud", "simulated", ("rehearsal", admin.EmptyFieldListFilter)]
    list_select_related = ["cloud__venue", "asked_by", "rehearsal"]
    actions = ["end_them"]
    show_full_result_count = False
    fields = [
        "cloud", "title", "told", "source", "asked_by", "what", "simulated", "rehearsal", "state", "outcome", "reason",
        "asked", "due", "started", "ended",
    ]  # fmt: skip
    readonly_fields = ["what", "asked", "due", "started", "ended"]

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Run]":
        """Rehearsals, too."""
        return Run.everything.all()

    def has_end_permission(self, request: HttpRequest) -> bool:
        """Whether somebody may end runs."""
        return request.user.has_perm("clouds.change_run")

    @admin.display(description=gettext_lazy("steps"))
    def what(self, run: Run) -> str:
        """Its steps in words."""
        try:
            return ", ".join(step_in_words(step) for step in run.plan)
        except timeline.BadSteps as error:
            return error.said(_)

    @admin.display(description=gettext_lazy("asked for"), ordering="asked_at")
    def asked(self, run: Run) -> str:
        """When it was asked for."""
        return self.local(run.cloud, run.asked_at)

    @admin.display(description=gettext_lazy("due"))
    def due(self, run: Run) -> str:
        """When it was to begin."""
        return self.local(run.cloud, run.due_at)

    @admin.display(description=gettext_lazy("started"))
    def started(self, run: Run) -> str:
        """When it began."""
        return self.local(run.cloud, run.started_at)

    @admin.display(description=gettext_lazy("ended"))
    def ended(self, run: Run) -> str:
        """When it ended."""
        return self.local(run.cloud, run.ended_at)

    @admin.action(description=gettext_lazy("End these runs"), permissions=["end"])
    def end_them(self, request: HttpRequest, runs: RunQuerySet) -> None:
        """End those that are ticked, as far as they have not ended."""
        asked = 0
        for run in runs.live().select_related("cloud__venue"):
            with contextlib.suppress(refusals.TooLate):
                actions.end(run, by=curator(request))
                asked += 1
        messages.success(request, _("Asked %(count)d to end. Any others were over already.") % {"count": asked})

    def buttons(self) -> dict[str, View]:
        """What can be done with one run."""
        return {"end": self.end, "pause": self.pause, "resume": self.resume, "skip": self.skip}

    @posts
    def end(self, request: HttpRequest, pk: int) -> HttpResponse:
        """End one run, and only that."""
        return self._do(request, pk, actions.end, _("Asked it to end."))

    @posts
    def pause(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Switch its pump off, and keep what is left."""
        return self._do(request, pk, actions.pause, _("Asked it to pause. It goes on by itself after ten minutes."))

    @posts
    def resume(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Go on with what was left."""
        return self._do(request, pk, actions.resume, _("Asked it to go on."))

    @posts
    def skip(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Go on with the next step."""
        return self._do(request, pk, actions.skip, _("Asked it to skip the rest of this step."))

    def _do(self, request: HttpRequest, pk: int, action: Any, said: str) -> HttpResponse:
        run = self.row(request, pk)
        if run is None:
            return gone(request)
        try:
            action(run, by=curator(request))
        except refusals.TooLate as refused:
            return render(request, "409.html", {"sentence": str(refused)}, status=409)
        return self.back(request, said, self.address(run))


@admin.register(Act)
class ActAdmin(ReadOnly):
    """What a curator did."""

    list_display = ["when", "name", "kind", "about", "venue"]
    list_filter = ["kind", "venue", "name"]
    list_select_related = ["venue"]
    search_fields = ["name", "about"]
    show_full_result_count = False
    fields = ["when", "name", "kind", "about", "venue"]
    readonly_fields = ["when"]

    @admin.display(description=gettext_lazy("when"), ordering="done_at")
    def when(self, act: Act) -> str:
        """When it was done, where it was done."""
        return f"{act.done_at.astimezone(act.venue.zone if act.venue else UTC):%Y-%m-%d %H:%M:%S %Z}"


@admin.register(Puff)
class PuffAdmin(ReadOnly):
    """A puff."""

    list_display = [
        "cloud", "pump", "who", "source", "on", "off", "planned_seconds", "was", "outcome", "reason", "confirmed",
        "simulated", "rehearsal",
    ]  # fmt: skip
    list_filter = [
        "cloud", "outcome", "source", "pump", "confirmed", "simulated", ("rehearsal", admin.EmptyFieldListFilter)
    ]  # fmt: skip
    list_select_related = ["cloud__venue", "asked_by", "rehearsal"]
    show_full_result_count = False
    fields = [
        "cloud", "plug", "run", "step", "pump", "source", "who", "on", "off", "planned_seconds", "was", "outcome",
        "reason", "confirmed", "simulated", "rehearsal",
    ]  # fmt: skip
    readonly_fields = ["who", "on", "off", "was"]

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Puff]":
        """Rehearsals, too."""
        return Puff.everything.all()

    @admin.display(description=gettext_lazy("who"))
    def who(self, puff: Puff) -> str:
        """The name to show."""
        return puff.who

    @admin.display(description=gettext_lazy("on"), ordering="on_at")
    def on(self, puff: Puff) -> str:
        """When it was switched on."""
        return self.local(puff.cloud, puff.on_at)

    @admin.display(description=gettext_lazy("off"), ordering="off_at")
    def off(self, puff: Puff) -> str:
        """When it was confirmed off."""
        return self.local(puff.cloud, puff.off_at)

    @admin.display(description=gettext_lazy("real seconds"))
    def was(self, puff: Puff) -> str:
        """How long it was on."""
        return _("on now") if puff.seconds is None else f"{puff.seconds:.1f}"
