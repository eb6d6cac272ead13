"""The curators' small forms."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from clouds.models import BalloonNote, Cloud, Venue

LONGEST_HOLD_MINUTES = 366 * 24 * 60


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
        super().__init__(*args, auto_id=f"id_hold_{venue.pk}_%s", **kwargs)
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
