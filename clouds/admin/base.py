"""What the curators' pages share: saving no more than was asked, buttons that POST, and one small form on a page."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from clouds import refusals
from clouds.models import User

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
    TabularInline = admin.TabularInline[Any, Any]
else:
    ModelAdmin = admin.ModelAdmin
    TabularInline = admin.TabularInline

View = Callable[[HttpRequest, int], HttpResponse]


def curator(request: HttpRequest) -> User:
    """Who is asking; the admin lets only people in who have logged in."""
    return cast(User, request.user)


class Lines(TabularInline):
    """Rows of another model below the form, whose fields have names for who can't see the heads of the columns.

    Django gives them none, and leaves heads empty: https://code.djangoproject.com/ticket/36509
    """

    template = "admin/lines.html"

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """With a name for each field."""
        formset: Any = super().get_formset(request, obj, **kwargs)

        class Named(formset):  # type: ignore[misc]
            def add_fields(self, form: Any, index: int | None) -> None:
                super().add_fields(form, index)
                for field in form.fields.values():
                    # The admin puts another widget around one that chooses a row.
                    widget = getattr(field.widget, "widget", field.widget)
                    widget.attrs.setdefault("aria-label", str(field.label))

        return Named


class OnlyItsFields(ModelAdmin):
    """Saves the fields that were changed and no others: the conductor writes into the same rows meanwhile.

    Else a curator who corrects a venue's name could undo a stop that came a moment earlier.
    """

    def save_model(self, request: HttpRequest, obj: models.Model, form: "forms.ModelForm[Any]", change: bool) -> None:
        """Save what the form changed, and the moment of change where a model keeps one."""
        if not change:
            super().save_model(request, obj, form, change)
        elif form.changed_data:
            stamps = [field.name for field in obj._meta.fields if getattr(field, "auto_now", False)]
            obj.save(update_fields=[*form.changed_data, *stamps])

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
        """What has a history is not deleted; that is why, and no permission would help."""
        rows, counts, permissions_needed, protected = super().get_deleted_objects(objs, request)
        return rows, counts, set() if protected else permissions_needed, protected


class Buttons(ModelAdmin):
    """Adds addresses under a row's own: `/admin/clouds/plug/3/wish/` is named `admin:clouds_plug_wish`."""

    def buttons(self) -> dict[str, View]:
        """The views, by the word that their address ends with."""
        raise NotImplementedError

    def get_urls(self) -> list[URLPattern]:
        """With the buttons' addresses."""
        label = f"{self.opts.app_label}_{self.opts.model_name}"
        own = [
            path(f"<int:pk>/{word}/", self.admin_site.admin_view(view), name=f"{label}_{word}")
            for word, view in self.buttons().items()
        ]
        return [*own, *super().get_urls()]

    def row(self, request: HttpRequest, pk: int, *, permission: str = "change") -> Any:
        """The row that a button is about. Raises PermissionDenied, also when there is none."""
        if not request.user.has_perm(f"{self.opts.app_label}.{permission}_{self.opts.model_name}"):
            raise PermissionDenied
        return self.get_queryset(request).filter(pk=pk).first()

    def back(self, request: HttpRequest, said: str, fallback: str) -> HttpResponse:
        """To where the button was pressed, with a sentence."""
        messages.success(request, said)
        to = request.POST.get("next", "")
        safe = url_has_allowed_host_and_scheme(to, {request.get_host()}, require_https=request.is_secure())
        return HttpResponseRedirect(to if safe else fallback)

    def ask(self, request: HttpRequest, title: str, form: forms.Form, status: int = 200) -> HttpResponse:
        """A page with one form, which is sent to the page's own address."""
        context = {**self.admin_site.each_context(request), "title": title, "form": form, "opts": self.opts}
        return render(request, "admin/ask.html", context, status=status)

    def address(self, obj: models.Model, word: str = "change") -> str:
        """The address of a row's page or button."""
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{word}", args=[obj.pk])


def not_so(request: HttpRequest) -> HttpResponse:
    """405, in a sentence: buttons are pressed."""
    context = {"sentence": _("Nothing happened: this can only be reached by pressing its button.")}
    response = render(request, "405.html", context, status=405)
    response["Allow"] = "POST"
    return response


def gone(request: HttpRequest) -> HttpResponse:
    """404, in a sentence."""
    return render(request, "404.html", {"sentence": _("This is not there any more.")}, status=404)


def posts(view: Callable[[Any, HttpRequest, int], HttpResponse]) -> Callable[[Any, HttpRequest, int], HttpResponse]:
    """Let a button's view see a POST only."""

    def checked(self: Any, request: HttpRequest, pk: int) -> HttpResponse:
        return view(self, request, pk) if request.method == "POST" else not_so(request)

    return checked


def status_of(refused: refusals.Refused) -> int:
    """400 for what makes no sense, 409 for what can't be done now."""
    return 400 if isinstance(refused, refusals.OutOfBounds) else 409
