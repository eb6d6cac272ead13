"""What programs and shows have in common in the admin: run it now, and rehearse it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clouds import actions
from clouds.admin.base import Buttons, View, curator, gone, posts, status_of
from clouds.models import Cloud
from clouds.models.rehearsal import FASTEST
from clouds.refusals import Refused
from clouds.timeline import BadSteps, Step


class OnCloudsForm(forms.Form):
    """On which clouds, one after the other."""

    clouds = forms.ModelMultipleChoiceField(
        Cloud.objects.select_related("venue"),
        label=gettext_lazy("On"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one cloud.")},
    )
    stagger_seconds = forms.FloatField(
        label=gettext_lazy("Stagger in s"), required=False, min_value=0, max_value=3600, initial=0
    )

    def clean_clouds(self) -> Any:
        """Of one venue."""
        clouds = self.cleaned_data["clouds"]
        if len({cloud.venue_id for cloud in clouds}) > 1:
            raise ValidationError(_("Choose clouds of one venue."))
        return clouds


class RunForm(forms.Form):
    """Play it at once."""

    replace = forms.BooleanField(label=gettext_lazy("Instead of what plays there"), required=False)


class RehearsalForm(forms.Form):
    """Play it as if."""

    speed = forms.FloatField(
        label=gettext_lazy("Times as fast (1 to 60)"), min_value=1, max_value=FASTEST, initial=10,
        error_messages={"required": gettext_lazy("Say how many times as fast, from 1 to 60.")},
    )  # fmt: skip
    percent = forms.FloatField(
        label=gettext_lazy("Balloons full to % at the start"), min_value=0, max_value=100, initial=0, required=False
    )


class RunOnCloudsForm(RunForm, OnCloudsForm):
    """Play it at once on these clouds."""


class RehearsalOnCloudsForm(RehearsalForm, OnCloudsForm):
    """Play it as if on these clouds."""


@dataclass(frozen=True, slots=True)
class Bill:
    """What is to be played, and where."""

    title: str
    clouds: list[Cloud]
    steps: tuple[Step, ...]
    stagger_seconds: float


class Plays(Buttons):
    """A row that can be run now and rehearsed."""

    run_form: type[forms.Form] = RunForm
    rehearsal_form: type[forms.Form] = RehearsalForm

    def bill(self, row: Any, said: dict[str, Any]) -> Bill:
        """What playing this row means, by what was said in the form. Raises BadSteps."""
        raise NotImplementedError

    def buttons(self) -> dict[str, View]:
        """The two."""
        return {"run": self.run, "rehearse": self.rehearse}

    def playing_panel(self, request: HttpRequest) -> dict[str, Any]:
        """The forms, for those who may send them."""
        return {
            "run_form": self.run_form(auto_id="id_run_%s") if self.has_change_permission(request) else None,
            "rehearsal_form": self.rehearsal_form(auto_id="id_rehearse_%s") if _may_rehearse(request) else None,
        }

    @posts
    def run(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Play it at once, after what plays there or instead of it."""

        def act(bill: Bill, said: dict[str, Any]) -> HttpResponse:
            actions.play_on(
                bill.clouds, bill.steps, by=curator(request), title=bill.title,
                stagger_seconds=bill.stagger_seconds, replace=said["replace"],
            )  # fmt: skip
            said_so = _("%(title)s begins.") % {"title": bill.title}
            return self.back(request, said_so, self.address(row))

        row = self.row(request, pk)
        return self._play(request, row, self.run_form, _("Run %(what)s now"), act)

    @posts
    def rehearse(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Play it on plugs that are not there, and look."""

        def act(bill: Bill, said: dict[str, Any]) -> HttpResponse:
            rehearsal = actions.rehearse(
                bill.clouds, bill.steps, by=curator(request), title=bill.title, speed=said["speed"],
                stagger_seconds=bill.stagger_seconds, fill=(said["percent"] or 0.0) / 100,
            )  # fmt: skip
            to = reverse("admin:clouds_rehearsal_change", args=[rehearsal.pk])
            return self.back(request, _("The rehearsal begins. No pump is switched."), to)

        if not _may_rehearse(request):
            raise PermissionDenied
        row = self.row(request, pk, permission="view")
        return self._play(request, row, self.rehearsal_form, _("Rehearse %(what)s"), act)

    def _play(
        self,
        request: HttpRequest,
        row: Model | None,
        make: type[forms.Form],
        title: str,
        act: Callable[[Bill, dict[str, Any]], HttpResponse],
    ) -> HttpResponse:
        if row is None:
            return gone(request)
        form, title = make(request.POST), title % {"what": row}
        if not form.is_valid():
            return self.ask(request, title, form, 400)
        try:
            return act(self.bill(row, form.cleaned_data), form.cleaned_data)
        except (Refused, BadSteps) as refused:
            form.add_error(None, refused.said(_) if isinstance(refused, BadSteps) else str(refused))
            return self.ask(request, title, form, status_of(refused) if isinstance(refused, Refused) else 409)


def _may_rehearse(request: HttpRequest) -> bool:
    return request.user.has_perm("clouds.add_rehearsal")
