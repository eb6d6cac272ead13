"""Stories: facts in their order, each with an amount that becomes the length of a puff."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator, URLValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from clouds import scale

if TYPE_CHECKING:
    from clouds.models.cloud import Cloud

MOST_AMOUNT = 1e12
MOST_FACTS = 100
BAD_AMOUNT = _("Give an amount of at least 0, and at most 1,000,000,000,000.")
BAD_LINK = _("Give a whole link, which begins with https:// or http://, or none.")


class Unit(models.TextChoices):
    """What an amount is counted in."""

    GRAM = "g", _("g CO₂e")
    KILOGRAM = "kg", _("kg CO₂e")
    TONNE = "t", _("t CO₂e")
    MILLION_TONNES = "Mt", _("million t CO₂e")
    WATT_HOUR = "Wh", _("Wh of electricity")
    KILOWATT_HOUR = "kWh", _("kWh of electricity")
    MEGAWATT_HOUR = "MWh", _("MWh of electricity")
    LITRE = "l", _("litres of water")
    CUBIC_METRE = "m3", _("m³ of water")


# Units of the same base can stand on one scale; the number says how many of the base they are.
IN_BASE: dict[str, tuple[Unit, float]] = {
    Unit.GRAM: (Unit.GRAM, 1.0),
    Unit.KILOGRAM: (Unit.GRAM, 1e3),
    Unit.TONNE: (Unit.GRAM, 1e6),
    Unit.MILLION_TONNES: (Unit.GRAM, 1e12),
    Unit.WATT_HOUR: (Unit.WATT_HOUR, 1.0),
    Unit.KILOWATT_HOUR: (Unit.WATT_HOUR, 1e3),
    Unit.MEGAWATT_HOUR: (Unit.WATT_HOUR, 1e6),
    Unit.LITRE: (Unit.LITRE, 1.0),
    Unit.CUBIC_METRE: (Unit.LITRE, 1e3),
}


class Story(models.Model):
    """An ordered list of facts that a cloud tells, and the scale on which they become puffs."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    description = models.TextField(
        _("description"), max_length=600, blank=True, help_text=_("Visitors read it before the first fact.")
    )
    shortest_at = models.FloatField(
        _("shortest puff at"),
        null=True,
        blank=True,
        help_text=_("In g, Wh or litres: this amount and less give a puff of a second. Empty: the least of its facts."),
    )
    longest_at = models.FloatField(
        _("longest puff at"),
        null=True,
        blank=True,
        help_text=_(
            "In g, Wh or litres: this amount and more give the longest puff that the cloud gives a visitor. "
            "Empty: the greatest of its facts."
        ),
    )

    objects: ClassVar = models.Manager["Story"]()

    class Meta:
        ordering = ["name"]
        verbose_name_plural = _("stories")
        constraints = [
            models.CheckConstraint(
                name="a_storys_scale_rises_from_above_zero",
                condition=(Q(shortest_at__isnull=True) | Q(shortest_at__gt=0))
                & (Q(longest_at__isnull=True) | Q(longest_at__gt=0))
                & (Q(shortest_at__isnull=True) | Q(longest_at__isnull=True) | Q(longest_at__gt=F("shortest_at"))),
                violation_error_message=_("The scale rises: from an amount above 0 to a greater one."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def scale_of(self, facts: Iterable["Fact"]) -> scale.Scale:
        """The scale on which its facts stand, for a caller who has fetched them."""
        return scale.Scale.of([fact.in_base for fact in facts], self.shortest_at, self.longest_at)


class Fact(models.Model):
    """One fact: a sentence, an amount, and where that comes from."""

    story = models.ForeignKey(Story, on_delete=models.CASCADE, related_name="facts")
    position = models.PositiveIntegerField(_("position"), default=0)
    amount = models.FloatField(
        _("amount"), validators=[MinValueValidator(0.0, BAD_AMOUNT), MaxValueValidator(MOST_AMOUNT, BAD_AMOUNT)]
    )
    unit = models.CharField(_("unit"), max_length=3, choices=Unit, default=Unit.GRAM)
    text = models.CharField(_("text"), max_length=300)
    source = models.CharField(_("source"), max_length=200)
    link = models.CharField(
        _("link"), max_length=500, blank=True, validators=[URLValidator(schemes=["https", "http"], message=BAD_LINK)]
    )

    objects: ClassVar = models.Manager["Fact"]()

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                name="a_facts_amount_is_within_bounds",
                condition=Q(amount__gte=0, amount__lte=MOST_AMOUNT),
                violation_error_message=BAD_AMOUNT,
            ),
            models.CheckConstraint(
                name="a_facts_link_is_of_the_web",
                condition=Q(link="") | Q(link__istartswith="https://") | Q(link__istartswith="http://"),
                violation_error_message=BAD_LINK,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.measure}: {self.text}"

    @property
    def number(self) -> str:
        """Its amount as people write it."""
        return scale.written(self.amount)

    @property
    def measure(self) -> str:
        """What the amount is counted in, in words."""
        return str(Unit(self.unit).label)

    @property
    def in_base(self) -> float:
        """Its amount in the base of its unit: in g for what is given in t."""
        return self.amount * IN_BASE[self.unit][1]

    def seconds_on(self, cloud: "Cloud") -> float:
        """How long it puffs a cloud that has room for it."""
        return cloud.puff_of(self.story.scale_of(self.story.facts.all()).share(self.in_base))
