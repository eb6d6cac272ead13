"""Guest passes: who is let in, for how long, and the sheet of codes to print."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clouds import codes, people, refusals
from clouds.admin.base import Buttons, OnlyItsFields, View, curator, gone, posts, too_late
from clouds.checks import is_this_machine
from clouds.models import GuestPass
from cloudsite import environment

CARDS_ON_A_SHEET = 8
MOST_PASSES = 80


class SheetForm(forms.Form):
    """What to print, and on which paper."""

    layout = forms.ChoiceField(
        label=gettext_lazy("Print"),
        choices=[
            ("cards", gettext_lazy("cards, eight on a sheet")),
            ("poster", gettext_lazy("posters, one on a sheet")),
        ],
    )
    paper = forms.ChoiceField(label=gettext_lazy("Paper"), choices=[("a4", "A4"), ("letter", "Letter")])


@admin.register(GuestPass)
class GuestPassAdmin(OnlyItsFields, Buttons):
    """A guest pass. One that is not wanted any more is revoked, not deleted: people came by it."""

    list_display = ["name", "kind", "place", "valid", "used", "state"]
    list_filter = ["kind", "venue", "cloud"]
    list_select_related = ["venue", "cloud"]
    search_fields = ["label", "person", "cloud__name"]
    actions = ["print_them"]
    readonly_fields = ["state", "used", "address_of", "made_at", "made_by"]
    fieldsets = [
        (gettext_lazy("For whom"), {"fields": ["kind", "venue", "cloud", "label", "person"]}),
        (gettext_lazy("How long, and how often"), {"fields": ["valid_from", "valid_until", "most_uses"]}),
        (gettext_lazy("As it is"), {"fields": ["state", "used", "address_of", "made_at", "made_by"]}),
    ]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The venue is filled in where there is one only."""
        venues = list(GuestPass._meta.get_field("venue").remote_field.model._default_manager.all()[:2])
        return {"venue": venues[0].pk if len(venues) == 1 else None, **super().get_changeform_initial_data(request)}

    def formfield_for_dbfield(self, db_field: "models.Field[Any, Any]", request: HttpRequest, **kwargs: Any) -> Any:
        """With a name for both halves of a moment, for who hears them: Django gives them none."""
        field: Any = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(db_field, models.DateTimeField) and field:
            for widget, half in zip(field.widget.widgets, (_("date"), _("time")), strict=True):
                widget.attrs["aria-label"] = f"{field.label}, {half}"
        return field

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """It is revoked instead."""
        return False

    @admin.display(description=gettext_lazy("pass"))
    def name(self, guest_pass: GuestPass) -> str:
        """The event, the person or the cloud."""
        return str(guest_pass)

    @admin.display(description=gettext_lazy("leads to"))
    def place(self, guest_pass: GuestPass) -> str:
        """A cloud, or all of a venue."""
        return str(guest_pass.place)

    @admin.display(description=gettext_lazy("valid"))
    def valid(self, guest_pass: GuestPass) -> str:
        """From when until when, where it is valid."""
        zone = guest_pass.venue.zone
        ends = [
            f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at else "…"
            for at in (guest_pass.valid_from, guest_pass.valid_until)
        ]
        return " – ".join(ends)

    @admin.display(description=gettext_lazy("used"))
    def used(self, guest_pass: GuestPass) -> str:
        """How often, and of how many times."""
        return f"{guest_pass.uses}" if guest_pass.most_uses is None else f"{guest_pass.uses} / {guest_pass.most_uses}"

    @admin.display(description=gettext_lazy("state"))
    def state(self, guest_pass: GuestPass) -> str:
        """Whether it lets anybody in now, and if not, why."""
        try:
            guest_pass.check_usable(timezone.now())
        except refusals.Refused as refused:
            return str(refused)
        return _("It lets people in.")

    @admin.display(description=gettext_lazy("address"))
    def address_of(self, guest_pass: GuestPass) -> str:
        """Where its code leads."""
        return address(guest_pass) if guest_pass.pk else _("It has one when it is saved.")

    def save_model(self, request: HttpRequest, obj: Any, form: "forms.ModelForm[Any]", change: bool) -> None:
        """Save it, and write down who did."""
        if not change:
            obj.made_by = curator(request)
        save = super().save_model
        people.save_pass(obj, by=curator(request), change=lambda: save(request, obj, form, change))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With what can be done with it."""
        sheet = f"{reverse('admin:clouds_guestpass_sheet')}?{urlencode({'pass': object_id})}"
        may = self.has_change_permission(request)
        return super().change_view(
            request, object_id, form_url, {**(extra_context or {}), "sheet": sheet, "may_revoke": may}
        )

    def get_urls(self) -> list[URLPattern]:
        """With the sheet's address."""
        sheet = path("sheet/", self.admin_site.admin_view(self.sheet), name="clouds_guestpass_sheet")
        return [sheet, *super().get_urls()]

    def buttons(self) -> dict[str, View]:
        """What can be done with one."""
        return {"revoke": self.revoke}

    @posts
    def revoke(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Let nobody in by it any more."""
        guest_pass = self.row(request, pk)
        if guest_pass is None:
            return gone(request)
        try:
            people.revoke(guest_pass, by=curator(request))
        except refusals.TooLate as refused:
            return too_late(request, refused)
        return self.back(request, _("It lets nobody in any more. Who is in stays."), self.address(guest_pass))

    @admin.action(description=gettext_lazy("Print a sheet of these"), permissions=["view"])
    def print_them(self, request: HttpRequest, passes: "QuerySet[GuestPass]") -> HttpResponse:
        """One sheet or several, with those that are ticked."""
        chosen = urlencode([("pass", guest_pass.pk) for guest_pass in passes])
        return HttpResponseRedirect(f"{reverse('admin:clouds_guestpass_sheet')}?{chosen}")

    def sheet(self, request: HttpRequest) -> HttpResponse:
        """Posters, or cards to cut out: of one pass as many as fit, of several one of each."""
        if not self.has_view_permission(request):
            return render(request, "403.html", status=403)
        numbers = [int(text) for text in request.GET.getlist("pass") if text.isdecimal() and len(text) < 19]
        passes = list(GuestPass.objects.select_related("venue", "cloud").filter(pk__in=numbers[:MOST_PASSES]))
        if not passes:
            return render(request, "404.html", {"sentence": _("There is no such pass.")}, status=404)
        form = SheetForm({"layout": "cards", "paper": "a4", **request.GET.dict()})
        form.full_clean()  # what is no choice is told beside it, and the first is shown
        layout, paper = form.cleaned_data.get("layout", "cards"), form.cleaned_data.get("paper", "a4")
        copies = CARDS_ON_A_SHEET if layout == "cards" and len(passes) == 1 else 1
        cards = [
            (guest_pass, address(guest_pass), codes.drawn(address(guest_pass)))
            for guest_pass in passes
            for _copy in range(copies)
        ]
        size = CARDS_ON_A_SHEET if layout == "cards" else 1
        sheets = [cards[at : at + size] for at in range(0, len(cards), size)]
        context = {
            "form": form,
            "sheets": sheets,
            "layout": layout,
            "paper": paper,
            "passes": passes,
            "title": _("Guest passes"),
            "site": settings.SITE_URL,
            "only_here": is_this_machine(environment.parts(settings.SITE_URL).hostname),
        }
        return render(request, "pass/sheet.html", context)


def address(guest_pass: GuestPass) -> str:
    """The address that stands in the code, where visitors find the site."""
    return f"{settings.SITE_URL}{guest_pass.path}"
