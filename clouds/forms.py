"""What people may fill in, and the sentences that say what is wrong with it."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib.auth import password_validation
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from clouds import patterns, recurrence
from clouds.models import BalloonNote, Cloud, Show, User, Venue
from clouds.models.user import tidy, validate_name

LONGEST_PASSWORD = 1000
LONGEST_HOLD_MINUTES = 366 * 24 * 60
KINDS = [
    ("once", "once"),
    ("daily", "every day"),
    ("weekdays", "on these weekdays"),
    ("minutes", "every so many minutes between two times"),
    ("month_day", "on a day of each month"),
    ("month_weekday", "on a weekday of each month"),
    ("typed", "by a rule that I type"),
]
PICKED = ("kind", "every_minutes", "last", "month_day", "nth", "typed")
# Where a rule that can't be is told to whoever picked it.
FIELD_OF = {
    patterns.Kind.ONCE: "first_on",
    patterns.Kind.DAILY: "kind",
    patterns.Kind.WEEKDAYS: "weekdays",
    patterns.Kind.MINUTES: "every_minutes",
    patterns.Kind.MONTH_DAY: "month_day",
    patterns.Kind.MONTH_WEEKDAY: "nth",
    patterns.Kind.TYPED: "typed",
}
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

    def make(self) -> User | None:
        """The new user; None, with an error to show, if somebody has the name already."""
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


class HoldForm(forms.Form):
    """For so many minutes, or until a time at the venue; and why."""

    minutes = forms.IntegerField(label="For minutes", required=False, min_value=1, max_value=LONGEST_HOLD_MINUTES)
    until = forms.DateTimeField(
        label="or until",
        required=False,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        error_messages={"invalid": "Write the time as 2026-12-31T18:00."},
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )
    because = forms.CharField(label="Reason, which visitors see", required=False, max_length=200)

    def __init__(self, venue: Venue, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.auto_id = f"id_hold_{venue.pk}_%s"  # a page has one of these for each venue
        self.venue = venue

    def full_clean(self) -> None:
        """Read the time as one at the venue."""
        with timezone.override(self.venue.zone):
            super().full_clean()

    def clean(self) -> dict[str, Any]:
        """One of the two."""
        minutes, until = self.cleaned_data.get("minutes"), self.cleaned_data.get("until")
        if not self.errors and (minutes is None) == (until is None):
            raise ValidationError("Give either minutes or a time.")
        if until and not 1970 < until.year < 3000:
            raise ValidationError({"until": "Choose a time before the year 3000."})
        return self.cleaned_data

    def ends_at(self, now: datetime) -> datetime:
        """When the hold is to end."""
        until: datetime | None = self.cleaned_data["until"]
        return until or now + timedelta(minutes=self.cleaned_data["minutes"])


class PuffForm(forms.Form):
    """Puff for so many seconds."""

    seconds = forms.FloatField(
        label="Seconds",
        error_messages={"required": "Give a number of seconds.", "invalid": "Give a number of seconds, such as 5."},
        widget=forms.NumberInput(attrs={"step": "any"}),
    )

    def __init__(self, cloud: Cloud, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["seconds"].initial = cloud.puff_seconds


class LineForm(forms.ModelForm):  # type: ignore[type-arg]
    """A line with a place among others. One of which only the place was filled in is empty."""

    def has_changed(self) -> bool:
        """Whether there is something to save."""
        return super().has_changed() and bool(self.instance.pk or set(self.changed_data) - {"position"})


class ShowForm(forms.ModelForm):  # type: ignore[type-arg]
    """A show; when it recurs is picked, or typed as a rule."""

    kind = forms.ChoiceField(label="Recurs", choices=KINDS, initial="once")
    weekdays = forms.TypedMultipleChoiceField(
        label="On weekdays",
        coerce=int,
        choices=list(enumerate(patterns.DAY_NAMES)),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    every_minutes = forms.IntegerField(label="Every so many minutes", required=False, min_value=1, max_value=1439)
    last = forms.TimeField(label="Until, on each day", required=False, help_text="The last time at which it begins.")
    month_day = forms.IntegerField(
        label="Day of the month", required=False, min_value=-1, max_value=31, help_text="1 to 31; −1 is the last."
    )
    nth = forms.TypedChoiceField(
        label="Which weekday of the month",
        coerce=int,
        empty_value=None,
        required=False,
        choices=[("", "–"), *patterns.NTH_NAMES.items()],
        help_text="The first, say, of the weekday that is ticked above.",
    )
    typed = forms.CharField(
        label="Rule", required=False, max_length=600, help_text="RFC 5545, such as FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29."
    )

    class Meta:
        model = Show
        fields = [
            "name", "venue", "program", "scale_percent", "stagger_seconds", "enabled", "first_on", "starts_at",
            "until_on", "priority", "protected",
        ]  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            found = patterns.pattern(self.instance.rrule, self.instance.starts_at)
            for name in PICKED:
                self.initial.setdefault(name, getattr(found, name) or None)
            self.initial["weekdays"] = list(found.weekdays)

    def clean(self) -> dict[str, Any]:
        """Make the rule of what was picked, and see that it occurs."""
        said = super().clean() or self.cleaned_data
        start = said.get("starts_at")
        if self.errors or start is None:
            return said
        picked = {name: said.get(name) or getattr(patterns.Pattern(patterns.Kind.ONCE), name) for name in PICKED}
        kind = patterns.Kind(said["kind"])
        pattern = patterns.Pattern(**picked | {"kind": kind, "weekdays": tuple(said.get("weekdays") or ())})
        try:
            self.instance.rrule = patterns.rrule(pattern, start)
            zone = said["venue"].zone
            begin = datetime.combine(said["first_on"], start)
            recurrence.check(recurrence.Rule(begin, zone, self.instance.rrule, said.get("until_on")))
        except recurrence.BadRule as error:
            self.add_error(FIELD_OF[kind], str(error))
        return said


class NoteForm(forms.Form):
    """What was seen of a balloon."""

    kind = forms.ChoiceField(label="What you saw", choices=BalloonNote.Kind.choices)
    percent = forms.FloatField(
        label="Fill in %",
        required=False,
        error_messages={"invalid": "Give the fill as a number from 0 to 100."},
        widget=forms.NumberInput(attrs={"min": 0, "max": 100, "step": "any"}),
    )

    def clean(self) -> dict[str, Any]:
        """A balloon that is set to a fill needs one."""
        if self.cleaned_data.get("kind") == BalloonNote.Kind.SET and self.cleaned_data.get("percent") is None:
            self.add_error("percent", "Say how full it is, from 0 to 100.")
        return self.cleaned_data
