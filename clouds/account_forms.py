"""What people fill in about themselves, and the sentences that say what is wrong with it."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import password_validation
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clouds import addresses, known, refusals, throttle
from clouds.models import User
from clouds.models.user import taken, validate_chosen_name
from clouds.names import tidy

LONGEST_PASSWORD = 1000


class NameField(forms.CharField):
    """A name that may be shown to everyone; whether somebody has it is asked when it is taken."""

    def __init__(self, **more: Any) -> None:
        attrs = {"autocapitalize": "words", "autocomplete": more.pop("autocomplete", "username"), "autofocus": True}
        given = {
            "label": gettext_lazy("Name"),
            "help_text": gettext_lazy("Everyone sees it beside your puffs."),
            "error_messages": {"required": gettext_lazy("Please choose a name.")},
            "widget": forms.TextInput(attrs=attrs),
        }
        super().__init__(**{**given, **more})

    def clean(self, value: Any) -> str:
        """The name as it will be shown."""
        name = tidy(super().clean(value))
        if name or self.required:
            validate_chosen_name(name)
        return name


class NewPasswordField(forms.CharField):
    """A password to be; `check_new` says whether it is too easy."""

    def __init__(self, **more: Any) -> None:
        given = {
            "label": gettext_lazy("Password"),
            "max_length": LONGEST_PASSWORD,
            "strip": False,
            "help_text": gettext_lazy("At least 8 characters. There is no e-mail to reset it with, so keep it well."),
            "error_messages": {
                "required": gettext_lazy("Please choose a password."),
                "max_length": gettext_lazy("Please choose a password of at most %(limit_value)d characters."),
            },
            "widget": forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        }
        super().__init__(**{**given, **more})


def check_new(password: str, user: User) -> str:
    """The same password. Raises ValidationError when it is too easy, or too much like the name that everyone sees."""
    password_validation.validate_password(password, user)
    return password


class SignUpForm(forms.Form):
    """A display name and a password; nothing else is asked."""

    name = NameField()
    password = NewPasswordField()
    until: datetime | None = None

    def clean_password(self) -> str:
        """A good one for whoever will have the name."""
        return check_new(self.cleaned_data["password"], User(name=self.cleaned_data.get("name", "")))

    def make(self) -> User | None:
        """The new user; None, with an error to show, if somebody has the name already."""
        name = self.cleaned_data["name"]
        try:
            with transaction.atomic():
                return User.objects.create_user(name, self.cleaned_data["password"])
        except IntegrityError:
            self.add_error("name", taken())
            return None


class Throttled:
    """For a form in which a password is checked: tried too often, it is not looked at.

    Mixed in before the form. `until` says when to try again, once that was refused.
    """

    until: datetime | None = None

    def check_password_slowly(self, request: HttpRequest, name: str, check: Any) -> Any:
        """What `check` returns, which raises ValidationError unless the password is right."""
        address, browser = addresses.of_visitor(request.META), known.number_of(request, name)
        try:
            throttle.knock(name, address, timezone.now(), browser=browser)
        except refusals.TooMany as refused:
            self.until = refused.until
            raise ValidationError(throttle.told(refused), code="throttled") from refused
        checked = check()
        throttle.welcome(name, address, browser=browser)
        return checked


class LogInForm(Throttled, AuthenticationForm):
    """Name and password."""

    error_messages = {
        "invalid_login": gettext_lazy("This name and password do not belong together. Check both, or sign up."),
        "inactive": gettext_lazy("This account may not log in."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name, password = self.fields["username"], self.fields["password"]
        name.error_messages["required"] = _("Please give your name.")
        password.error_messages["required"] = _("Please give your password.")

    def clean(self) -> dict[str, Any]:
        """Who they are, when the password may be looked at and is right."""
        given = self.cleaned_data
        if not given.get("username") or not given.get("password") or self.request is None:
            return super().clean()
        checked: dict[str, Any] = self.check_password_slowly(self.request, given["username"], super().clean)
        return checked


class CuratorLogInForm(LogInForm, AdminAuthenticationForm):
    """The same at the curators' door, for curators."""


class PassForm(forms.Form):
    """What a guest is asked: a name."""

    name = NameField(label=gettext_lazy("Your name"), autocomplete="nickname")
    # Sent twice, after a double tap, it makes one guest.
    form = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    until: datetime | None = None


class KioskForm(forms.Form):
    """What is asked at a kiosk: a name, if one likes. What others gave there is not offered to the next."""

    name = NameField(
        label=gettext_lazy("Your name, if you like"),
        required=False,
        help_text=gettext_lazy(
            "Everyone sees it beside your puff, also later. Without one you are a visitor with a number."
        ),
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "words",
                "spellcheck": "false",
                "enterkeyhint": "go",
                "autofocus": True,
            }
        ),
    )


class RenameForm(forms.Form):
    """Another name."""

    name = NameField(label=gettext_lazy("New name"))
    until: datetime | None = None


class KeepForm(forms.Form):
    """A password, for a guest who wants to come back."""

    password = NewPasswordField()

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._user = user

    def clean_password(self) -> str:
        """A good one for them."""
        return check_new(self.cleaned_data["password"], self._user)


class PasswordForm(Throttled, forms.Form):
    """Another password, for whoever knows the old one."""

    old = forms.CharField(
        label=gettext_lazy("Old password"),
        max_length=LONGEST_PASSWORD,
        strip=False,
        error_messages={"required": gettext_lazy("Please give your old password.")},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )
    new = NewPasswordField(label=gettext_lazy("New password"))

    def __init__(self, request: HttpRequest, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._request, self._user = request, user

    def clean_new(self) -> str:
        """A good one for them."""
        return check_new(self.cleaned_data["new"], self._user)

    def clean(self) -> dict[str, Any]:
        """The old password is looked at only when there is a new one."""
        if not self.errors:
            self.check_password_slowly(self._request, self._user.name, self._check_old)
        return self.cleaned_data

    def _check_old(self) -> None:
        if not self._user.check_password(self.cleaned_data["old"]):
            raise ValidationError({"old": _("This is not your old password.")}, code="wrong")


class EraseForm(forms.Form):
    """Whether they mean it."""

    sure = forms.BooleanField(
        label=gettext_lazy("Yes, forget me"),
        error_messages={"required": gettext_lazy("Tick the box if you mean it. Nothing was changed.")},
    )


class ReplaceNameForm(forms.Form):
    """What a curator calls somebody instead."""

    name = forms.CharField(
        label=gettext_lazy("New name"), required=False, help_text=gettext_lazy("Empty: Guest, and a number.")
    )

    def clean_name(self) -> str:
        """A name that may be shown, or none."""
        name = tidy(self.cleaned_data["name"])
        if name:
            validate_chosen_name(name)
        return name
