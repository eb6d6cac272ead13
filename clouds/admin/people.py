"""People: visitors and curators, by name and password."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.http import HttpRequest

from clouds.models import User


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
class UserAdmin(DjangoUserAdmin):  # type: ignore[type-arg]
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
        ("May", {"fields": ["is_active", "is_staff", "is_superuser", "groups"]}),
        ("When", {"fields": ["joined_at", "last_login"]}),
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
