"""A balloon on a pump: its measures, its limits for visitors, and how full it is reckoned to be."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clouds import balloon, scale
from clouds.balloon import SHORTEST_PUFF_SECONDS
from clouds.models.story import Story
from clouds.models.venue import Venue
from clouds.prepared import Given, Prepared
from clouds.timeline import Do

if TYPE_CHECKING:
    from clouds.models.puff import Puff, PuffQuerySet

LONGEST_PUFF_SECONDS = 600
DAY_SECONDS = 86_400


class CloudQuerySet(models.QuerySet["Cloud"]):
    """Clouds."""

    def switched_on(self) -> "CloudQuerySet":
        """Those that visitors see and may puff."""
        return self.filter(enabled=True)

    def of(self, venue: Venue) -> "CloudQuerySet":
        """Those of a venue."""
        return self.filter(venue=venue)


def _between(low: float, high: float) -> list[MinValueValidator | MaxValueValidator]:
    return [MinValueValidator(low), MaxValueValidator(high)]


class Cloud(models.Model):
    """One balloon."""

    venue = models.ForeignKey(Venue, on_delete=models.PROTECT, related_name="clouds")
    name = models.CharField(max_length=80)
    slug = models.SlugField(unique=True)
    enabled = models.BooleanField(_("switched on"), default=True, help_text=_("Visitors see it and may puff it."))

    fill_seconds = models.FloatField(
        _("fill time"),
        default=60.0,
        validators=_between(1, DAY_SECONDS),
        help_text=_("Seconds of pump time from empty to as full as is safe."),
    )
    half_life_seconds = models.FloatField(
        _("half-life"),
        null=True,
        blank=True,
        validators=_between(1, 1000 * DAY_SECONDS),
        help_text=_("Seconds in which a full one sinks to half by itself. Empty: it doesn't."),
    )
    vent_seconds = models.FloatField(
        _("vent time"),
        null=True,
        blank=True,
        validators=_between(1, DAY_SECONDS),
        help_text=_("Seconds from full to empty with the deflate plug on. Empty: no deflate plug."),
    )
    hard_cap_seconds = models.FloatField(
        _("hard cap"),
        default=60.0,
        validators=_between(5, LONGEST_PUFF_SECONDS),
        help_text=_("No inflation lasts longer, whoever asks for it."),
    )
    puff_seconds = models.FloatField(
        _("puff"),
        default=5.0,
        validators=_between(1, LONGEST_PUFF_SECONDS),
        help_text=_("Seconds that a visitor's press inflates."),
    )
    rest_seconds = models.FloatField(
        _("rest"),
        default=2.0,
        validators=_between(0, DAY_SECONDS),
        help_text=_("Seconds between the end of one visitor's puff and the next."),
    )
    cool_down_seconds = models.FloatField(
        _("cool-down"),
        default=30.0,
        validators=_between(0, DAY_SECONDS),
        help_text=_("Seconds that a visitor waits after their last puff before they may press again."),
    )
    queue_limit = models.PositiveSmallIntegerField(
        _("queue"),
        default=10,
        validators=[MaxValueValidator(1000)],
        help_text=_("Visitors who may wait. 0: nobody waits."),
    )

    story = models.ForeignKey(
        Story,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="clouds",
        help_text=_("Facts that visitors scroll through, each of which puffs it a little more."),
    )

    fill_then = models.FloatField(default=0.0, editable=False)
    fill_then_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar = CloudQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                name="a_clouds_seconds_are_within_bounds",
                condition=Q(fill_seconds__gte=1, fill_seconds__lte=DAY_SECONDS)
                & Q(hard_cap_seconds__gte=5, hard_cap_seconds__lte=LONGEST_PUFF_SECONDS)
                & Q(puff_seconds__gte=1, puff_seconds__lte=models.F("hard_cap_seconds"))
                & Q(rest_seconds__gte=0, cool_down_seconds__gte=0)
                & (Q(half_life_seconds__isnull=True) | Q(half_life_seconds__gte=1))
                & (Q(vent_seconds__isnull=True) | Q(vent_seconds__gte=1)),
                violation_error_message=_("A puff lasts at least 1 second, and at most as long as the hard cap."),
            ),
            models.CheckConstraint(name="a_clouds_fill_is_not_negative", condition=Q(fill_then__gte=0)),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def measures(self) -> balloon.Measures:
        """Its measures."""
        return balloon.Measures(self.fill_seconds, self.half_life_seconds, self.vent_seconds)

    def fill_at(self, at: datetime) -> float:
        """How full it is reckoned to be at `at`: from the last confirmed moment on, with what is on now still on."""
        return self.fill_with(STILL_ON(cloud=self.pk), at)

    def fill_with(self, still_on: Iterable["Puff"], at: datetime) -> float:
        """The same for a caller who has fetched the puffs that are still on, oldest first."""
        fill, since = self.fill_then, self.fill_then_at
        puffs = list(still_on)
        # Where both pumps may be on, only the air that goes in is sure to do harm.
        for puff in [puff for puff in puffs if puff.do is Do.INFLATE] or puffs:
            since = since or puff.on_at  # nothing was reckoned before its first puff
            fill = balloon.after(fill, max(0.0, (puff.on_at - since).total_seconds()), Do.REST, self.measures)
            since = max(since, puff.on_at)
            fill = balloon.after(fill, max(0.0, (at - since).total_seconds()), puff.do, self.measures)
            since = max(since, at)
        if since is None:
            return fill
        return balloon.after(fill, max(0.0, (at - since).total_seconds()), Do.REST, self.measures)

    def seconds_that_fit(self, at: datetime) -> float:
        """The longest inflation, in tenths of seconds, that can't overfill it whatever fails; 0 if there is none."""
        return self.seconds_that_fit_on(self.fill_at(at))

    def seconds_that_fit_on(self, fill: float) -> float:
        """The same for a caller who knows the fill."""
        return balloon.seconds_that_fit(fill, self.hard_cap_seconds, self.measures)

    def puff_of(self, share: float) -> float:
        """The seconds of a fact's puff, by its share of its story's scale: its own puff is the longest."""
        return scale.seconds(share, SHORTEST_PUFF_SECONDS, self.puff_seconds)

    def rested_at(self) -> datetime | None:
        """When the rest after its last puff ends or ended; None if it never puffed."""
        last = LAST_TO_END.first(cloud=self.pk)
        return last.off_at + timedelta(seconds=self.rest_seconds) if last and last.off_at else None


