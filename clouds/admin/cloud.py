"""Clouds: their measures and limits, how full they are, and what curators do and see."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clouds import actions, refusals
from clouds.admin.base import Buttons, Lines, OnlyItsFields, View, curator, gone, posts, status_of
from clouds.forms import NoteForm, PuffForm
from clouds.models import BalloonNote, Cloud, Plug, Puff
from clouds.timeline import Do, Step

LAST_NOTES = 10


class PlugLines(Lines):
    """A cloud's plugs, to look at and to follow; they are edited on their own pages."""

    model = Plug
    fields = ["pump", "host", "relay", "trouble"]
    readonly_fields = ["pump", "host", "relay", "trouble"]
    extra = 0
    can_delete = False
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Not here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Not here."""
        return False


@admin.register(Cloud)
class CloudAdmin(OnlyItsFields, Buttons):
    """A cloud."""

    list_display = ["name", "venue", "enabled", "fill", "puff_seconds", "queue_limit"]
    list_filter = ["venue", "enabled"]
    list_select_related = ["venue"]
    search_fields = ["name"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [PlugLines]
    fieldsets = [
        (None, {"fields": ["name", "slug", "venue", "enabled", "story"]}),
        (
            gettext_lazy("Measures"),
            {
                "fields": ["fill_seconds", "half_life_seconds", "vent_seconds"],
                "description": gettext_lazy(
                    "How full it is gets reckoned from these. Measure them once, with a watch."
                ),
            },
        ),
        (
            gettext_lazy("Limits"),
            {"fields": ["hard_cap_seconds", "puff_seconds", "rest_seconds", "cool_down_seconds", "queue_limit"]},
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Cloud]":
        """With the puffs that are still on, from which the fill is reckoned."""
        still_on = Prefetch("puffs", Puff.objects.still_on().order_by("on_at"))
        return super().get_queryset(request).prefetch_related(still_on)

    @admin.display(description=gettext_lazy("fill"))
    def fill(self, cloud: Cloud) -> str:
        """How full it is now."""
        return f"{cloud.fill_with(cloud.puffs.all(), timezone.now()):.0%}"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With the panel above the form: the fill, puff now, and notes."""
        cloud = self.get_object(request, unquote(object_id))
        panel = self._panel(cloud) if cloud and self.has_change_permission(request, cloud) else {}
        if cloud and request.user.has_perm("clouds.add_kiosk"):
            panel["kiosk_address"] = f"{reverse('admin:clouds_kiosk_add')}?{urlencode({'cloud': cloud.pk})}"
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **panel})

    def _panel(self, cloud: Cloud) -> dict[str, Any]:
        return {
            "fill": self.fill(cloud),
            "puff_form": PuffForm(cloud),
            "puff_address": self.address(cloud, "puff"),
            "note_form": NoteForm(),
            "note_address": self.address(cloud, "note"),
            "notes": cloud.notes.select_related("noted_by", "cloud__venue")[:LAST_NOTES],
        }

    def buttons(self) -> dict[str, View]:
        """Puff now, and note what was seen."""
        return {"puff": self.puff, "note": self.note}

    @posts
    def puff(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Puff for as long as a curator says, within the hard cap and the room there is."""

        def act(cloud: Cloud, said: dict[str, Any]) -> None:
            actions.play(cloud, [Step(Do.INFLATE, said["seconds"])], by=curator(request))

        return self._act(request, pk, PuffForm, _("%(cloud)s puffs."), act)

    @posts
    def note(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Reckon on from what a curator saw."""

        def act(cloud: Cloud, said: dict[str, Any]) -> None:
            kind = BalloonNote.Kind(said["kind"])
            actions.note(cloud, kind, fill=(said["percent"] or 0.0) / 100, by=curator(request))

        return self._act(
            request, pk, lambda cloud, data: NoteForm(data), _("Noted. The fill of %(cloud)s goes on from there."), act
        )

    def _act(self, request: HttpRequest, pk: int, make: Any, said: str, act: Any) -> HttpResponse:
        cloud = self.row(request, pk)
        if cloud is None:
            return gone(request)
        form: forms.Form = make(cloud, request.POST)
        if not form.is_valid():
            return self.ask(request, str(cloud), form, 400)
        try:
            act(cloud, form.cleaned_data)
        except refusals.Refused as refused:
            form.add_error(None, str(refused))
            return self.ask(request, str(cloud), form, status_of(refused))
        return self.back(request, said % {"cloud": cloud}, self.address(cloud))
