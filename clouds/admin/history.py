"""Runs and puffs: to look at. A run that has not ended can be ended; nothing else changes the history."""

import contextlib
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from clouds import actions, refusals, timeline
from clouds.admin.base import Buttons, ModelAdmin, View, curator, gone, posts
from clouds.models import Puff, Run
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

    list_display = ["cloud", "source", "asked_by", "asked", "seconds", "state", "outcome", "reason", "simulated"]
    list_filter = ["state", "outcome", "source", "cloud", "simulated"]
    list_select_related = ["cloud__venue", "asked_by"]
    actions = ["end_them"]
    show_full_result_count = False
    fields = [
        "cloud", "source", "asked_by", "what", "simulated", "state", "outcome", "reason", "asked", "due", "started",
        "ended",
    ]  # fmt: skip
    readonly_fields = ["what", "asked", "due", "started", "ended"]

    def has_end_permission(self, request: HttpRequest) -> bool:
        """Whether somebody may end runs."""
        return request.user.has_perm("clouds.change_run")

    @admin.display(description="steps")
    def what(self, run: Run) -> str:
        """Its steps in words."""
        try:
            return ", ".join(f"{step.do} {step.seconds:g} s" for step in run.plan)
        except timeline.BadSteps as error:
            return str(error)

    @admin.display(description="asked for", ordering="asked_at")
    def asked(self, run: Run) -> str:
        """When it was asked for."""
        return self.local(run.cloud, run.asked_at)

    @admin.display(description="due")
    def due(self, run: Run) -> str:
        """When it was to begin."""
        return self.local(run.cloud, run.due_at)

    @admin.display(description="started")
    def started(self, run: Run) -> str:
        """When it began."""
        return self.local(run.cloud, run.started_at)

    @admin.display(description="ended")
    def ended(self, run: Run) -> str:
        """When it ended."""
        return self.local(run.cloud, run.ended_at)

    @admin.action(description="End these runs", permissions=["end"])
    def end_them(self, request: HttpRequest, runs: RunQuerySet) -> None:
        """End those that are ticked, as far as they have not ended."""
        asked = 0
        for run in runs.live().select_related("cloud__venue"):
            with contextlib.suppress(refusals.TooLate):
                actions.end(run, by=curator(request))
                asked += 1
        messages.success(request, f"Asked {asked} to end. Any others were over already.")

    def buttons(self) -> dict[str, View]:
        """End this run."""
        return {"end": self.end}

    @posts
    def end(self, request: HttpRequest, pk: int) -> HttpResponse:
        """End one run, and only that."""
        run = self.row(request, pk)
        if run is None:
            return gone(request)
        try:
            actions.end(run, by=curator(request))
        except refusals.TooLate as refused:
            return render(request, "409.html", {"sentence": str(refused)}, status=409)
        return self.back(request, "Asked it to end.", self.address(run))


@admin.register(Puff)
class PuffAdmin(ReadOnly):
    """A puff."""

    list_display = [
        "cloud", "pump", "who", "source", "on", "off", "planned_seconds", "was", "outcome", "reason", "confirmed",
        "simulated",
    ]  # fmt: skip
    list_filter = ["cloud", "outcome", "source", "pump", "confirmed", "simulated"]
    list_select_related = ["cloud__venue", "asked_by"]
    show_full_result_count = False
    fields = [
        "cloud", "plug", "run", "step", "pump", "source", "who", "on", "off", "planned_seconds", "was", "outcome",
        "reason", "confirmed", "simulated",
    ]  # fmt: skip
    readonly_fields = ["who", "on", "off", "was"]

    @admin.display(description="on", ordering="on_at")
    def on(self, puff: Puff) -> str:
        """When it was switched on."""
        return self.local(puff.cloud, puff.on_at)

    @admin.display(description="off", ordering="off_at")
    def off(self, puff: Puff) -> str:
        """When it was confirmed off."""
        return self.local(puff.cloud, puff.off_at)

    @admin.display(description="real seconds")
    def was(self, puff: Puff) -> str:
        """How long it was on."""
        return "on now" if puff.seconds is None else f"{puff.seconds:.1f}"