def _puffs() -> "PuffQuerySet":
    from clouds.models.puff import Puff  # which knows clouds

    return Puff.objects.filter(cloud=Given("cloud"))


STILL_ON = Prepared(lambda: _puffs().still_on().order_by("on_at").only("on_at", "pump"))
LAST_TO_END = Prepared(lambda: _puffs().filter(off_at__isnull=False).newest_first().only("off_at")[:1])


class BalloonNote(models.Model):
    """What a curator saw, from which the fill is reckoned on."""

    class Kind(models.TextChoices):
        """What was seen."""

        VENTED = "vented", _("vented by hand: empty")
        NEW = "new", _("new balloon: empty")
        SET = "set", _("set to a fill")

    cloud = models.ForeignKey(Cloud, on_delete=models.CASCADE, related_name="notes")
    kind = models.CharField(max_length=8, choices=Kind)
    fill = models.FloatField(default=0.0, validators=[MinValueValidator(0.0), MaxValueValidator(1.0)])
    noted_at = models.DateTimeField()
    noted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["-noted_at"]
        constraints = [
            models.CheckConstraint(name="a_noted_fill_is_a_share", condition=Q(fill__gte=0, fill__lte=1)),
            models.CheckConstraint(name="only_a_set_balloon_has_air", condition=Q(kind="set") | Q(fill=0)),
        ]

    def __str__(self) -> str:
        return f"{self.cloud}: {self.get_kind_display()}"
