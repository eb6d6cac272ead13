"""One switched outlet of a Kasa device."""

from collections.abc import Collection
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clouds import addresses
from clouds.models.cloud import Cloud
from clouds.models.venue import Venue


class Plug(models.Model):
    """A plug: where it is, what it is to a cloud, how it was last seen, and what a curator wishes of it.

    Everything under "as seen" is written by the venue's conductor alone. A wish is written by a curator and
    granted by the conductor.
    """

    class Pump(models.TextChoices):
        """What hangs on it."""

        INFLATE = "inflate", gettext_lazy("inflates")
        DEFLATE = "deflate", gettext_lazy("deflates")

    class Family(models.TextChoices):
        """How it is spoken to."""

        LEGACY = "legacy", gettext_lazy("Kasa, port 9999")

    class Relay(models.TextChoices):
        """Whether it is switched on, as far as anyone can know."""

        ON = "on", gettext_lazy("on")
        OFF = "off", gettext_lazy("off")
        UNKNOWN = "unknown", gettext_lazy("unknown")

    class Wish(models.TextChoices):
        """What a curator asks the conductor to do with it."""

        NOTHING = "", gettext_lazy("nothing")
        TEST = "test", gettext_lazy("test it")
        OFF = "off", gettext_lazy("switch it off now")

    venue = models.ForeignKey(Venue, on_delete=models.PROTECT, related_name="plugs")
    cloud = models.ForeignKey(Cloud, on_delete=models.PROTECT, null=True, blank=True, related_name="plugs")
    pump = models.CharField(gettext_lazy("what it does"), max_length=8, choices=Pump, default=Pump.INFLATE)
    name = models.CharField(max_length=80)
    host = models.CharField(
        gettext_lazy("address"), max_length=253, help_text=gettext_lazy("Such as 192.168.1.20, or a host name.")
    )
    port = models.PositiveIntegerField(default=9999, validators=[MinValueValidator(1), MaxValueValidator(65535)])
    child_id = models.CharField(gettext_lazy("outlet"), max_length=64, blank=True, editable=False)
    family = models.CharField(max_length=12, choices=Family, default=Family.LEGACY)
    mac = models.CharField(
        gettext_lazy("MAC address"),
        max_length=17,
        blank=True,
        validators=[RegexValidator(r"^([0-9A-F]{2}:){5}[0-9A-F]{2}$", gettext_lazy("Write it as 50:C7:BF:00:00:00."))],
        help_text=gettext_lazy(
            "Learned when the plug first answers, and no other device is switched after that. Clear it when you "
            "replace the plug."
        ),
    )
    simulated = models.BooleanField(
        default=False, help_text=gettext_lazy("A simulated plug on this machine, for trying things out.")
    )
    unguarded = models.BooleanField(
        default=False,
        help_text=gettext_lazy(
            "Use it although it has no timer of its own: when everything here fails at once, it stays on."
        ),
    )

    changed_at = models.DateTimeField(auto_now=True, editable=False)

    relay = models.CharField(max_length=8, choices=Relay, default=Relay.UNKNOWN, editable=False)
    trouble = models.CharField(max_length=300, blank=True, editable=False)
    model = models.CharField(max_length=40, blank=True, editable=False)
    seen_at = models.DateTimeField(gettext_lazy("last seen"), null=True, editable=False)

    wish = models.CharField(max_length=8, choices=Wish, default=Wish.NOTHING, blank=True, editable=False)
    wished_by = models.CharField(max_length=80, blank=True, editable=False)
    wish_answer = models.CharField(max_length=300, blank=True, editable=False)

    objects: ClassVar = models.Manager["Plug"]()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["cloud", "pump"],
                name="a_cloud_has_one_plug_for_each_pump",
                violation_error_message=gettext_lazy("This cloud has a plug that does this already."),
            ),
            models.UniqueConstraint(
                fields=["host", "port", "child_id"],
                name="an_outlet_is_one_plug",
                violation_error_message=gettext_lazy("There is a plug at this address already."),
            ),
            models.CheckConstraint(
                name="a_plugs_port_is_a_port",
                condition=Q(port__gte=1, port__lte=65535),
                violation_error_message=gettext_lazy("A port is a number from 1 to 65535."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Check the address against the networks where plugs may be, and that cloud and plug share a venue."""
        self.host = self.host.strip()
        try:
            if self.host:  # an empty one is told so by the field itself
                addresses.check(self.host, simulated=self.simulated)
        except addresses.BadAddress as error:
            raise ValidationError({"host": error.said(_)}) from error
        if self.cloud is not None and self.cloud.venue_id != self.venue_id:
            raise ValidationError({"cloud": _("This cloud hangs at another venue than the plug.")})

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """`child_id` is in no form, so forms leave it out; yet an address is not complete without it."""
        super().validate_constraints(exclude=set(exclude or ()) - {"child_id"})
