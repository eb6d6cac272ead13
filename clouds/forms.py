"""What people may fill in, and the sentences that say what is wrong with it."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib.auth import password_validation
from django.contrib.auth.forms import AuthenticationForm
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import IntegrityError, transaction
from django.db.models import Q

from clouds.models import Cloud, User, Venue
from clouds.models.user import tidy, validate_name

LONGEST_PASSWORD = 1000
NAME_TAKEN = "Somebody has this name already. Please choose another."


class SignUpForm(forms.Form):
    """A display name and a password; nothing else is asked."""

    name = forms.CharField(
        help_text="Everyone sees it beside your puffs.",
        error_messages={"required": "Please choose a name."},
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "words", "autofocus": True}),
    )
    password = forms.CharField(
        max_length=LONGEST_PASSWORD,
        strip=False,
        help_text="At least 8 characters. There is no e-mail to reset it with, so keep it well.",
        error_messages={
            "required": "Please choose a password.",
            "max_length": f"Please choose a password of at most {LONGEST_PASSWORD} characters.",
        },
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_name(self) -> str:
        """The name as it will be shown."""
        name = tidy(self.cleaned_data["name"])
        validate_name(name)
        return name

    def clean_password(self) -> str:
        """A password that isn't too easy."""
        password: str = self.cleaned_data["password"]
        password_validation.validate_password(password)
        return password

    def clean(self) -> dict[str, Any]:
        """A name that nobody has."""
        if "name" in self.cleaned_data:
            User(name=self.cleaned_data["name"]).clean()
        return self.cleaned_data

    def make(self) -> User | None:
        """The new user; None, with an error to show, if somebody else took the name in this very moment."""
        try:
            with transaction.atomic():
                return User.objects.create_user(self.cleaned_data["name"], self.cleaned_data["password"])
        except IntegrityError:
            self.add_error("name", NAME_TAKEN)
            return None


class LogInForm(AuthenticationForm):
    """Name and password."""

    error_messages = {
        "invalid_login": "This name and password do not belong together. Check both, or sign up.",
        "inactive": "This account may not log in.",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name, password = self.fields["username"], self.fields["password"]
        name.error_messages["required"] = "Please give your name."
        password.error_messages["required"] = "Please give your password."


class HistoryForm(forms.Form):
    """Which part of the history to show."""

    cloud = forms.ModelChoiceField(
        Cloud.objects.all(),
        to_field_name="slug",
        required=False,
        empty_label="Every cloud",
        error_messages={"invalid_choice": "There is no such cloud."},
    )
    day = forms.DateField(
        required=False,
        input_formats=["%Y-%m-%d"],
        validators=[
            MinValueValidator(date(1970, 1, 2), "Choose a day from 1970 on."),
            MaxValueValidator(date(2999, 12, 31), "Choose a day before the year 3000."),
        ],
        error_messages={"invalid": "Write the day as 2026-12-31."},
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )

    def rows(self) -> Q:
        """The condition that a puff of this part fulfils: a day is a day where the cloud hangs."""
        cloud: Cloud | None = self.cleaned_data["cloud"]
        day: date | None = self.cleaned_data["day"]
        wanted = Q(cloud=cloud) if cloud else Q()
        if day:
            days = Q()
            for venue in Venue.objects.all():
                days |= Q(cloud__venue=venue, on_at__gte=_midnight(day, venue), on_at__lt=_midnight(_next(day), venue))
            wanted &= days
        return wanted


def _midnight(day: date, venue: Venue) -> datetime:
    return datetime.combine(day, time.min, venue.zone)


def _next(day: date) -> date:
    return day + timedelta(days=1)
