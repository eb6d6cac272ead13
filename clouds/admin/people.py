"""People: visitors and curators, by name and password; and the words that are not wanted in names."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clouds import people, refusals
from clouds.account_forms import ReplaceNameForm
from clouds.admin.base import Buttons, ModelAdmin, View, curator, gone
from clouds.models import BlockedWord, User


class AddForm(AdminUserCreationForm):  # type: ignore[type-arg]
    """A name and a password."""

    class Meta:
        model = User
        fields = ["name"]


class ChangeForm(UserChangeForm):  # type: ignore[type-arg]
    """All but the password, which has a page of its own."""

    class Meta:
        model = User
        fields = ["name", "password", "is_active", "is_staff", "is_superuser", "groups"]


@admin.register(User)
class UserAdmin(Buttons, DjangoUserAdmin):  # type: ignore[type-arg]
    """A visitor or a curator."""

    form = ChangeForm
    add_form = AddForm
    list_display = ["name", "is_staff", "is_active", "joined_at"]
    list_filter = ["is_staff", "is_active", "groups"]
    search_fields = ["name"]
    ordering = ["name"]
    filter_horizontal = ["groups"]
    readonly_fields = ["joined_at", "last_login"]
    fieldsets = [
        (None, {"fields": ["name", "password"]}),
        (gettext_lazy("May"), {"fields": ["is_active", "is_staff", "is_superuser", "groups"]}),
        (gettext_lazy("When"), {"fields": ["joined_at", "last_login"]}),
    ]
    add_fieldsets = [(None, {"classes": ["wide"], "fields": ["name", "usable_password", "password1", "password2"]})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Only those who may do everything hand that on."""
        own = super().get_readonly_fields(request, obj)
        return own if request.user.is_superuser else [*own, "is_superuser", "is_staff", "groups"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes, or sets the password of, somebody who may do more than they."""
        if obj and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nor erases them."""
        if obj and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_delete_permission(request, obj)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who may only look sees nothing of passwords."""
        found = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return found
        return [(None, {"fields": ["name"]}), *found[1:]]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With the button that takes a name away."""
        may = request.user.has_perm("clouds.moderate_user")
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "may_moderate": may})

    def buttons(self) -> dict[str, View]:
        """What can be done with somebody."""
        return {"moderate": self.moderate}

    def moderate(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Replace a name that is not for everyone; its puffs stay, and the person is told."""
        user = self.row(request, pk, permission="moderate")
        if user is None:
            return gone(request)
        if user.is_staff and not request.user.is_superuser:
            return render(
                request, "403.html", {"sentence": _("The name of a curator is not yours to replace.")}, status=403
            )
        form = ReplaceNameForm(request.POST if request.method == "POST" else None)
        if not form.is_valid():
            title = _("Replace the name %(name)s") % {"name": user.name}
            return self.ask(request, title, form, 400 if form.errors else 200)
        people.moderate(user, form.cleaned_data["name"], by=curator(request))
        return self.back(
            request, _("They are %(name)s now, and are told so.") % {"name": user.name}, self.address(user)
        )

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
        """With why somebody can't be forgotten just now; then nobody is."""
        rows, counts, permissions_needed, protected = super().get_deleted_objects(objs, request)
        return rows, counts, permissions_needed, [*protected, *filter(None, map(people.why_not_erased, objs))]

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        """Forget somebody as they would themselves: their puffs stay, as a visitor's."""
        self._erase(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[User]") -> None:
        """The same with several."""
        for user in queryset:
            self._erase(request, user)

    def _erase(self, request: HttpRequest, user: User) -> None:
        try:
            people.erase(user)
        except (refusals.StillPuffing, refusals.LastCurator) as refused:
            messages.error(request, _("%(name)s is still here. %(why)s") % {"name": user.name, "why": refused})


@admin.register(BlockedWord)
class BlockedWordAdmin(ModelAdmin):
    """A word that is not wanted in names."""

    list_display = ["word", "inside"]
    search_fields = ["word"]
    fields = ["word", "inside"]
