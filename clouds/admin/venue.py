"""Venues: where they are, when they are open, and the buttons at the top of every curators' page."""

import zoneinfo
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clouds import actions, refusals
from clouds.admin import sheet
from clouds.admin.base import Buttons, OnlyItsFields, View, curator, gone, posts, status_of
from clouds.forms import HoldForm
from clouds.models import Venue
from clouds.templatetags.curators import ago, state_of


def _zones() -> list[tuple[str, str]]:
    return [(name, name) for name in sorted(zoneinfo.available_timezones())]


@admin.register(Venue)
class VenueAdmin(OnlyItsFields, Buttons):
    """A place."""

    list_display = ["name", "time_zone", "opens_at", "closes_at", "state"]
    prepopulated_fields = {"slug": ["name"]}
    readonly_fields = ["state", "conductor_was_heard", "cluster_took_a_task"]
    fieldsets = [
        (None, {"fields": ["name", "slug", "time_zone", "opens_at", "closes_at", "closed_on"]}),
        (gettext_lazy("As it is"), {"fields": ["state", "conductor_was_heard", "cluster_took_a_task"]}),
        (gettext_lazy("For venues on a machine of their own"), {"fields": ["cluster"], "classes": ["collapse"]}),
    ]

    def formfield_for_dbfield(
        self, db_field: "models.Field[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        """Time zones are chosen from those there are."""
        if db_field.name == "time_zone":
            label = capfirst(db_field.verbose_name)
            return forms.ChoiceField(label=label, choices=_zones, help_text=db_field.help_text)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: models.Model, form: "forms.ModelForm[Any]", change: bool) -> None:
        """In another time zone hours begin at other moments: what is tallied by hours is counted anew."""
        super().save_model(request, obj, form, change)
        if change and "time_zone" in form.changed_data:
            actions.recount(cast(Venue, obj))
            messages.info(request, _("The charts are reckoned anew for this time zone. A long history takes a minute."))

    @admin.display(description=gettext_lazy("state"))
    def state(self, venue: Venue) -> str:
        """Open, closed, held or stopped; nothing while the form holds days that can't be read."""
        try:
            return state_of(venue, timezone.now())
        except ValidationError:
            return "–"

    @admin.display(description=gettext_lazy("conductor last heard of"))
    def conductor_was_heard(self, venue: Venue) -> str:
        """How long ago the conductor beat."""
        return ago(venue.conductor_beat_at)

    @admin.display(description=gettext_lazy("cluster last took a task"))
    def cluster_took_a_task(self, venue: Venue) -> str:
        """How long ago a task was done."""
        return ago(venue.canary_at)

    def buttons(self) -> dict[str, View]:
        """The four at the top of every page, and the two sheets."""
        return {
            "stop": self.stop, "release": self.release, "hold": self.hold, "end_hold": self.end_hold,
            "day": self.day, "week": self.week,
        }  # fmt: skip

    def day(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The day sheet: what is due, in order, and what is in its way."""
        return self._sheet(request, pk, "day", sheet.context_of)

    def week(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The week's view."""
        return self._sheet(request, pk, "week", sheet.week_of)

    def _sheet(self, request: HttpRequest, pk: int, word: str, make: Any) -> HttpResponse:
        venue = self.row(request, pk, permission="view")
        if venue is None:
            return gone(request)
        try:
            context = make(venue, request)
        except sheet.BadDay as error:
            return render(request, "400.html", {"sentence": str(error)}, status=400)
        title = (_("%(venue)s: the day") if word == "day" else _("%(venue)s: the week")) % {"venue": venue}
        context |= {**self.admin_site.each_context(request), "title": title, "opts": self.opts}
        return render(request, f"admin/clouds/venue/{word}.html", context)

    @posts
    def stop(self, request: HttpRequest, pk: int) -> HttpResponse:
        """One press, nothing to confirm."""
        return self._done(request, pk, _("Everything at %(venue)s is stopped, until you release it."), actions.stop)

    @posts
    def release(self, request: HttpRequest, pk: int) -> HttpResponse:
        """End a stop."""
        return self._done(request, pk, _("%(venue)s is released."), actions.release)

    @posts
    def end_hold(self, request: HttpRequest, pk: int) -> HttpResponse:
        """End a hold before its time."""
        return self._done(request, pk, _("The hold of %(venue)s is over."), actions.end_hold)

    def hold(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for how long and why, and hold."""
        venue = self.row(request, pk, permission="hold")
        if venue is None:
            return gone(request)
        form = HoldForm(venue, request.POST if request.method == "POST" else None)
        if not form.is_valid():
            return self.ask(request, _("Hold %(venue)s") % {"venue": venue}, form, 400 if form.is_bound else 200)
        try:
            until = form.ends_at(timezone.now())
            actions.hold(venue, until=until, because=form.cleaned_data["because"], by=curator(request))
        except refusals.Refused as refused:
            form.add_error(None, str(refused))
            return self.ask(request, _("Hold %(venue)s") % {"venue": venue}, form, status_of(refused))
        return self.back(request, _("%(venue)s is on hold.") % {"venue": venue}, self.address(venue))

    def _done(self, request: HttpRequest, pk: int, said: str, action: Any) -> HttpResponse:
        venue = self.row(request, pk, permission="hold")
        if venue is None:
            return gone(request)
        action(venue, by=curator(request))
        return self.back(request, said % {"venue": venue}, self.address(venue))
