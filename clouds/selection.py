"""Which part of the history is asked for, and its rows, a page at a time.

Of a long history only what is shown may be read. What can be asked for has few values each, but for the visitor, so
each combination of them is a few ranges of an index, each in the order of the history, which the database merges.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import reduce
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import connection
from django.db.models import Q
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from clouds.models import Cloud, Puff, User, Venue
from clouds.models.puff import PuffQuerySet
from clouds.models.user import NAME_LENGTH
from clouds.names import key_of
from clouds.prepared import Given

Place = tuple[datetime, int]

ON_NOW = "on"
REAL, SIMULATED = "real", "simulated"
EVERY: dict[str, list[Any]] = {
    "simulated": [False, True],
    "source": Puff.Source.values,
    "outcome": Puff.Outcome.values,
}
# What a row of the history tells, and as little of what it belongs to as that needs.
TOLD = [
    "cloud__name", "cloud__venue__time_zone", "run__title", "run__told", "pump", "source", "asked_by__name",
    "planned_seconds", "on_at", "off_at", "outcome", "reason", "confirmed", "simulated", "rehearsal__speed",
]  # fmt: skip
DAYS = [
    MinValueValidator(date(1970, 1, 2), _("Choose a day from 1970 on.")),
    MaxValueValidator(date(2999, 12, 31), _("Choose a day before the year 3000.")),
]


@dataclass(frozen=True, slots=True)
class Selection:
    """A part of the history: what is None is not asked for. Days are days where the cloud hangs, both included."""

    cloud: Cloud | None = None
    first: date | None = None
    last: date | None = None
    source: str | None = None
    outcome: str | None = None
    by: User | None = None
    simulated: bool | None = None

    def page(self, count: int, *, before: Place | None = None, after: Place | None = None) -> list[Puff]:
        """So many puffs, newest first: the newest, or those next to a place, older or newer than it."""
        puffs = Puff.everything.filter(self._days(), **self._fixed())
        puffs = puffs.before(*before) if before else puffs.after(*after) if after else puffs
        order = ("on_at", "pk") if after else ("-on_at", "-pk")
        if kinds := self._kinds():
            found = _merged(puffs, kinds, order, count)
        else:
            found = list(puffs.order_by(*order).values_list("pk", flat=True)[:count])
        return list(_whole().filter(pk__in=found).newest_first())

    def pages(self, count: int) -> Iterator[list[Puff]]:
        """All of it, newest first, so many at a time."""
        rows = self.page(count)
        while rows:
            yield rows
            rows = self.page(count, before=(rows[-1].on_at, rows[-1].pk))

    def _fixed(self) -> dict[str, Any]:
        """What is asked for that fixes one range of an index, or, of a visitor's puffs, is looked up in it."""
        asked = {"cloud": self.cloud, "asked_by": self.by, **(self._of_kinds() if self.by else {})}
        return {name: value for name, value in asked.items() if value is not None}

    def _of_kinds(self) -> dict[str, Any]:
        return {"simulated": self.simulated, "source": self.source, "outcome": self.outcome}

    def _kinds(self) -> list[dict[str, Any]]:
        """The kinds of puffs that are meant, each a range of an index; none where one range has all that is meant."""
        given = {name: [value] for name, value in self._of_kinds().items() if value is not None}
        if self.by is not None or not given:
            return []
        return [dict(zip(EVERY, kind, strict=True)) for kind in product(*(EVERY | given).values())]

    def _days(self) -> Q:
        if self.first is None and self.last is None:
            return Q()
        if self.cloud is not None:
            return _between(self.first, self.last, self.cloud.venue.zone)
        venues = list(Venue.objects.all())
        spans = {zone: _between(self.first, self.last, ZoneInfo(zone)) for zone in {v.time_zone for v in venues}}
        if len(spans) == 1:
            return next(iter(spans.values()))
        # A day is another span of time at each place. All of them lie within a day more at both ends, which says
        # where to look; which of these puffs are meant depends on where they were.
        there = {zone: [venue.pk for venue in venues if venue.time_zone == zone] for zone in spans}
        local = reduce(Q.__or__, (Q(cloud__venue__in=there[zone]) & span for zone, span in spans.items()), Q())
        return _between(_moved(self.first, -1), _moved(self.last, 1), ZoneInfo("UTC")) & local


def _merged(puffs: PuffQuerySet, kinds: list[dict[str, Any]], order: tuple[str, str], count: int) -> list[int]:
    """The numbers of the first of these puffs that are of these kinds.

    What is asked of each kind is the same but for its values. So Django puts it into SQL once; up to 25 times would
    take longer than all else.
    """
    part = puffs.filter(**{name: Given(name) for name in EVERY}).values_list("on_at", "pk").order_by()
    one, values = part.query.get_compiler(connection=connection).as_sql()
    direction = "DESC" if order[0].startswith("-") else "ASC"
    sorted_by = f" ORDER BY 1 {direction}, 2 {direction} LIMIT {count:d}"
    if len(kinds) > 1 and connection.features.supports_slicing_ordering_in_compound:
        # PostgreSQL reads a part of a union to its end before it sorts, unless that end is near; SQLite merges.
        one = f"({one}{sorted_by})"
    given = [kind[value.value] if isinstance(value, Given) else value for kind in kinds for value in values]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join([one] * len(kinds)) + sorted_by, given)
        return [pk for _, pk in cursor.fetchall()]


