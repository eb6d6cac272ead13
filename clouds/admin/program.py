"""Programs: their steps in order, and a picture of what they do to a balloon."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.forms import formset_factory, modelform_factory
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from clouds import actions, pictures, timeline
from clouds.admin.base import Lines, curator, not_so
from clouds.admin.playing import Bill, Plays, RehearsalOnCloudsForm, RunOnCloudsForm
from clouds.forms import LineForm
from clouds.models import Cloud, Program, ProgramStep, Show
from clouds.timeline import BadSteps, Do, Step

if TYPE_CHECKING:
    FormSet = BaseInlineFormSet[Any, Any, Any]
else:
    FormSet = BaseInlineFormSet


class StepFormSet(FormSet):
    """All the steps together: that they can be played at all, and on the clouds of the shows that play them."""

    def clean(self) -> None:
        """Raise ValidationError with a sentence for steps that can't be played."""
        super().clean()
        if any(self.errors):
            return
        steps = _steps(form.cleaned_data for form in self.forms)
        program: Program = self.instance
        try:
            plan = timeline.composed(steps, program.repeats or 1, (program.scale_percent or 100) / 100)
        except BadSteps as error:
            raise ValidationError(error.said(_)) from error
        if program.pk:
            self._check_shows(program, steps)
        if (cloud := Cloud.objects.first()) and not _fits_any(plan):
            raise ValidationError(
                _("No cloud could play this. %(why)s") % {"why": actions.why_not_playable(cloud, plan, 0.0)}
            )

    def _check_shows(self, program: Program, steps: list[Step]) -> None:
        for show in Show.objects.due().filter(program=program).with_all():
            scale = program.scale_percent * show.scale_percent / 10_000
            plan = timeline.composed(steps, program.repeats, scale)
            for line in show.lines.all():
                if why := actions.why_not_playable(line.cloud, plan, 0.0):
                    raise ValidationError(_("The show “%(show)s” plays this. %(why)s") % {"show": show, "why": why})


class StepLines(Lines):
    """The steps, in their order."""

    model = ProgramStep
    form = LineForm
    formset = StepFormSet
    fields = ["position", "do", "seconds"]
    extra = 4
    classes = ["in-order"]


@admin.register(Program)
class ProgramAdmin(Plays):
    """A weather program."""

    run_form = RunOnCloudsForm
    rehearsal_form = RehearsalOnCloudsForm

    list_display = ["name", "description", "lasts", "repeats", "scale_percent"]
    search_fields = ["name", "description"]
    inlines = [StepLines]
    fieldsets = [(None, {"fields": ["name", "description", "repeats", "scale_percent"]})]

    class Media:
        js = ["clouds/order.js", "clouds/picture.js"]

    @admin.display(description=gettext_lazy("lasts"))
    def lasts(self, program: Program) -> str:
        """How long it plays."""
        try:
            return pictures.clock(timeline.length(program.plan()))
        except BadSteps as error:
            return error.said(_)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """With what waits to be played following."""
        super().save_related(request, form, formsets, change)
        actions.program_changed(form.instance, by=curator(request))

    def get_urls(self) -> list[URLPattern]:
        """With the address that draws what is in the form."""
        view = self.admin_site.admin_view(self.picture)
        return [path("picture/", view, name="clouds_program_picture"), *super().get_urls()]

    def picture(self, request: HttpRequest) -> HttpResponse:
        """What the steps in the form would do, saved or not: a piece of a page. Saves nothing."""
        if request.method != "POST":
            return not_so(request)
        if not (self.has_add_permission(request) or self.has_change_permission(request)):
            raise PermissionDenied
        cloud = _chosen(request.POST.get("on"))
        try:
            plan = drafted(request.POST)
        except BadSteps as error:
            return HttpResponse(format_html('<p class="not-yet">{}</p>', error.said(_)))
        picture = pictures.draw(plan, cloud.measures, cloud.hard_cap_seconds) if cloud else None
        return render(request, "admin/clouds/picture.html", {"picture": picture, "on": cloud})

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With a place for the picture."""
        panel = {"clouds": Cloud.objects.all(), "on": _chosen(request.GET.get("on"))}
        return super().add_view(request, form_url, {**(extra_context or {}), **panel})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With the picture above the form, for a cloud that can be chosen."""
        program = self.get_object(request, unquote(object_id))
        panel = self._panel(request, program) if program else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **panel})

    def _panel(self, request: HttpRequest, program: Program) -> dict[str, Any]:
        cloud = _chosen(request.GET.get("on"))
        try:
            picture = pictures.draw(program.plan(), cloud.measures, cloud.hard_cap_seconds) if cloud else None
        except BadSteps:
            picture = None
        return {"picture": picture, "clouds": Cloud.objects.all(), "on": cloud, **self.playing_panel(request)}

    def bill(self, row: Program, said: dict[str, Any]) -> Bill:
        """All its steps, on the clouds that are ticked."""
        return Bill(row.name, list(said["clouds"]), row.plan(), said["stagger_seconds"] or 0.0)


def drafted(said: QueryDict) -> tuple[Step, ...]:
    """The steps that a form holds, as they would be played. Raises timeline.BadSteps, in a curator's words."""
    frame, lines = FRAME(said), LINES(said, prefix="steps")
    if not (frame.is_valid() and lines.is_valid()):
        raise BadSteps(gettext_noop("Fill in each step first: what, and for how many seconds."))
    steps = _steps(form.cleaned_data for form in lines)
    return timeline.composed(steps, frame.cleaned_data["repeats"], frame.cleaned_data["scale_percent"] / 100)


FRAME = modelform_factory(Program, fields=["repeats", "scale_percent"])
LINES = formset_factory(
    modelform_factory(ProgramStep, form=LineForm, fields=["position", "do", "seconds"]), can_delete=True
)


def _steps(lines: Iterable[dict[str, Any]]) -> list[Step]:
    kept = [line for line in lines if line and not line.get("DELETE")]
    return [Step(Do(line["do"]), line["seconds"]) for line in sorted(kept, key=lambda line: line.get("position") or 0)]


def _chosen(slug: str | None) -> Cloud | None:
    """The cloud that the picture is for: the first one if no other was chosen."""
    return Cloud.objects.filter(slug=slug or "").first() or Cloud.objects.first()


def _fits_any(plan: tuple[Step, ...]) -> bool:
    clouds = Cloud.objects.select_related("venue").filter(plugs__isnull=False).distinct()
    return not clouds or any(not actions.why_not_playable(cloud, plan, 0.0) for cloud in clouds)
