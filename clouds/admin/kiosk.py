"""Kiosks: this device becomes one, and curators see and revoke those that there are."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clouds import kiosks, refusals
from clouds.admin.base import Buttons, OnlyItsFields, View, curator, gone, posts
from clouds.checks import is_this_machine
from clouds.models import GuestPass, Kiosk
from cloudsite import environment


@admin.register(Kiosk)
class KioskAdmin(OnlyItsFields, Buttons):
    """A kiosk. To add one is to make it of the very device on which that is done; it is revoked, and not deleted."""

    list_display = ["__str__", "made_by", "made_at", "seen", "state"]
    list_filter = ["cloud"]
    list_select_related = ["cloud__venue", "made_by"]
    readonly_fields = ["state", "seen", "turns", "made_at", "made_by"]
    fields = ["cloud", "label", "guest_pass"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """With how it is, where it is already."""
        return [*self.fields, *self.readonly_fields] if obj else self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A device that is to show another cloud is made its kiosk."""
        return [*self.readonly_fields, "cloud"] if obj else self.readonly_fields

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """It is revoked instead."""
        return False

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """With the passes that may still let somebody in."""
        if db_field.name == "guest_pass":
            kwargs["queryset"] = GuestPass.objects.filter(revoked_at=None).select_related("cloud", "venue")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.display(description=gettext_lazy("last seen"))
    def seen(self, kiosk: Kiosk) -> str:
        """When its page was there last."""
        if kiosk.seen_at is None:
            return _("never")
        return f"{kiosk.seen_at.astimezone(kiosk.cloud.venue.zone):%Y-%m-%d %H:%M}"

    @admin.display(description=gettext_lazy("state"))
    def state(self, kiosk: Kiosk) -> str:
        """Whether people have turns there, and what is the matter if nobody has seen it."""
        if kiosk.revoked_at:
            return _("Revoked.")
        if kiosk.seen_at is None or timezone.now() - kiosk.seen_at > kiosks.MISSING_AFTER:
            return _("Nothing is heard of it: it is off, asleep or without a network.")
        return _("It is there.")

    def save_model(self, request: HttpRequest, obj: Any, form: "forms.ModelForm[Any]", change: bool) -> None:
        """Save it, and write down who did."""
        if not change:
            obj.made_by, obj.secret = curator(request), obj.new_secret()
        save = super().save_model
        kiosks.save(obj, by=curator(request), change=lambda: save(request, obj, form, change))

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> HttpResponse:
        """The curator is logged out here: from now on this device is everybody's."""
        logout(request)
        response = HttpResponseRedirect(reverse("kiosk", args=[obj.cloud.slug]))
        kiosks.remember(response, obj.secret)
        return response

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With one button, which says what it does."""
        title = {"title": _("Make this device a kiosk")}
        only_here = is_this_machine(environment.parts(settings.SITE_URL).hostname)
        return super().add_view(request, form_url, {**(extra_context or {}), **title, "only_here": only_here})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With the button that revokes it."""
        may = self.has_change_permission(request)
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "may_revoke": may})

    def buttons(self) -> dict[str, View]:
        """What can be done with one."""
        return {"revoke": self.revoke}

    @posts
    def revoke(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Let nobody have a turn there any more."""
        kiosk = self.row(request, pk)
        if kiosk is None:
            return gone(request)
        try:
            kiosks.revoke(kiosk, by=curator(request))
        except refusals.TooLate as refused:
            return render(request, "409.html", {"sentence": str(refused)}, status=409)
        return self.back(request, _("This device is no kiosk any more."), self.address(kiosk))
