"""Shows: what plays where and when, with the next occurrences before they happen."""

from itertools import islice
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.dateformat import format as date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clouds import actions, patterns, recurrence
from clouds.admin.base import Lines, curator
from clouds.admin.playing import Bill, Plays
from clouds.forms import LineForm, ShowForm
from clouds.models import Cloud, Show, ShowCloud, ShowDate, Venue
from clouds.timeline import BadSteps

NEXT = 10
TWICE = gettext_lazy("This cloud is in the show already.")

if TYPE_CHECKING:
    FormSet = BaseInlineFormSet[Any, Any, Any]
else:
    FormSet = BaseInlineFormSet


class CloudFormSet(FormSet):
    """All the clouds together: that each can play what the show plays."""

    def clean(self) -> None:
        """Raise ValidationError, at the line it is about, for a cloud that can't."""
        super().clean()
        lines = [form for form in self.forms if form.cleaned_data.get("cloud") and not form.cleaned_data.get("DELETE")]
        if not lines and not any(self.errors):
            raise ValidationError(_("Choose at least one cloud."))
        for form in lines:
            if why := self._why_not(form.cleaned_data["cloud"]):
                form.add_error("cloud", why)
        if any(form.errors for form in lines):
            raise ValidationError(_("Please look at the clouds again."))

    def get_unique_error_message(self, unique_check: Any) -> str:
        """Above the lines."""
        return str(TWICE)

    def get_form_error(self) -> str:
        """At the line."""
        return str(TWICE)

    def _why_not(self, cloud: Any) -> str:
        show: Show = self.instance
        if show.program_id is None or show.venue_id is None or show.scale_percent is None:
            return ""
        return _why_not_on(show, cloud)


class CloudLines(Lines):
    """The clouds, in the order in which they begin."""

    model = ShowCloud
    form = LineForm
    formset = CloudFormSet
    fields = ["position", "cloud"]
    extra = 3
    classes = ["in-order"]


class DateFormSet(FormSet):
    """The days together with the rule: that the show occurs at all."""

    def clean(self) -> None:
        """Raise ValidationError if with these days it never would, or too often."""
        super().clean()
        show: Show = self.instance
        if any(self.errors) or show.venue_id is None or show.first_on is None or show.starts_at is None:
            return
        rows = [form.cleaned_data for form in self.forms if form.cleaned_data and not form.cleaned_data.get("DELETE")]
        dates = [ShowDate(on=row["on"], at=row.get("at")) for row in rows if row.get("on")]
        try:
            recurrence.check(show.rule_with(dates))
        except recurrence.BadRule as error:
            raise ValidationError(error.said(_)) from error


class DateLines(Lines):
    """Days left out, and moments added."""

    model = ShowDate
    form = LineForm
    formset = DateFormSet
    fields = ["on", "at"]
    extra = 1


