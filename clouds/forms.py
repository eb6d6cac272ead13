"""What people may fill in, and the sentences that say what is wrong with it."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clouds import patterns, recurrence
from clouds.models import BalloonNote, Cloud, Show, Venue

LONGEST_HOLD_MINUTES = 366 * 24 * 60
KINDS = [
    ("once", gettext_lazy("once")),
    ("daily", gettext_lazy("every day")),
    ("weekdays", gettext_lazy("on these weekdays")),
    ("minutes", gettext_lazy("every so many minutes between two times")),
    ("month_day", gettext_lazy("on a day of each month")),
    ("month_weekday", gettext_lazy("on a weekday of each month")),
    ("typed", gettext_lazy("by a rule that I type")),
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


class HoldForm(forms.Form):
    """For so many minutes, or until a time at the venue; and why."""

    minutes = forms.IntegerField(
        label=gettext_lazy("For minutes"), required=False, min_value=1, max_value=LONGEST_HOLD_MINUTES
    )
    until = forms.DateTimeField(
        label=gettext_lazy("or until"),
        required=False,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        error_messages={"invalid": gettext_lazy("Write the time as 2026-12-31T18:00.")},
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )
    because = forms.CharField(label=gettext_lazy("Reason, which visitors see"), required=False, max_length=200)

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
            raise ValidationError(_("Give either minutes or a time."))
        if until and not 1970 < until.year < 3000:
            raise ValidationError({"until": _("Choose a time before the year 3000.")})
        return self.cleaned_data

    def ends_at(self, now: datetime) -> datetime:
        """When the hold is to end."""
        until: datetime | None = self.cleaned_data["until"]
        return until or now + timedelta(minutes=self.cleaned_data["minutes"])


class PuffForm(forms.Form):
    """Puff for so many seconds."""

    seconds = forms.FloatField(
        label=gettext_lazy("Seconds"),
        error_messages={
            "required": gettext_lazy("Give a number of seconds."),
            "invalid": gettext_lazy("Give a number of seconds, such as 5."),
        },
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

    kind = forms.ChoiceField(label=gettext_lazy("Recurs"), choices=KINDS, initial="once")
    weekdays = forms.TypedMultipleChoiceField(
        label=gettext_lazy("On weekdays"),
        coerce=int,
        choices=list(WEEKDAYS.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    every_minutes = forms.IntegerField(
        label=gettext_lazy("Every so many minutes"), required=False, min_value=1, max_value=1439
    )
    last = forms.TimeField(
        label=gettext_lazy("Until, on each day"),
        required=False,
        help_text=gettext_lazy("The last time at which it begins."),
    )
    month_day = forms.IntegerField(
        label=gettext_lazy("Day of the month"),
        required=False,
        min_value=-1,
        max_value=31,
        help_text=gettext_lazy("1 to 31; −1 is the last."),
    )
    nth = forms.TypedChoiceField(
        label=gettext_lazy("Which weekday of the month"),
        coerce=int,
        empty_value=None,
        required=False,
        choices=[("", "–"), *patterns.NTH_NAMES.items()],
        help_text=gettext_lazy("The first, say, of the weekday that is ticked above."),
    )
    typed = forms.CharField(
        label=gettext_lazy("Rule"),
        required=False,
        max_length=600,
        help_text=gettext_lazy("RFC 5545, such as FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29."),
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
            self.add_error(FIELD_OF[kind], error.said(_))
        return said


class NoteForm(forms.Form):
    """What was seen of a balloon."""

    kind = forms.ChoiceField(label=gettext_lazy("What you saw"), choices=BalloonNote.Kind.choices)
    percent = forms.FloatField(
        label=gettext_lazy("Fill in %"),
        required=False,
        error_messages={"invalid": gettext_lazy("Give the fill as a number from 0 to 100.")},
        widget=forms.NumberInput(attrs={"min": 0, "max": 100, "step": "any"}),
    )

    def clean(self) -> dict[str, Any]:
        """A balloon that is set to a fill needs one."""
        if self.cleaned_data.get("kind") == BalloonNote.Kind.SET and self.cleaned_data.get("percent") is None:
            self.add_error("percent", _("Say how full it is, from 0 to 100."))
        return self.cleaned_data