def _whole() -> PuffQuerySet:
    return Puff.everything.select_related("cloud__venue", "asked_by", "run", "rehearsal").only(*TOLD)


def _between(first: date | None, last: date | None, zone: ZoneInfo) -> Q:
    begin = Q(on_at__gte=_midnight(first, zone)) if first else Q()
    return begin & Q(on_at__lt=_midnight(last + timedelta(days=1), zone)) if last else begin


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone)


def _moved(day: date | None, days: int) -> date | None:
    return day + timedelta(days=days) if day else None


class _Select(forms.Select):
    """A list of options. Django renders a template for each of them, which takes longer than a page of puffs."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """The same, in one go."""
        chosen = self.format_value(value)
        options = (
            (flatatt({"value": str(option), "selected": str(option) in chosen}), label)
            for option, label in self.choices
        )
        return format_html(
            "<select{}>{}</select>",
            flatatt({"name": name, **self.build_attrs(self.attrs, attrs)}),
            format_html_join("", "<option{}>{}</option>", options),
        )


class _Day(forms.DateField):
    """A day, as browsers send it."""

    def __init__(self, label: Any) -> None:
        super().__init__(
            label=label,
            required=False,
            input_formats=["%Y-%m-%d"],
            validators=DAYS,
            error_messages={"invalid": _("Write the day as 2026-12-31.")},
            widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        )


def _cloud() -> Any:
    return forms.ModelChoiceField(
        Cloud.objects.select_related("venue").only("name", "slug", "venue__time_zone"),
        label=_("Cloud"),
        to_field_name="slug",
        required=False,
        empty_label=_("Every cloud"),
        error_messages={"invalid_choice": _("There is no such cloud.")},
        widget=_Select,
    )


class HistoryForm(forms.Form):
    """Which part of the history to show."""

    cloud = _cloud()
    since = _Day(_("From"))
    until = _Day(_("Until"))
    source = forms.ChoiceField(
        label=_("Why"),
        required=False,
        choices=[("", _("For any reason")), *Puff.Source.choices],
        error_messages={"invalid_choice": _("There is no such reason. Choose one of the list.")},
        widget=_Select,
    )
    outcome = forms.ChoiceField(
        label=_("Outcome"),
        required=False,
        choices=[("", _("Any outcome")), (ON_NOW, Puff.Outcome.ON.label), *Puff.Outcome.choices[1:]],
        error_messages={"invalid_choice": _("There is no such outcome. Choose one of the list.")},
        widget=_Select,
    )
    who = forms.CharField(
        label=_("Who"),
        required=False,
        max_length=NAME_LENGTH,
        error_messages={"max_length": _("Names have at most %(limit_value)s characters.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": _("A visitor's name")}),
    )
    kind = forms.ChoiceField(
        label=_("Pumps"),
        required=False,
        choices=[("", _("Real and simulated")), (REAL, _("Real")), (SIMULATED, _("Simulated, or rehearsed"))],
        error_messages={"invalid_choice": _("Choose real or simulated.")},
        widget=_Select,
    )

    def clean_who(self) -> User | None:
        """The visitor of this name, whatever its case."""
        name = self.cleaned_data["who"]
        by = User.objects.filter(name_key=key_of(name)).first() if name else None
        if name and by is None:
            raise ValidationError(_("Nobody here has this name. Erased visitors can't be looked for."))
        return by

    def clean(self) -> dict[str, Any]:
        """A span that ends after it begins."""
        first, last = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if first and last and last < first:
            self.add_error("until", _("The last day is before the first."))
        return self.cleaned_data

    def selection(self) -> Selection:
        """What was asked for."""
        said = self.cleaned_data
        outcome = Puff.Outcome.ON if said["outcome"] == ON_NOW else said["outcome"] or None
        return Selection(
            cloud=said["cloud"],
            first=said["since"],
            last=said["until"],
            source=said["source"] or None,
            outcome=outcome,
            by=said["who"],
            simulated={REAL: False, SIMULATED: True}.get(said["kind"]),
        )

    def asked(self) -> dict[str, str]:
        """What was asked for as it stands in an address."""
        return {name: self.data[name] for name in self.fields if self.data.get(name)}


class ChartsForm(forms.Form):
    """Which part of the history to draw: a cloud or all, and a span that ends today."""

    SPANS = [("week", _("7 days")), ("month", _("30 days")), ("year", _("A year")), ("all", _("All"))]
    DAYS = {"week": 7, "month": 30, "year": 365}

    cloud = _cloud()
    span = forms.ChoiceField(
        choices=SPANS,
        required=False,
        error_messages={"invalid_choice": _("There is no such span. Choose 7 days, 30 days, a year or all.")},
        widget=forms.HiddenInput,
    )

    @property
    def chosen(self) -> str:
        """The name of the span."""
        return self.cleaned_data["span"] or "month"

    @property
    def days(self) -> int | None:
        """How many days it has; None for all there are."""
        return self.DAYS.get(self.chosen)

    def asked(self) -> dict[str, str]:
        """What was asked for besides the span, as it stands in an address."""
        return {"cloud": self.cleaned_data["cloud"].slug} if self.cleaned_data["cloud"] else {}