@admin.register(Show)
class ShowAdmin(Plays):
    """A show."""

    form = ShowForm
    list_display = ["name", "program", "when", "where", "next_one", "enabled"]
    list_filter = ["venue", "enabled", "program"]
    search_fields = ["name"]
    inlines = [CloudLines, DateLines]
    actions = ["switch_on", "switch_off"]
    fieldsets = [
        (None, {"fields": ["name", "venue", "program", "scale_percent", "stagger_seconds", "enabled"]}),
        (
            gettext_lazy("When"),
            {
                "fields": [
                    "first_on", "starts_at", "kind", "weekdays", "every_minutes", "last", "month_day", "nth", "typed",
                    "until_on",
                ],
                "description": gettext_lazy(
                    "Times are those of the venue. Days left out and moments added stand further down."
                ),
            },
        ),
        (gettext_lazy("Visitors"), {"fields": ["priority", "protected"]}),
    ]  # fmt: skip

    class Media:
        js = ["clouds/order.js"]

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Show]":
        """Those that were not deleted, with what the list shows of them."""
        return Show.objects.kept().with_all()

    @admin.action(description=gettext_lazy("Switch on"), permissions=["change"])
    def switch_on(self, request: HttpRequest, queryset: "QuerySet[Show]") -> None:
        """Have them play when their times come; those that can't be played as they are stay off, with a sentence."""
        for show in queryset:
            if why := _why_not_at_all(show):
                messages.error(request, _("“%(show)s” stays off. %(why)s") % {"show": show, "why": why})
            else:
                self._switch(request, show, on=True)

    @admin.action(description=gettext_lazy("Switch off"), permissions=["change"])
    def switch_off(self, request: HttpRequest, queryset: "QuerySet[Show]") -> None:
        """Have them play no more until they are switched on."""
        for show in queryset:
            self._switch(request, show, on=False)

    def _switch(self, request: HttpRequest, show: Show, *, on: bool) -> None:
        if show.enabled is on:
            return
        show.enabled = on
        actions.save_show(show, by=curator(request), change=lambda: show.save(update_fields=["enabled", "changed_at"]))
        self.log_change(request, show, [{"changed": {"fields": ["switched on"]}}])
        messages.success(
            request, (_("“%(show)s” is switched on.") if on else _("“%(show)s” is switched off.")) % {"show": show}
        )

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A new show is at the first venue, which mostly is the only one, from today on."""
        venue = Venue.objects.order_by("pk").first()
        today = {"venue": venue, "first_on": timezone.now().astimezone(venue.zone).date()} if venue else {}
        return {**today, **super().get_changeform_initial_data(request)}

    @admin.display(description=gettext_lazy("when"))
    def when(self, show: Show) -> str:
        """When it occurs, in words."""
        return patterns.in_words(show.rrule, show.starts_at)

    @admin.display(description=gettext_lazy("clouds"))
    def where(self, show: Show) -> str:
        """Its clouds, in order."""
        return ", ".join(str(line.cloud) for line in show.lines.all())

    @admin.display(description=gettext_lazy("next"))
    def next_one(self, show: Show) -> str:
        """When it occurs next."""
        return next(iter(self.coming(show, 1)), "–")

    def coming(self, show: Show, count: int = NEXT) -> list[str]:
        """Its next occurrences, where its clouds hang; none for one that is switched off."""
        if not show.enabled:
            return []
        try:
            found = islice(recurrence.occurrences(show.rule, timezone.now()), count)
            return [date_format(at.astimezone(show.venue.zone), "D j M Y, H:i:s T") for at in found]
        except recurrence.BadRule as error:
            return [error.said(_)]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With the next occurrences above the form."""
        show = self.get_object(request, unquote(object_id))
        panel = {"coming": self.coming(show), "when": self.when(show), **self.playing_panel(request)} if show else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **panel})

    def bill(self, row: Show, said: dict[str, Any]) -> Bill:
        """As it is saved, on all its clouds."""
        clouds = [line.cloud for line in row.lines.all()]
        return Bill(row.name, clouds, row.program.plan(row.scale_percent), row.stagger_seconds)

    def save_model(self, request: HttpRequest, obj: Show, form: "forms.ModelForm[Any]", change: bool) -> None:
        """Nothing yet: a show is saved together with its clouds and days."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """All of it at once, so that what has been planned follows."""
        show: Show = form.instance

        def save() -> None:
            # Somebody may have deleted it meanwhile: what the form doesn't hold is not written.
            show.save(update_fields=[*form.Meta.fields, "rrule", "changed_at"] if change else None)
            super(ShowAdmin, self).save_related(request, form, formsets, change)

        actions.save_show(show, by=curator(request), change=save)

    def delete_model(self, request: HttpRequest, obj: Show) -> None:
        """It is played no more, and stays in the history."""
        actions.remove_show(obj, by=curator(request))

    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[Show]") -> None:
        """The same for those that are ticked."""
        for show in queryset:
            self.delete_model(request, show)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
        """Nothing is lost with a show."""
        return [str(obj) for obj in objs], {str(Show._meta.verbose_name_plural): len(objs)}, set(), []


def _why_not_on(show: Show, cloud: Cloud) -> str:
    """Why a cloud could not play its part of a show from empty, in a sentence; "" if it could."""
    if cloud.venue_id != show.venue_id:
        return _("%(cloud)s hangs at another venue than the show plays at.") % {"cloud": cloud}
    try:
        return actions.why_not_playable(cloud, show.program.plan(show.scale_percent), 0.0)
    except BadSteps as error:
        return error.said(_)


def _why_not_at_all(show: Show) -> str:
    lines = list(show.lines.all())
    found = (_why_not_on(show, line.cloud) for line in lines)
    return next(filter(None, found), "") if lines else _("It has no clouds.")
